"""Events of the hub to chat clients: as chunks, and folded into a whole answer (inference.md 4.2, 7.4, 8.3)."""

import re

from trunkline.core.errors import TrunklineError
from trunkline.protocols.answers import Facts, UsageReport
from trunkline.protocols.chat.chunk import ChoiceEnd, ChunkWriter
from trunkline.protocols.chat.reading import DeltaRead
from trunkline.protocols.chat.reasoning_details import ReasoningRead, from_event
from trunkline.protocols.chat.tool_calls import CallFragment
from trunkline.protocols.commit import CommitGate
from trunkline.protocols.events import (
    Annotated,
    Extra,
    Finished,
    GenerationEvent,
    MediaDelta,
    PartEnded,
    PartStarted,
    ReasoningDelta,
    Started,
    TextDelta,
    ToolCallDelta,
)
from trunkline.protocols.lenient_json import quoted
from trunkline.protocols.sse import DONE

_EXTRA_PATH = re.compile(r"choices\[\]\.(?:(?:delta|message)\.|tool_calls\[(\d{1,4})\]\.)?(\w+)")
_CHOICE_EXTRA_DEPTH = 1


class DeltaBuilder:
    """Turns events back into regular deltas. Knows which calls are open and which choices refused."""

    __slots__ = ("_arguments_seen", "_calls", "_exclude_reasoning", "_refusals", "ends", "fingerprint")

    def __init__(self, *, exclude_reasoning: bool) -> None:
        self._exclude_reasoning = exclude_reasoning
        self._calls: dict[tuple[int, int], int] = {}
        self._arguments_seen: set[tuple[int, int]] = set()
        self._refusals: set[tuple[int, int]] = set()
        self.ends: dict[int, ChoiceEnd] = {}
        self.fingerprint: str | None = None

    def delta(self, event: GenerationEvent) -> DeltaRead | None:
        """The delta that shows `event` to a client; None if nothing does."""
        match event:
            case TextDelta():
                return self._words(event)
            case ReasoningDelta():
                return self._reasoning(event)
            case ToolCallDelta(index, arguments, choice):
                self._arguments_seen.add((choice, index))
                return self._call(choice, index, CallFragment(0, arguments))
            case PartStarted():
                return self._started(event)
            case PartEnded(index, choice):
                return self._ended(choice, index)
            case MediaDelta(_, kind, payload, choice):
                return DeltaRead(choice, images=[payload]) if kind == "image" else DeltaRead(choice, audio=payload)
            case Annotated(annotation, choice):
                return DeltaRead(choice, annotations=[annotation])
            case Extra():
                return _extra(event)
            case _:
                self._note(event)
                return None

    def plain_text(self, event: GenerationEvent) -> str | None:
        """The text of an event that is nothing but text of the first choice, as most are; None for all others."""
        if type(event) is not TextDelta or event.choice or event.logprobs or (0, event.index) in self._refusals:
            return None
        return event.text or None

    def _note(self, event: GenerationEvent) -> None:
        match event:
            case Finished(reason, native_reason, choice):
                self._end(choice).finish_reason = reason
                self._end(choice).native_finish_reason = native_reason
            case Started(_, fingerprint):
                self.fingerprint = fingerprint
            case _:
                pass

    def _end(self, choice: int) -> ChoiceEnd:
        return self.ends.setdefault(choice, ChoiceEnd(choice, None, None))

    def _words(self, event: TextDelta) -> DeltaRead:
        if (event.choice, event.index) in self._refusals:
            return DeltaRead(event.choice, refusal=event.text, logprobs=event.logprobs)
        return DeltaRead(event.choice, text=event.text, logprobs=event.logprobs)

    def _reasoning(self, event: ReasoningDelta) -> DeltaRead | None:
        if self._exclude_reasoning:
            return None
        self._end(event.choice).had_reasoning = True
        return DeltaRead(event.choice, reasoning=ReasoningRead(event.text, [from_event(event)]))

    def _started(self, event: PartStarted) -> DeltaRead | None:
        key = (event.choice, event.index)
        self._end(event.choice)
        if event.kind == "refusal":
            self._refusals.add(key)
        if event.kind != "tool_call":
            return None
        ordinal = sum(choice == event.choice for choice, _ in self._calls)
        self._calls[key] = ordinal
        return self._call(event.choice, event.index, CallFragment(0, "", event.tool_call_id, event.name))

    def _ended(self, choice: int, index: int) -> DeltaRead | None:
        """A call without any arguments gets an empty object (inference.md 8.3)."""
        if (choice, index) not in self._calls or (choice, index) in self._arguments_seen:
            return None
        return self._call(choice, index, CallFragment(0, "{}"))

    def _call(self, choice: int, index: int, fragment: CallFragment) -> DeltaRead:
        fragment.ordinal = self._calls[choice, index]
        return DeltaRead(choice, calls=[fragment])


def _extra(event: Extra) -> DeltaRead | None:
    """A member that a chat decoder did not know goes back to its place; other formats' words stay behind."""
    match = _EXTRA_PATH.fullmatch(event.path)
    if match is None:
        return None
    ordinal, name = match.groups()
    if ordinal is not None:
        return DeltaRead(event.choice, calls=[CallFragment(int(ordinal), "", extras={name: event.value})])
    if event.path.count(".") > _CHOICE_EXTRA_DEPTH:
        return DeltaRead(event.choice, extras={name: event.value})
    if name == "logprobs":
        return DeltaRead(event.choice, logprobs=event.value)
    return DeltaRead(event.choice, choice_extras={name: event.value})


class ChatEncoder:
    """A stream to a chat (or text completions) client. Finish, usage and end marker come from `tail`."""

    def __init__(
        self, writer: ChunkWriter, facts: Facts, *, exclude_reasoning: bool = False, docs_base: str = ""
    ) -> None:
        self._writer = writer
        self._builder = DeltaBuilder(exclude_reasoning=exclude_reasoning)
        self._docs_base = docs_base
        self._gate = CommitGate(facts)
        self._fingerprint_known = False

    def encode(self, events: list[GenerationEvent]) -> bytes:
        """The chunks for `events` that may leave now."""
        out = b""
        for event in events:
            text = self._builder.plain_text(event)
            if text is not None:
                out += self._gate.pass_chunk(self._writer.text(quoted(text)), has_content=True)
                continue
            delta = self._builder.delta(event)
            if delta is None:
                if not self._fingerprint_known and self._builder.fingerprint is not None:
                    self._writer.learn_fingerprint(self._builder.fingerprint)
                    self._fingerprint_known = True
            elif not delta.is_empty():
                out += self._gate.pass_chunk(self._writer.delta(delta), has_content=delta.has_content())
        return out

    def release(self) -> bytes:
        """The answer ended in order: chunks without content that were held back for a fallback may leave."""
        return self._gate.release()

    def tail(self, report: UsageReport) -> bytes:
        ends = [end for _, end in sorted(self._builder.ends.items())]
        return self._writer.finish(ends, report) + DONE

    def error_tail(self, error: TrunklineError, report: UsageReport | None) -> bytes:
        return self._writer.error(error, self._docs_base, report) + DONE
