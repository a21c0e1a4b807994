"""Hub messages in an upstream's dialect of chat (inference.md 30.1–30.3, 30.5, 30.6)."""

import hashlib
from collections.abc import Mapping

from msgspec import Raw

from trunkline.protocols.attachments import MovedMedia
from trunkline.protocols.chat.dialect import Dialect
from trunkline.protocols.chat.history import ReasoningHistory
from trunkline.protocols.requests import (
    Audio,
    CacheMarker,
    File,
    FunctionTool,
    Image,
    Message,
    Part,
    Refusal,
    Text,
    Video,
)

WrittenMessage = dict[str, object]

_SAYING_NOTHING = frozenset({"role", "content", "name"})
_NO_PARAMETERS = Raw(b'{"type":"object","properties":{}}')


class MessageWriter:
    """Writes the messages of one request in order.

    Media that a role cannot hold here move into a user message of their own: after the results of tools that follow,
    before whatever comes next (8.4, 10.2, 11.1).
    """

    __slots__ = ("_dialect", "_history", "_media")

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._history = ReasoningHistory()
        self._media = MovedMedia()

    def write(self, message: Message, unknown: Mapping[str, Raw] | None = None) -> list[WrittenMessage]:
        """The message, after any attachments that were waiting for it; nothing when nothing of it is left.

        `unknown` are members without a meaning here, which the message keeps.
        """
        written = self.flush() if message.role != "tool" else []
        body = self._body(self._keep(message))
        if body is not None:
            body.update(unknown or {})
            written.append(body)
        return written

    def flush(self) -> list[WrittenMessage]:
        """The attachments that are waiting. Call it before a message that is not written here, and at the end."""
        waiting = self._media.take()
        return [] if waiting is None else [{"role": "user", "content": self._content(waiting.parts, plain=False)}]

    def _body(self, message: Message) -> WrittenMessage | None:
        quirks = self._dialect.quirks
        body: WrittenMessage = {"role": message.role}
        if message.role == "developer" and "developer_role" not in quirks:
            body["role"] = "system"
        spoken = tuple(part for part in message.parts if message.role != "assistant" or not isinstance(part, Refusal))
        body["content"] = self._content(spoken, message.plain)
        if message.name is not None:
            body["name"] = message.name
        if message.tool_call_id is not None:
            body["tool_call_id"] = self._call_id(message.tool_call_id)
        if message.role == "assistant":
            self._assistant(message, body)
            if body["content"] == []:
                body["content"] = None
                if body.keys() <= _SAYING_NOTHING:
                    return None
        return body

    def _assistant(self, message: Message, body: WrittenMessage) -> None:
        refusals = [part.refusal for part in message.parts if isinstance(part, Refusal)]
        if refusals:
            body["refusal"] = "".join(refusals)
        if message.tool_calls:
            body["tool_calls"] = [
                {
                    "id": self._call_id(call.id),
                    "type": "function",
                    "function": {"name": call.name, "arguments": call.arguments},
                }
                for call in message.tool_calls
            ]
        if message.audio_id is not None:
            body["audio"] = {"id": message.audio_id}
        if "openrouter_dialect" in self._dialect.quirks:
            if message.reasoning is not None:
                body["reasoning"] = message.reasoning
            if message.reasoning_details is not None:
                body["reasoning_details"] = [detail.raw for detail in message.reasoning_details]
            if message.images:
                body["images"] = message.images
            if message.annotations:
                body["annotations"] = message.annotations
        elif "reasoning_content_roundtrip" in self._dialect.quirks:
            text = self._history.plain_text(message)
            if text is None and message.tool_calls and "reasoning_content_beside_calls" in self._dialect.quirks:
                text = ""  # another model's call, or a thought that was already sent
            if text is not None:
                body["reasoning_content"] = text

    def _keep(self, message: Message) -> Message:
        """What stays with the message."""
        role, quirks = message.role, self._dialect.quirks
        return self._media.keep(
            message,
            media_stay=role == "user" or (role == "tool" and "tool_result_media" in quirks),
            images_stay="openrouter_dialect" in quirks,
        )

    def _content(self, parts: tuple[Part, ...], plain: bool) -> str | list[object]:
        if plain and len(parts) == 1 and isinstance(parts[0], Text):
            return parts[0].text
        drop_empty = "no_empty_text" in self._dialect.quirks
        return [self._part(part) for part in parts if not (drop_empty and isinstance(part, Text) and part.text == "")]

    def _part(self, part: Part) -> dict[str, object]:
        written: dict[str, object]
        match part:
            case Text():
                written = {"type": "text", "text": part.text}
            case Image():
                image: dict[str, object] = {"url": part.url}
                if part.detail is not None:
                    image["detail"] = "high" if part.detail == "original" else part.detail
                written = {"type": "image_url", "image_url": image}
            case File():
                file = {"filename": part.filename, "file_data": part.data, "file_id": part.file_id}
                written = {"type": "file", "file": {name: value for name, value in file.items() if value is not None}}
            case Audio():
                written = {"type": "input_audio", "input_audio": {"data": part.data, "format": part.format}}
            case Video():
                written = {"type": "video_url", "video_url": {"url": part.url}}
            case Refusal():
                return {"type": "refusal", "refusal": part.refusal}
        # A marker on an empty text is dropped (12.1).
        if part.cache is not None and not (isinstance(part, Text) and part.text == ""):
            written |= self._marker(part.cache)
        return written

    def _marker(self, marker: CacheMarker) -> dict[str, object]:
        if "cache_control" in self._dialect.quirks:
            return {"cache_control": cache_control(marker)}
        if "prompt_cache_breakpoint" in self._dialect.quirks:
            return {"prompt_cache_breakpoint": {"mode": "explicit"}}
        return {}

    def _call_id(self, call_id: str) -> str:
        """Where ids have a fixed form, the same id always becomes the same other one (8.4)."""
        if "tool_call_ids_9" not in self._dialect.quirks:
            return call_id
        if len(call_id) == 9 and call_id.isascii() and call_id.isalnum():
            return call_id
        return hashlib.sha256(call_id.encode()).hexdigest()[:9]


def cache_control(marker: CacheMarker) -> dict[str, str]:
    """The canonical spelling of a marker."""
    return {"type": "ephemeral"} if marker.ttl is None else {"type": "ephemeral", "ttl": marker.ttl}


def write_tool(tool: FunctionTool, quirks: frozenset[str]) -> dict[str, object]:
    """A function definition; a schema that is missing becomes that of an empty object (30.3)."""
    function: dict[str, object] = {"name": tool.name}
    if tool.description is not None:
        function["description"] = tool.description
    function["parameters"] = tool.parameters if len(tool.parameters) else _NO_PARAMETERS
    if tool.strict is not None:
        function["strict"] = tool.strict
    written: dict[str, object] = {"type": "function", "function": function}
    if tool.cache is not None and "cache_control" in quirks:
        written["cache_control"] = cache_control(tool.cache)
    return written
