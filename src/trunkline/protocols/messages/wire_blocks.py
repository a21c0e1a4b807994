"""Messages and their content blocks as clients send them (inference.md 18.2): only the members that are read.

A block of a kind that stands here is typed; any other is `OtherBlock`, which an upstream of this format gets as it was
sent. Payloads of media stay raw views of the body.
"""

from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta, Raw, Struct

from trunkline.protocols.lenient_json import UNREADABLE
from trunkline.protocols.validation import decode
from trunkline.protocols.wire_types import EMPTY, CacheControl

ToolName: TypeAlias = Annotated[str, Meta(min_length=1, max_length=128)]


class MarkedBlock(Struct, frozen=True, gc=False, kw_only=True):
    """What every block tolerates."""

    cache_control: CacheControl | None = None


class TextBlockIn(MarkedBlock, frozen=True, gc=False, kw_only=True, tag_field="type", tag="text"):
    text: str


class Base64Source(Struct, frozen=True, gc=False, tag_field="type", tag="base64"):
    media_type: str
    data: Raw


class UrlSource(Struct, frozen=True, gc=False, tag_field="type", tag="url"):
    url: Raw


class FileSource(Struct, frozen=True, gc=False, tag_field="type", tag="file"):
    file_id: str


class TextSource(Struct, frozen=True, gc=False, tag_field="type", tag="text"):
    data: str


class ContentSource(Struct, frozen=True, gc=False, tag_field="type", tag="content"):
    """The blocks of a document that was cut up for citations; anything in them but text and images is passed over."""

    content: str | list[Raw]


ImageSource: TypeAlias = Base64Source | UrlSource | FileSource
DocumentSource: TypeAlias = Base64Source | UrlSource | FileSource | TextSource | ContentSource


class ImageBlockIn(MarkedBlock, frozen=True, gc=False, kw_only=True, tag_field="type", tag="image"):
    source: ImageSource


class DocumentBlockIn(MarkedBlock, frozen=True, gc=False, kw_only=True, tag_field="type", tag="document"):
    source: DocumentSource
    title: str | None = None
    context: str | None = None


class SearchResultBlockIn(MarkedBlock, frozen=True, gc=False, kw_only=True, tag_field="type", tag="search_result"):
    source: str
    title: str
    content: list[Raw]


class ToolUseBlockIn(MarkedBlock, frozen=True, gc=False, kw_only=True, tag_field="type", tag="tool_use"):
    id: str
    name: str
    input: Raw = EMPTY


class ToolResultBlockIn(MarkedBlock, frozen=True, gc=False, kw_only=True, tag_field="type", tag="tool_result"):
    tool_use_id: str
    content: str | list[Raw] | None = None
    is_error: bool | None = None


class ThinkingBlockIn(Struct, frozen=True, gc=False, tag_field="type", tag="thinking"):
    thinking: str
    signature: str = ""


class RedactedThinkingBlockIn(Struct, frozen=True, gc=False, tag_field="type", tag="redacted_thinking"):
    data: str


class CompactionBlockIn(MarkedBlock, frozen=True, gc=False, kw_only=True, tag_field="type", tag="compaction"):
    content: str | None = None


class ToolReference(Struct, frozen=True, gc=False):
    """Which tool is added or removed; those of MCP servers have no `name` alone."""

    type: str
    name: str | None = None


class ToolAdditionBlockIn(Struct, frozen=True, gc=False, tag_field="type", tag="tool_addition"):
    tool: ToolReference


class ToolRemovalBlockIn(Struct, frozen=True, gc=False, tag_field="type", tag="tool_removal"):
    tool: ToolReference


class OtherBlock(Struct, frozen=True, gc=False):
    """A server's tool and its result, or what later versions may add."""

    kind: str
    raw: Raw


KnownBlock: TypeAlias = (
    TextBlockIn
    | ImageBlockIn
    | DocumentBlockIn
    | SearchResultBlockIn
    | ToolUseBlockIn
    | ToolResultBlockIn
    | ThinkingBlockIn
    | RedactedThinkingBlockIn
    | CompactionBlockIn
    | ToolAdditionBlockIn
    | ToolRemovalBlockIn
)
BlockIn: TypeAlias = KnownBlock | OtherBlock
Role: TypeAlias = Literal["user", "assistant", "system"]


class MessageIn(Struct, frozen=True, gc=False):
    """One message; `content` is one text, or blocks."""

    role: Role
    content: "str | tuple[BlockIn, ...]"


class _Typed(Struct, frozen=True, gc=False):
    role: Role
    content: str | list[KnownBlock]


class _Loose(Struct, frozen=True, gc=False):
    role: Role
    content: str | list[Raw]


class _BlockHead(Struct, frozen=True, gc=False):
    type: str


_typed = msgspec.json.Decoder(list[_Typed])
_loose = msgspec.json.Decoder(list[_Loose])
_head = msgspec.json.Decoder(_BlockHead)
_block: msgspec.json.Decoder[KnownBlock] = msgspec.json.Decoder(KnownBlock)
_blocks: msgspec.json.Decoder[list[KnownBlock]] = msgspec.json.Decoder(list[KnownBlock])
_raws = msgspec.json.Decoder(list[Raw])
_KNOWN = frozenset(
    {
        "text",
        "image",
        "document",
        "search_result",
        "tool_use",
        "tool_result",
        "thinking",
        "redacted_thinking",
        "compaction",
        "tool_addition",
        "tool_removal",
    }
)


def read_messages(raw: Raw) -> tuple[MessageIn, ...]:
    """`messages`. Raises InvalidRequest or InvalidPrompt with the path of what is wrong.

    Blocks of other kinds are rare: only where there are any, each block is read on its own.
    """
    try:
        typed = _typed.decode(raw)
    except UNREADABLE:
        return _read_loosely(raw)
    return tuple([MessageIn(m.role, m.content if isinstance(m.content, str) else tuple(m.content)) for m in typed])


def read_blocks(raws: list[Raw], path: str) -> tuple[BlockIn, ...]:
    """Blocks inside another, each on its own."""
    return tuple([_read_block(raw, f"{path}[{index}]") for index, raw in enumerate(raws)])


def read_system(raw: Raw) -> str | tuple[BlockIn, ...]:
    """`system`: one text, or blocks of it."""
    if bytes(memoryview(raw)[:1]) == b'"':
        return msgspec.json.decode(raw, type=str)
    try:
        return tuple(_blocks.decode(raw))
    except UNREADABLE:
        return read_blocks(decode(_raws, raw, "system"), "system")


def _read_loosely(raw: Raw) -> tuple[MessageIn, ...]:
    messages: list[MessageIn] = []
    for index, message in enumerate(decode(_loose, raw, "messages")):
        content = message.content
        path = f"messages[{index}].content"
        messages.append(MessageIn(message.role, content if isinstance(content, str) else read_blocks(content, path)))
    return tuple(messages)


def _read_block(raw: Raw, path: str) -> BlockIn:
    kind = decode(_head, raw, path).type
    return decode(_block, raw, path) if kind in _KNOWN else OtherBlock(kind, raw)
