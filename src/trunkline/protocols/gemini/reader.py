"""An answer of this format, read once: what a stream's chunks and a whole body have in common."""

from typing import Final

from msgspec import Raw

from trunkline.protocols.answers import Facts
from trunkline.protocols.bounds import CHOICES_MAX
from trunkline.protocols.events import (
    Annotated,
    Completed,
    Extra,
    Failed,
    Finished,
    FinishReason,
    GenerationEvent,
    Started,
    UpstreamFault,
)
from trunkline.protocols.faults.reading import MESSAGE_CHARS_MAX, RAW_CHARS_MAX, fault_in_answer
from trunkline.protocols.gemini.families import Family
from trunkline.protocols.gemini.finish import normalise
from trunkline.protocols.gemini.grounding import GroundingReader
from trunkline.protocols.gemini.logprobs import chat_logprobs
from trunkline.protocols.gemini.part_reader import PartReader
from trunkline.protocols.gemini.usage import UsageReader
from trunkline.protocols.gemini.wire import WireChunk, feedback_decoder
from trunkline.protocols.lenient_json import (
    NOTHING,
    UNREADABLE,
    int_of,
    is_blank,
    label_of,
    object_of,
    objects_of,
    text_of,
)

_READ: Final = frozenset({"index", "content", "finishReason", "finishMessage", "logprobsResult"})


class CandidateReader:
    """One candidate, chunk by chunk."""

    def __init__(self, choice: int, facts: Facts, *, exclude_reasoning: bool) -> None:
        self.choice = choice
        self.parts = PartReader(choice, facts, exclude_reasoning=exclude_reasoning)
        self.grounding = GroundingReader()
        self.native_finish_reason: str | None = None
        self.finish_message = ""
        self.finish_reason: FinishReason | None = None
        """Ours, set when the answer has ended."""

    def read(self, candidate: dict[str, Raw]) -> list[GenerationEvent]:
        """The events of one candidate object. Every chunk may name a finish reason; the last one counts."""
        events: list[GenerationEvent] = []
        logprobs = chat_logprobs(candidate["logprobsResult"]) if "logprobsResult" in candidate else NOTHING
        for raw in objects_of(object_of(candidate.get("content")).get("parts")):
            part = object_of(raw)
            has_words = logprobs and "text" in part and "thought" not in part
            events += self.parts.read(part, logprobs if has_words else NOTHING)
            if has_words:
                logprobs = NOTHING
        for name, raw in candidate.items():
            if name == "finishReason":
                self.native_finish_reason = label_of(raw) or self.native_finish_reason
            elif name == "finishMessage":
                self.finish_message = text_of(raw)
            elif name not in _READ and not is_blank(raw):
                if name == "groundingMetadata":
                    events += self._annotated(self.grounding.read(raw, self.parts.text()))
                events.append(Extra(f"candidates[].{name}", raw, self.choice))
        return events

    def end(self) -> list[GenerationEvent]:
        """What is still owed."""
        return self._annotated(self.grounding.finish()) + self.parts.end()

    def _annotated(self, annotations: list[Raw]) -> list[GenerationEvent]:
        return [Annotated(annotation, self.choice) for annotation in annotations]


class AnswerReader:
    """The whole answer around its candidates: usage, refusals, errors, the end."""

    def __init__(self, family: Family, *, whole: bool, exclude_reasoning: bool) -> None:
        self.facts = Facts()
        self._family = family
        self._whole = whole
        self._exclude = exclude_reasoning
        self._candidates: dict[int, CandidateReader] = {}
        self._usage = UsageReader()
        self._started = False
        self._ended = False

    def read(self, chunk: WireChunk) -> list[GenerationEvent]:
        """The events of one chunk or body. After a fault there are none."""
        if self._ended:
            return []
        if chunk.usage_metadata:
            self._usage.read(chunk.usage_metadata)
        if not is_blank(chunk.error):
            return self.fail(fault_in_answer(chunk.error))
        facts = self.facts
        if facts.upstream_id is None:
            facts.upstream_id = label_of(chunk.response_id)
        events: list[GenerationEvent] = []
        if chunk.candidates and not self._started:
            self._started = True
            events.append(Started(facts.upstream_id))
        for position, candidate in enumerate(chunk.candidates or ()):
            events += self._candidate(candidate, position).read(candidate)
        if not self._candidates and not is_blank(chunk.prompt_feedback):
            blocked = _blocked(chunk.prompt_feedback)
            return events if blocked is None else self.fail(blocked)
        return events

    def _candidate(self, candidate: dict[str, Raw], position: int) -> CandidateReader:
        index = int_of(candidate.get("index"))
        if index is None or not 0 <= index < CHOICES_MAX:
            index = min(position, CHOICES_MAX - 1)
        known = self._candidates.get(index)
        if known is None:
            known = CandidateReader(index, self.facts, exclude_reasoning=self._exclude)
            self._candidates[index] = known
        return known

    def finish(self) -> list[GenerationEvent]:
        """The answer ended: last events and final facts. Calling it again gives none."""
        if self._ended:
            return []
        if not self._candidates:
            return self.fail(
                UpstreamFault(status=200, message="The answer has no candidates", truncated=not self._whole)
            )
        candidates = [self._candidates[index] for index in sorted(self._candidates)]
        fault: UpstreamFault | None = None
        for candidate in candidates:
            fault = fault or self._settle(candidate)
        self.facts.native_finish_reason = candidates[0].native_finish_reason
        self.facts.finish_reason = candidates[0].finish_reason
        if fault is not None:
            return self.fail(fault)
        self._ended = True
        events: list[GenerationEvent] = []
        for candidate in candidates:
            if self._whole and not candidate.parts.has_parts:
                events += candidate.parts.silence()
            events += candidate.end()
            if candidate.finish_reason is not None:
                events.append(Finished(candidate.finish_reason, candidate.native_finish_reason, candidate.choice))
        self._settle_usage()
        events.append(Completed(self.facts.usage, self.facts.service_tier))
        return events

    def fail(self, fault: UpstreamFault) -> list[GenerationEvent]:
        """The answer broke; the first fault is the one that is told."""
        if self._ended:
            return []
        self._ended = True
        self.facts.fault = fault
        self._settle_usage()
        events: list[GenerationEvent] = [
            Finished("error", candidate.native_finish_reason, index)
            for index, candidate in sorted(self._candidates.items())
            if candidate.native_finish_reason is not None
        ]
        events.append(Failed(fault))
        return events

    def _settle(self, candidate: CandidateReader) -> UpstreamFault | None:
        """Every candidate needs a reason; only a body that says nothing may lack one (inference.md 13.4)."""
        native = candidate.native_finish_reason
        if native is None:
            if self._whole and not candidate.parts.has_parts:
                return None
            return UpstreamFault(status=200, message="The answer has no finish reason", truncated=True)
        candidate.finish_reason = normalise(native, has_calls=candidate.parts.has_calls)
        if candidate.finish_reason != "error":
            return None
        message = candidate.finish_message[:MESSAGE_CHARS_MAX] or "The model ended its answer with an error"
        return UpstreamFault(status=200, code=native, message=message)

    def _settle_usage(self) -> None:
        queries = sum(len(candidate.grounding.queries) for candidate in self._candidates.values())
        self.facts.search_count = queries if self._family.priced_by_query else min(queries, 1)
        self.facts.usage = self._usage.usage(self.facts.search_count)
        self.facts.service_tier = self._usage.service_tier


def _blocked(feedback: Raw) -> UpstreamFault | None:
    """A prompt that was refused is an error with the status 400 (inference.md 30.7); None when it was not refused."""
    try:
        read = feedback_decoder.decode(feedback)
    except UNREADABLE:
        return None
    if not read.block_reason:
        return None
    return UpstreamFault(
        status=400,
        code=read.block_reason,
        message=f"The prompt was refused by the provider's content policy. {read.block_reason_message}".strip(),
        raw=bytes(feedback).decode("utf-8", "replace")[:RAW_CHARS_MAX],
    )
