"""A Messages answer, read once: what streams and whole bodies have in common."""

from msgspec import Raw

from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.events import Completed, Finished, FinishReason, GenerationEvent, Started, UpstreamFault
from trunkline.protocols.lenient_json import NOTHING, label_of, quoted, text_of
from trunkline.protocols.messages.block_answer import BLOCKS_MAX, BlockAnswer
from trunkline.protocols.messages.block_reader import BlockReader, open_block
from trunkline.protocols.messages.block_state import Members
from trunkline.protocols.messages.schema import answer_tool_name
from trunkline.protocols.messages.text_block import TextBlock
from trunkline.protocols.messages.usage import UsageReader

_READ_OF_MESSAGE = frozenset({"id", "type", "role", "model", "content", "stop_reason", "usage"})
_BLOCK_OF_DELTA = {"text_delta": Raw(b'"text"'), "thinking_delta": Raw(b'"thinking"')}
"""The block that a delta without a start must belong to."""


class AnswerReader(BlockAnswer[BlockReader]):
    """Blocks, usage, the end."""

    def __init__(self, target: UpstreamTarget, *, whole: bool, exclude_reasoning: bool) -> None:
        super().__init__(
            answer_tool=answer_tool_name(target), exclude_reasoning=exclude_reasoning, read=_READ_OF_MESSAGE
        )
        self._whole = whole
        self._usage = UsageReader()
        self._stop_word: str | None = None

    def start(self, message: Members) -> list[GenerationEvent]:
        """What stands around the content."""
        self._note(message)
        self._usage.read(message.get("usage", NOTHING), at_start=not self._whole)
        if self._started:
            return []
        self._started = True
        self.facts.upstream_id = label_of(message.get("id"))
        return [Started(self.facts.upstream_id)]

    def open_block(self, index: int, members: Members) -> list[GenerationEvent]:
        """A block starts, with what it says at once. One of the same index is closed before."""
        if self._blocks >= BLOCKS_MAX:
            return []
        self._blocks += 1
        events = self.close_block(index)
        reader = self._open[index] = open_block(self._state, index, members)
        return events + reader.open(members)

    def grow_block(self, index: int, delta: Members) -> list[GenerationEvent]:
        kind = text_of(delta.get("type"))
        events: list[GenerationEvent] = []
        reader = self._open.get(index)
        if reader is None:
            if kind not in _BLOCK_OF_DELTA:
                return []
            events = self.open_block(index, {"type": _BLOCK_OF_DELTA[kind]})
            reader = self._open.get(index)
        return events if reader is None else events + reader.grow(kind, delta)

    def grow_text(self, index: int, text: str) -> list[GenerationEvent]:
        """`grow_block` by a `text_delta` that says nothing else."""
        reader = self._open.get(index)
        if isinstance(reader, TextBlock):
            return reader.add(text)
        return self.grow_block(index, {"type": Raw(b'"text_delta"'), "text": Raw(quoted(text))})

    def end_message(self, delta: Members, usage: Raw) -> None:
        """`message_delta`: the reason to stop, and the last counts."""
        self._note(delta)
        self._usage.read(usage)

    def end(self, *, truncated: bool) -> list[GenerationEvent]:
        """No more comes. `truncated`: without the format's own end."""
        if self._ended:
            return []
        if not self._started:
            return self.fail(UpstreamFault(status=200, message="The answer has no message", truncated=truncated))
        events = self._last_events()
        facts = self.facts
        facts.native_finish_reason = self._stop_word
        facts.finish_reason = self._finish_reason(truncated=truncated)
        if facts.finish_reason is not None:
            events.append(Finished(facts.finish_reason, facts.native_finish_reason))
        elif not self._whole or self._blocks:
            fault = UpstreamFault(status=200, message="The answer has no finish reason", truncated=True)
            return events + self.fail(fault)
        # A body without reason and content is an answer that says nothing, and costs nothing (inference.md 13.4).
        self._ended = True
        self._settle()
        events.append(Completed(facts.usage, facts.service_tier))
        return events

    def _finish_reason(self, *, truncated: bool) -> FinishReason | None:
        if self._stop_word is None:
            return "tool_calls" if self.facts.tool_call_count and not truncated else None
        return self._finish_reason_of(self._stop_word)

    def _note(self, members: Members) -> None:
        self._stop_word = label_of(members.get("stop_reason")) or self._stop_word
        self._keep_unread(members)

    def _settle(self) -> None:
        facts = self.facts
        facts.usage = self._usage.total(thinking_chars=self._state.thinking_chars, output_chars=facts.output_chars)
        facts.search_count = facts.usage.web_searches if facts.usage is not None else 0
        facts.service_tier = self._usage.service_tier
