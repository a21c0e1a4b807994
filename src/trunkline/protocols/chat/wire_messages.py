"""The messages of a chat request as they stand in JSON (inference.md 2.2): only the members that are read.

Roles and parts are tagged unions, so that what a role may hold is said by its type. Text is decoded; the payloads
of media (`url`, `file_data`, `data`) stay raw views of the body, because they are megabytes that nobody reads here.
All are trees that live as long as one request, so the garbage collector need not watch them (`gc=False`).
"""

from typing import Literal, TypeAlias

from msgspec import Raw, Struct

from trunkline.protocols.wire_types import EMPTY, CacheBreakpoint, CacheControl


class MarkedPart(Struct, frozen=True, gc=False, kw_only=True):
    """What every part tolerates."""

    cache_control: CacheControl | None = None
    prompt_cache_breakpoint: CacheBreakpoint | None = None


class TextPart(MarkedPart, frozen=True, gc=False, kw_only=True, tag_field="type", tag="text"):
    text: str


class ImageUrl(Struct, frozen=True, gc=False):
    url: Raw
    detail: Literal["auto", "low", "high", "original"] | None = None


class ImagePart(MarkedPart, frozen=True, gc=False, kw_only=True, tag_field="type", tag="image_url"):
    image_url: ImageUrl


class FileBody(Struct, frozen=True, gc=False):
    filename: str | None = None
    file_data: Raw = EMPTY
    file_id: str | None = None


class FilePart(MarkedPart, frozen=True, gc=False, kw_only=True, tag_field="type", tag="file"):
    file: FileBody


class AudioBody(Struct, frozen=True, gc=False):
    data: Raw
    format: str


class AudioPart(MarkedPart, frozen=True, gc=False, kw_only=True, tag_field="type", tag="input_audio"):
    input_audio: AudioBody


class VideoUrl(Struct, frozen=True, gc=False):
    url: Raw


class VideoPart(MarkedPart, frozen=True, gc=False, kw_only=True, tag_field="type", tag="video_url"):
    video_url: VideoUrl


class LegacyVideoPart(MarkedPart, frozen=True, gc=False, kw_only=True, tag_field="type", tag="input_video"):
    video_url: VideoUrl


class RefusalPart(MarkedPart, frozen=True, gc=False, kw_only=True, tag_field="type", tag="refusal"):
    refusal: str


WirePart: TypeAlias = TextPart | ImagePart | FilePart | AudioPart | VideoPart | LegacyVideoPart | RefusalPart
Content: TypeAlias = str | list[WirePart]


class CalledFunction(Struct, frozen=True, gc=False):
    name: str
    arguments: str


class WireToolCall(Struct, frozen=True, gc=False):
    id: str
    function: CalledFunction
    type: Literal["function"] = "function"
    index: int | None = None
    """Ours, in answers; clients send it back with the history, and not every provider takes it there."""


class AudioReference(Struct, frozen=True, gc=False):
    """Audio of an earlier answer."""

    id: str


class SystemMessage(Struct, frozen=True, gc=False, kw_only=True, tag_field="role", tag="system"):
    content: Content
    name: str | None = None
    cache_control: CacheControl | None = None


class DeveloperMessage(Struct, frozen=True, gc=False, kw_only=True, tag_field="role", tag="developer"):
    content: Content
    name: str | None = None
    cache_control: CacheControl | None = None


class UserMessage(Struct, frozen=True, gc=False, kw_only=True, tag_field="role", tag="user"):
    content: Content
    name: str | None = None
    cache_control: CacheControl | None = None


class ToolMessage(Struct, frozen=True, gc=False, kw_only=True, tag_field="role", tag="tool"):
    content: Content
    tool_call_id: str
    name: str | None = None
    cache_control: CacheControl | None = None


class AssistantMessage(Struct, frozen=True, gc=False, kw_only=True, tag_field="role", tag="assistant"):
    """`reasoning_details` stays raw: it is passed back unmodified, and read only where a rule needs it."""

    content: Content | None = None
    name: str | None = None
    cache_control: CacheControl | None = None
    tool_calls: list[WireToolCall] | None = None
    refusal: str | None = None
    reasoning: str | None = None
    reasoning_content: str | None = None
    reasoning_details: Raw = EMPTY
    images: Raw = EMPTY
    audio: AudioReference | None = None
    annotations: Raw = EMPTY


WireMessage: TypeAlias = SystemMessage | DeveloperMessage | UserMessage | ToolMessage | AssistantMessage


def given(raw: Raw) -> bool:
    """True when a raw member was sent and is not null."""
    return len(raw) > 0 and not (len(raw) == 4 and bytes(raw) == b"null")
