"""The hub's messages as this format's (inference.md 30.1, 30.2)."""

from typing import Final

from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.attachments import MovedMedia
from trunkline.protocols.cohere.thinking import ThoughtHistory
from trunkline.protocols.data_urls import decoded_text, is_text, split_data_url
from trunkline.protocols.requests import Audio, File, Image, Message, Part, Refusal, Text, Video
from trunkline.protocols.support import nothing_left, unsendable

WrittenMessage = dict[str, object]
WrittenPart = dict[str, object]

_ROLES: Final = {"developer": "system"}


def write_conversation(messages: tuple[Message, ...], target: UpstreamTarget) -> list[WrittenMessage]:
    """All messages. Raises InvalidPrompt when nothing is left, InvalidRequest for a part that cannot be sent."""
    media = MovedMedia()
    history = ThoughtHistory(target)
    written: list[WrittenMessage] = []

    def attach() -> None:
        attachments = media.take()
        if attachments is not None:
            written.append({"role": "user", "content": _content(attachments)})

    for message in messages:
        if message.role != "tool":
            attach()
        kept = media.keep(message, media_stay=message.role == "user")
        one = _message(kept, history)
        if one is not None:
            written.append(one)
    attach()
    if not written:
        raise nothing_left()
    return written


def _message(message: Message, history: ThoughtHistory) -> WrittenMessage | None:
    """None for a message of the assistant's that says nothing."""
    if message.role == "assistant":
        return _assistant(message, history)
    if message.role == "tool":
        return {"role": "tool", "tool_call_id": message.tool_call_id or "", "content": _result(message)}
    return {"role": _ROLES.get(message.role, message.role), "content": _content(message)}


def _assistant(message: Message, history: ThoughtHistory) -> WrittenMessage | None:
    thoughts, plan = history.split(message)
    written: WrittenMessage = {"role": "assistant"}
    spoken = _content(message)
    if thoughts:
        said = [{"type": "text", "text": spoken}] if isinstance(spoken, str) and spoken else spoken or []
        spoken = [*({"type": "thinking", "thinking": text} for text in thoughts), *said]
    if spoken:
        written["content"] = spoken
    if plan:
        written["tool_plan"] = plan
    if message.tool_calls:
        written["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ]
    return written if len(written) > 1 else None


def _result(message: Message) -> str | list[WrittenPart]:
    """A tool's result: one text as it is, several as documents, of which each can be cited."""
    if message.plain:
        return "".join(part.text for part in message.parts if isinstance(part, Text))
    return [
        {"type": "document", "document": {"data": {"content": part.text}}}
        for part in message.parts
        if isinstance(part, Text)
    ]


def _content(message: Message) -> str | list[WrittenPart]:
    """The parts, with the speaker's name, for which the format has no place, in front of the first words."""
    prefix = f"{message.name}: " if message.name else ""
    if message.plain and len(message.parts) == 1 and isinstance(message.parts[0], Text):
        return prefix + message.parts[0].text
    parts = [_part(part) for part in message.parts]
    if prefix and parts:
        parts.insert(0, {"type": "text", "text": prefix})
    return parts


def _part(part: Part) -> WrittenPart:
    match part:
        case Text(text) | Refusal(text):
            return {"type": "text", "text": text}
        case Image(url, detail):
            image: dict[str, str] = {"url": url}
            if detail is not None:
                image["detail"] = "high" if detail == "original" else detail
            return {"type": "image_url", "image_url": image}
        case File():
            return _file(part)
        case Audio():
            raise unsendable(part, "audio", "Choose a model that hears.")
        case Video():
            raise unsendable(part, "videos", "Choose a model that watches them.")


def _file(file: File) -> WrittenPart:
    """Text files become text, images images: the format knows no other files."""
    data_url = split_data_url(file.data) if file.data is not None else None
    if data_url is None:
        raise unsendable(file, "files by address or `file_id`", "Send a text file as a data URL.")
    if is_text(data_url):
        return {"type": "text", "text": decoded_text(data_url, file.at)}
    if data_url.mime.startswith("image/"):
        return {"type": "image_url", "image_url": {"url": file.data}}
    raise unsendable(file, f"files of type {data_url.mime or 'unknown'}", "Text files and images work.")
