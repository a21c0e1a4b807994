"""Which reader a content block gets: blocks of a stream name their kind in their start or in their first delta, those
of a whole answer hold everything at once (inference.md 30.9)."""

from typing import Protocol

from msgspec import Raw

from trunkline.core import json
from trunkline.protocols.converse.text_block import TextBlock, cited_text
from trunkline.protocols.events import Extra, GenerationEvent
from trunkline.protocols.lenient_json import list_of, object_of, quoted, text_of
from trunkline.protocols.messages.block_reader import EXTRA_BYTES_MAX
from trunkline.protocols.messages.block_state import AnswerState, Members
from trunkline.protocols.messages.call_blocks import AnswerToolBlock, CallBlock
from trunkline.protocols.messages.thinking_block import ThinkingBlock
from trunkline.protocols.messages.thinking_history import FORMAT as CLAUDES_FORMAT

_SERVERS_OWN = "server_tool_use"
"""`type` of a call that the service answers itself."""
_WORDS = frozenset({"text", "citation", "citationsContent"})
_OF_CALLS = {"toolUseId": "id"}
_OF_THOUGHTS = {"redactedContent": "data", "text": "thinking"}
"""Members whose counterparts in the blocks of Messages have other names."""


class BlockReader(Protocol):
    """One kind of block."""

    def takes(self, delta: Members) -> bool:
        """Whether `delta` belongs to a block of this kind."""
        ...

    def open(self) -> list[GenerationEvent]: ...

    def grow(self, delta: Members) -> list[GenerationEvent]:
        """`delta` as a stream has it."""
        ...

    def close(self) -> list[GenerationEvent]: ...


class BlockReaders:
    """Makes the readers of one answer."""

    __slots__ = ("_reasoning_format", "_state")

    def __init__(self, state: AnswerState, *, is_claude: bool) -> None:
        self._state = state
        self._reasoning_format = CLAUDES_FORMAT if is_claude else "unknown"

    def reader(self, index: int, first: Members) -> BlockReader:
        """The reader of a block whose start or first delta is `first`."""
        state = self._state
        if "toolUse" in first:
            call = object_of(first["toolUse"])
            name = text_of(call.get("name"))
            if text_of(call.get("type")) == _SERVERS_OWN:
                return Carried(index, "toolUse", call)
            return Call(state, index, call, is_answer=state.answer_tool is not None and name == state.answer_tool)
        if "reasoningContent" in first:
            return Thoughts(ThinkingBlock(state, index, reasoning_format=self._reasoning_format))
        if not _WORDS.isdisjoint(first):
            return TextBlock(state, index)
        kind = next((name for name in first if name not in ("type", "p")), "")
        return Carried(index, kind, object_of(first.get(kind)))


def whole_deltas(block: Members) -> list[Members]:
    """A block of a whole answer as the start and deltas that a stream would have had."""
    if "citationsContent" in block:
        cited = object_of(block["citationsContent"])
        text: Members = {"text": Raw(quoted(cited_text(cited.get("content"))))}
        return [text, *({"citation": citation} for citation in list_of(cited.get("citations")))]
    if "reasoningContent" in block:
        content = object_of(block["reasoningContent"])
        told = object_of(content.pop("reasoningText", None))
        return [{"reasoningContent": json.raw(told | content)}]
    if "text" in block:
        return [{"text": block["text"]}]
    return []


class Call:
    """A call of one of the caller's tools, or of the one that stands in for structured output."""

    __slots__ = ("_block", "_members")

    def __init__(self, state: AnswerState, index: int, members: Members, *, is_answer: bool) -> None:
        self._block = AnswerToolBlock(state, index) if is_answer else CallBlock(state, index)
        self._members: Members = {_OF_CALLS.get(name, name): value for name, value in members.items()}
        if "name" not in members:
            # No start was sent, but a fragment: its `input` is text, and comes again as a delta.
            self._members.pop("input", None)

    def takes(self, delta: Members) -> bool:
        return "toolUse" in delta

    def open(self) -> list[GenerationEvent]:
        return self._block.open(self._members)

    def grow(self, delta: Members) -> list[GenerationEvent]:
        fragment = object_of(delta.get("toolUse")).get("input")
        return [] if fragment is None else self._block.grow("input_json_delta", {"partial_json": fragment})

    def close(self) -> list[GenerationEvent]:
        return self._block.close()


class Thoughts:
    """Reasoning: text and signature, or data that only the upstream can read."""

    __slots__ = ("_block", "_is_open")

    def __init__(self, block: ThinkingBlock) -> None:
        self._block = block
        self._is_open = False

    def takes(self, delta: Members) -> bool:
        return "reasoningContent" in delta

    def open(self) -> list[GenerationEvent]:
        return []

    def grow(self, delta: Members) -> list[GenerationEvent]:
        content = object_of(delta.get("reasoningContent"))
        if not self._is_open:
            # What comes first tells which of the two kinds it is.
            self._is_open = True
            return self._block.open({_OF_THOUGHTS.get(name, name): value for name, value in content.items()})
        events: list[GenerationEvent] = []
        if "text" in content:
            events += self._block.grow("thinking_delta", {"thinking": content["text"]})
        if "signature" in content:
            events += self._block.grow("signature_delta", {"signature": content["signature"]})
        return events

    def close(self) -> list[GenerationEvent]:
        return self._block.close() if self._is_open else []


class Carried:
    """A block that the hub has no word for (the service's own tools and their results): one `Extra` when complete."""

    __slots__ = ("_content", "_index", "_kind", "_members", "_size", "_text")

    def __init__(self, index: int, kind: str, members: Members) -> None:
        self._index = index
        self._kind = kind
        self._members = members
        self._text: list[str] = []
        self._content: list[Raw] = []
        self._size = 0

    def takes(self, delta: Members) -> bool:
        return self._kind in delta

    def open(self) -> list[GenerationEvent]:
        return []

    def grow(self, delta: Members) -> list[GenerationEvent]:
        value = delta.get(self._kind)
        self._size += len(value or b"")
        if value is None or self._size > EXTRA_BYTES_MAX:
            return []
        if self._kind == "toolUse":
            self._text.append(text_of(object_of(value).get("input")))
        elif self._kind == "toolResult":
            self._content += list_of(value)
        else:
            self._members |= object_of(value)
        return []

    def close(self) -> list[GenerationEvent]:
        grown = "".join(self._text)
        if grown:
            arguments = Raw(grown.encode("utf-8", "replace"))
            self._members["input"] = arguments if object_of(arguments) else Raw(quoted(grown))
        if self._content:
            self._members["content"] = json.raw(self._content)
        if not self._members:
            return []
        return [Extra(f"content[{self._index}].{self._kind}", json.raw(self._members))]
