"""Hub messages as `input` items (inference.md 30.1, 30.2, 30.6)."""

import hashlib

from msgspec import structs

from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.attachments import MovedMedia
from trunkline.protocols.quirks import quirks_of
from trunkline.protocols.requests import Audio, CacheMarker, File, Image, Message, Part, Refusal, Text, ToolCall, Video
from trunkline.protocols.responses.reasoning_items import Item, ReasoningItems
from trunkline.protocols.support import unsendable

CALL_ID_CHARS_MAX = 64
_MEDIA_ROLES = frozenset({"user", "tool"})
_UNNAMED_FILE = "file.pdf"
"""The format wants a name beside the data; nearly all files are PDFs."""


class InputWriter:
    """Writes the items of one request in order. Media that a role cannot hold move into a user message."""

    __slots__ = ("_marks", "_media", "_reasoning")

    def __init__(self, target: UpstreamTarget) -> None:
        self._marks = "prompt_cache_breakpoint" in quirks_of(target)
        self._media = MovedMedia()
        self._reasoning = ReasoningItems(target)

    def write(self, message: Message) -> list[Item]:
        """The message's items, after any attachments that waited for it; none when nothing of it is left.

        Raises InvalidRequest for a video.
        """
        items = self.flush() if message.role != "tool" else []
        message = self._media.keep(message, media_stay=message.role in _MEDIA_ROLES)
        match message.role:
            case "tool":
                items.append(self._result(message))
            case "assistant":
                items += self._assistant(message)
            case _:
                items.append({"type": "message", "role": message.role, "content": self._content(_named(message))})
        return items

    def flush(self) -> list[Item]:
        """The attachments that wait, at the end."""
        waiting = self._media.take()
        return [] if waiting is None else [{"type": "message", "role": "user", "content": self._content(waiting)}]

    def _assistant(self, message: Message) -> list[Item]:
        """Reasoning, text, calls. Reasoning must be followed by what it led to, so alone it is left out (30.5)."""
        said: list[Item] = []
        content = _said(_named(message))
        if content:
            said.append({"type": "message", "role": "assistant", "content": content})
        said += [_call(call) for call in message.tool_calls]
        return self._reasoning.of(message) + said if said else []

    def _result(self, message: Message) -> Item:
        call_id = _call_id(message.tool_call_id or "")
        return {"type": "function_call_output", "call_id": call_id, "output": self._content(message)}

    def _content(self, message: Message) -> str | list[Item]:
        if message.plain and len(message.parts) == 1 and isinstance(message.parts[0], Text):
            return message.parts[0].text
        return [self._part(part) for part in message.parts]

    def _part(self, part: Part) -> Item:
        match part:
            case Text():
                # A marker on an empty text is dropped (12.1).
                return {"type": "input_text", "text": part.text} | self._marker(part.cache if part.text else None)
            case Image():
                image: Item = {"type": "input_image", "image_url": part.url}
                if part.detail is not None:
                    image["detail"] = part.detail
                return image | self._marker(part.cache)
            case File():
                return _file(part) | self._marker(part.cache)
            case Audio():
                return {"type": "input_audio", "input_audio": {"data": part.data, "format": part.format}}
            case Refusal():
                return {"type": "input_text", "text": part.refusal}
            case Video():
                raise unsendable(part, "videos", "Leave the video out or choose a model with video input.")

    def _marker(self, marker: CacheMarker | None) -> Item:
        return {"prompt_cache_breakpoint": {"mode": "explicit"}} if marker is not None and self._marks else {}


def _named(message: Message) -> Message:
    """The format has no `name`: it becomes a prefix of the text (30.1)."""
    if message.name is None:
        return message
    prefix = f"{message.name}: "
    for index, part in enumerate(message.parts):
        if isinstance(part, Text):
            named = structs.replace(part, text=prefix + part.text)
            return structs.replace(message, parts=(*message.parts[:index], named, *message.parts[index + 1 :]))
    return structs.replace(message, parts=(Text(prefix), *message.parts)) if message.parts else message


def _said(message: Message) -> str | list[Item]:
    """What an assistant message said, empty texts left out."""
    parts = [part for part in message.parts if not (isinstance(part, Text) and part.text == "")]
    if message.plain and len(parts) == 1 and isinstance(parts[0], Text):
        return parts[0].text
    said: list[Item] = []
    for part in parts:
        if isinstance(part, Text):
            said.append({"type": "output_text", "text": part.text})
        elif isinstance(part, Refusal):
            said.append({"type": "refusal", "refusal": part.refusal})
    return said


def _call(call: ToolCall) -> Item:
    arguments = call.arguments or "{}"
    return {"type": "function_call", "call_id": _call_id(call.id), "name": call.name, "arguments": arguments}


def _call_id(call_id: str) -> str:
    """Ids have a largest length; the same long id always becomes the same other one (8.4)."""
    if len(call_id) <= CALL_ID_CHARS_MAX:
        return call_id
    return "call_" + hashlib.sha256(call_id.encode()).hexdigest()[:32]


def _file(part: File) -> Item:
    if part.data is None:
        return {"type": "input_file", "file_id": part.file_id}
    if part.data[:5].lower() == "data:":
        return {"type": "input_file", "filename": part.filename or _UNNAMED_FILE, "file_data": part.data}
    return {"type": "input_file", "file_url": part.data}
