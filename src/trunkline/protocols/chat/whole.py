"""An `AnswerBody` for chat and text completions clients, by either path."""

from typing import Protocol

from msgspec import Raw

from trunkline.core import json
from trunkline.protocols.answers import AnswerIdentity, Facts, UsageReport
from trunkline.protocols.chat.chunk import ChoiceEnd
from trunkline.protocols.chat.event_fold import FoldedAnswer
from trunkline.protocols.chat.fold import fold_delta
from trunkline.protocols.chat.reader import AnswerReader
from trunkline.protocols.chat.reading import DeltaRead
from trunkline.protocols.error_body import error_object
from trunkline.protocols.faults.telling import error_of
from trunkline.protocols.lenient_json import NOTHING


class BodyRenderer(Protocol):
    """`render_chat_body` or `render_text_body`."""

    def __call__(
        self,
        identity: AnswerIdentity,
        fingerprint: str | None,
        messages: list[tuple[DeltaRead, ChoiceEnd]],
        report: UsageReport,
        *,
        exclude_reasoning: bool = False,
        error: Raw = NOTHING,
    ) -> bytes: ...


class WholeAnswer:
    """An answer that was read whole; only usage and the envelope are missing.

    After a fault with output, `render` gives the partial answer with `finish_reason: "error"` (inference.md 3).
    """

    def __init__(
        self,
        facts: Facts,
        answer: FoldedAnswer,
        identity: AnswerIdentity,
        renderer: BodyRenderer,
        *,
        exclude_reasoning: bool,
    ) -> None:
        self.facts = facts
        self._answer = answer
        self._identity = identity
        self._renderer = renderer
        self._exclude_reasoning = exclude_reasoning

    def render(self, report: UsageReport) -> bytes:
        error = NOTHING
        if self.facts.fault is not None:
            error = json.raw(error_object(error_of(self.facts.fault), docs_base=""))
            for _, end in self._answer.messages[:1]:
                end.finish_reason = "error"
        return self._renderer(
            self._identity,
            self._answer.fingerprint,
            self._answer.messages,
            report,
            exclude_reasoning=self._exclude_reasoning,
            error=error,
        )


def fold_messages(reader: AnswerReader, deltas: list[DeltaRead]) -> FoldedAnswer:
    """The native path: the messages of a body as they were read."""
    messages = {index: DeltaRead(index) for index in sorted(reader.choices)}
    for delta in deltas:
        fold_delta(messages[delta.choice], delta)
    ends = (
        ChoiceEnd(index, choice.finish_reason, choice.native_finish_reason)
        for index, choice in sorted(reader.choices.items())
    )
    return FoldedAnswer(list(zip(messages.values(), ends, strict=True)), reader.system_fingerprint)
