"""A Converse answer, read once: what streams and whole bodies have in common."""

from typing import Final

from msgspec import Raw

from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.converse.block_reader import BlockReader, BlockReaders, whole_deltas
from trunkline.protocols.converse.families import family_of
from trunkline.protocols.converse.schema import answer_tool_name
from trunkline.protocols.converse.usage import read_usage
from trunkline.protocols.events import Completed, Finished, GenerationEvent, Started, UpstreamFault
from trunkline.protocols.lenient_json import NOTHING, is_blank, label_of, object_of
from trunkline.protocols.messages.block_answer import BLOCKS_MAX, BlockAnswer
from trunkline.protocols.messages.block_state import Members

_READ: Final = frozenset({"output", "role", "stopReason", "usage", "serviceTier", "metrics", "p"})
"""Members that are read, or say nothing of the answer: `p` is padding, `metrics` the upstream's own clock."""


class AnswerReader(BlockAnswer[BlockReader]):
    """Blocks, usage, the end."""

    def __init__(self, target: UpstreamTarget, *, exclude_reasoning: bool) -> None:
        super().__init__(answer_tool=answer_tool_name(target), exclude_reasoning=exclude_reasoning, read=_READ)
        self._readers = BlockReaders(self._state, is_claude=family_of(target.upstream_model).is_claude)
        self._usage: Raw = NOTHING

    @property
    def is_complete(self) -> bool:
        """Whether the reason to stop and the counts were told."""
        return self.facts.native_finish_reason is not None and not is_blank(self._usage)

    def start(self) -> list[GenerationEvent]:
        """The answer begins. This format gives it no id."""
        if self._started:
            return []
        self._started = True
        return [Started()]

    def read_whole_block(self, index: int, block: Members) -> list[GenerationEvent]:
        """A block of a whole answer."""
        events = self.open_block(index, block)
        for delta in whole_deltas(block):
            events += self.grow_block(index, delta)
        return events + self.close_block(index)

    def open_block(self, index: int, first: Members) -> list[GenerationEvent]:
        """A block starts. One of the same index is closed before; a start that says nothing waits for its delta."""
        events = self.close_block(index)
        if not first or self._blocks >= BLOCKS_MAX:
            return events
        self._blocks += 1
        reader = self._open[index] = self._readers.reader(index, first)
        return events + reader.open()

    def grow_block(self, index: int, delta: Members) -> list[GenerationEvent]:
        """A delta. One of another kind than its block belongs to a block that was not announced."""
        reader = self._open.get(index)
        if reader is not None and (reader.takes(delta) or not delta):
            return reader.grow(delta)
        events = self.open_block(index, delta)
        reader = self._open.get(index)
        return events if reader is None else events + reader.grow(delta)

    def note(self, members: Members) -> None:
        """What stands around the content: of `messageStop`, of `metadata`, or of a whole answer."""
        facts = self.facts
        facts.native_finish_reason = label_of(members.get("stopReason")) or facts.native_finish_reason
        facts.service_tier = label_of(object_of(members.get("serviceTier")).get("type")) or facts.service_tier
        self._usage = members.get("usage", self._usage)
        self._keep_unread(members)

    def end(self) -> list[GenerationEvent]:
        """No more comes. Without a reason to stop the answer was cut off."""
        if self._ended:
            return []
        events = self._last_events()
        facts = self.facts
        if facts.native_finish_reason is None:
            message = "The answer has no stop reason" if self._started else "The answer has no message"
            return events + self.fail(UpstreamFault(status=200, message=message, truncated=True))
        self._ended = True
        facts.finish_reason = self._finish_reason_of(facts.native_finish_reason)
        self._settle()
        events.append(Finished(facts.finish_reason, facts.native_finish_reason))
        events.append(Completed(facts.usage, facts.service_tier))
        return events

    def _settle(self) -> None:
        self.facts.usage = read_usage(self._usage, self._state.thinking_chars)
