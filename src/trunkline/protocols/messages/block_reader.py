"""Which reader a content block gets. A block opens with what `content_block_start` (or a whole body) says, takes
deltas, and closes (inference.md 30.9)."""

from typing import Protocol

from msgspec import Raw

from trunkline.core import json
from trunkline.protocols.events import Extra, GenerationEvent
from trunkline.protocols.lenient_json import object_of, quoted, text_of
from trunkline.protocols.messages.block_state import AnswerState, Members
from trunkline.protocols.messages.call_blocks import AnswerToolBlock, CallBlock
from trunkline.protocols.messages.text_block import TextBlock
from trunkline.protocols.messages.thinking_block import ThinkingBlock

EXTRA_BYTES_MAX = 32 * 1024 * 1024
"""Of a block that the hub has no word for; what comes beyond is dropped."""


class BlockReader(Protocol):
    """One kind of block."""

    def open(self, members: Members) -> list[GenerationEvent]: ...

    def grow(self, kind: str, delta: Members) -> list[GenerationEvent]:
        """A delta of type `kind`."""
        ...

    def close(self) -> list[GenerationEvent]: ...


def open_block(state: AnswerState, index: int, members: Members) -> BlockReader:
    """The reader for a block that starts so."""
    kind = text_of(members.get("type"))
    if kind == "text":
        return TextBlock(state, index)
    if kind in ("thinking", "redacted_thinking"):
        return ThinkingBlock(state, index)
    if kind == "tool_use":
        is_answer = state.answer_tool is not None and text_of(members.get("name")) == state.answer_tool
        return AnswerToolBlock(state, index) if is_answer else CallBlock(state, index)
    return UnknownBlock(index)


class UnknownBlock:
    """A block that the hub has no word for (a server's tool, a compaction): carried as one `Extra` when complete."""

    __slots__ = ("_index", "_json", "_members", "_size")

    def __init__(self, index: int) -> None:
        self._index = index
        self._members: Members = {}
        self._json: list[str] = []
        self._size = 0

    def open(self, members: Members) -> list[GenerationEvent]:
        self._members = members
        return []

    def grow(self, kind: str, delta: Members) -> list[GenerationEvent]:
        self._size += sum(map(len, delta.values()))
        if self._size > EXTRA_BYTES_MAX:
            return []
        if kind == "input_json_delta":
            self._json.append(text_of(delta.get("partial_json")))
            return []
        for name, value in delta.items():
            if name != "type":
                known = text_of(self._members.get(name))
                self._members[name] = Raw(quoted(known + text_of(value))) if known else value
        return []

    def close(self) -> list[GenerationEvent]:
        grown = "".join(self._json)
        if grown:
            arguments = Raw(grown.encode("utf-8", "replace"))
            self._members["input"] = arguments if object_of(arguments) else Raw(quoted(grown))
        return [Extra(f"content[{self._index}]", json.raw(self._members))]
