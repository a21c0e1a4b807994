"""Chat's messages and tools as the hub's: for requests that leave the native path, and messages that need an edit."""

import msgspec
from msgspec import Raw, structs

from trunkline.protocols import media_payloads
from trunkline.protocols.chat.wire_messages import (
    AssistantMessage,
    AudioPart,
    Content,
    DeveloperMessage,
    FilePart,
    ImagePart,
    MarkedPart,
    RefusalPart,
    SystemMessage,
    TextPart,
    ToolMessage,
    UserMessage,
    WireMessage,
    WirePart,
    given,
)
from trunkline.protocols.chat.wire_request import WireTool
from trunkline.protocols.reasoning.details import WireReasoningDetail
from trunkline.protocols.requests import (
    Audio,
    CacheMarker,
    File,
    FunctionTool,
    Image,
    Message,
    Part,
    ReasoningDetail,
    Refusal,
    Text,
    ToolCall,
    Video,
)
from trunkline.protocols.wire_types import CacheControl

_detail_heads = msgspec.json.Decoder(list[WireReasoningDetail])
_raws = msgspec.json.Decoder(list[Raw])
_string = msgspec.json.Decoder(str)


def hub_message(message: WireMessage, path: str) -> Message:
    """One message of a parsed request, which stands at `path`: its media become text here, and only here."""
    parts, plain = _content(message.content, path)
    parts = _with_message_marker(parts, message.cache_control)
    plain = plain and message.cache_control is None
    match message:
        case SystemMessage():
            return Message(role="system", parts=parts, plain=plain, name=message.name)
        case DeveloperMessage():
            return Message(role="developer", parts=parts, plain=plain, name=message.name)
        case UserMessage():
            return Message(role="user", parts=parts, plain=plain, name=message.name)
        case ToolMessage():
            return Message(role="tool", parts=parts, plain=plain, name=message.name, tool_call_id=message.tool_call_id)
        case AssistantMessage():
            return _assistant(message, parts, plain)


def _assistant(message: AssistantMessage, parts: tuple[Part, ...], plain: bool) -> Message:
    if message.refusal is not None:
        parts = (*parts, Refusal(message.refusal))
    reasoning = message.reasoning if message.reasoning is not None else message.reasoning_content
    return Message(
        role="assistant",
        parts=parts,
        plain=plain,
        name=message.name,
        tool_calls=tuple(
            ToolCall(id=call.id, name=call.function.name, arguments=call.function.arguments)
            for call in message.tool_calls or ()
        ),
        reasoning=reasoning,
        reasoning_details=_details(message.reasoning_details) if given(message.reasoning_details) else None,
        images=tuple(_raws.decode(message.images)) if given(message.images) else (),
        audio_id=message.audio.id if message.audio is not None else None,
        annotations=tuple(_raws.decode(message.annotations)) if given(message.annotations) else (),
    )


def _details(raw: Raw) -> tuple[ReasoningDetail, ...]:
    return tuple(
        ReasoningDetail(type=head.type, format=head.format, raw=detail)
        for head, detail in zip(_detail_heads.decode(raw), _raws.decode(raw), strict=True)
    )


def _content(content: Content | None, path: str) -> tuple[tuple[Part, ...], bool]:
    if content is None:
        return (), False
    if isinstance(content, str):
        return (Text(content),), True
    parts = [
        Text(part.text, _marker(part)) if isinstance(part, TextPart) else _part(part, f"{path}.content[{index}]")
        for index, part in enumerate(content)
    ]
    return tuple(parts), False


def _part(part: WirePart, path: str) -> Part:
    cache = _marker(part)
    match part:
        case TextPart():
            return Text(part.text, cache)
        case ImagePart():
            return Image(_string.decode(part.image_url.url), part.image_url.detail, cache, f"{path}.image_url.url")
        case FilePart():
            data = _string.decode(part.file.file_data) if given(part.file.file_data) else None
            name = "file_id" if data is None else "file_data"
            return File(data, part.file.filename, part.file.file_id, cache, f"{path}.file.{name}")
        case AudioPart():
            data = media_payloads.without_data_prefix(_string.decode(part.input_audio.data))
            return Audio(data, part.input_audio.format, cache, f"{path}.input_audio")
        case RefusalPart():
            return Refusal(part.refusal)
        case _:
            return Video(_string.decode(part.video_url.url), cache, f"{path}.video_url.url")


def _marker(part: MarkedPart) -> CacheMarker | None:
    if part.cache_control is not None:
        return CacheMarker(part.cache_control.ttl)
    return CacheMarker() if part.prompt_cache_breakpoint is not None else None


def _with_message_marker(parts: tuple[Part, ...], marker: CacheControl | None) -> tuple[Part, ...]:
    """A marker on the message belongs to its last text part (inference.md 2.2)."""
    if marker is None:
        return parts
    for index in range(len(parts) - 1, -1, -1):
        part = parts[index]
        if isinstance(part, Text):
            marked = structs.replace(part, cache=part.cache or CacheMarker(marker.ttl))
            return (*parts[:index], marked, *parts[index + 1 :])
    return parts


def hub_tool(tool: WireTool) -> FunctionTool:
    """One function definition."""
    function = tool.function
    return FunctionTool(
        name=function.name,
        description=function.description,
        parameters=function.parameters if given(function.parameters) else Raw(b""),
        strict=function.strict,
        cache=CacheMarker(tool.cache_control.ttl) if tool.cache_control is not None else None,
        eager_input_streaming=tool.eager_input_streaming,
    )


def user_message_of(prompt: Raw) -> Raw:
    """A legacy `prompt` as the one message that it means (inference.md 19)."""
    return Raw(b"".join((b'[{"role":"user","content":', prompt, b"}]")))
