"""An answer that is made of blocks, whoever sends it: what is open, what is left over, and how it ends."""

from abc import ABC, abstractmethod
from typing import Final, Generic, Protocol, TypeVar

from trunkline.protocols.answers import Facts
from trunkline.protocols.events import Extra, Failed, FinishReason, GenerationEvent, UpstreamFault
from trunkline.protocols.finish import normalise as normalise_finish
from trunkline.protocols.lenient_json import is_blank
from trunkline.protocols.messages.block_state import AnswerState, Members

BLOCKS_MAX: Final = 4096
"""More blocks than this in one answer are not a model's."""


class OpenBlock(Protocol):
    """A block that grows."""

    def close(self) -> list[GenerationEvent]: ...


R = TypeVar("R", bound=OpenBlock)


class BlockAnswer(ABC, Generic[R]):
    """`facts` is final after the answer's end or `fail`."""

    def __init__(self, *, answer_tool: str | None, exclude_reasoning: bool, read: frozenset[str]) -> None:
        """`read`: the names of the members around the blocks that are understood, or say nothing."""
        self.facts = Facts()
        self._state = AnswerState(self.facts, answer_tool=answer_tool, exclude_reasoning=exclude_reasoning)
        self._open: dict[int, R] = {}
        self._blocks = 0
        self._extras: Members = {}
        self._read = read
        self._started = False
        self._ended = False

    def close_block(self, index: int) -> list[GenerationEvent]:
        block = self._open.pop(index, None)
        return [] if block is None else block.close()

    def fail(self, fault: UpstreamFault) -> list[GenerationEvent]:
        """The answer is over. What was counted so far stays known."""
        if self._ended:
            return []
        self._ended = True
        self.facts.fault = fault
        self._settle()
        return [Failed(fault)]

    @abstractmethod
    def _settle(self) -> None:
        """Write what was counted into `facts`."""

    def _keep_unread(self, members: Members) -> None:
        for name, raw in members.items():
            if name not in self._read and not is_blank(raw):
                self._extras[name] = raw

    def _last_events(self) -> list[GenerationEvent]:
        """Open blocks end, and what nobody understood is told."""
        events = [event for index in sorted(self._open) for event in self.close_block(index)]
        return [*events, *(Extra(name, raw) for name, raw in self._extras.items())]

    def _finish_reason_of(self, native: str) -> FinishReason:
        has_calls = self.facts.tool_call_count > 0
        reason = normalise_finish(native, has_calls=has_calls)
        # The call of the tool that stands in for structured output is no call to the client.
        return "stop" if reason == "tool_calls" and not has_calls else reason
