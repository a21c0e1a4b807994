"""An upstream's chat answer, read once: the native edit and the decoder share it, so their facts cannot differ.

`ChoiceReader` makes single deltas regular; this is the whole answer around them: chunks, usage, errors, the end.
"""

import contextlib

from msgspec import Raw

from trunkline.protocols import usage as usages
from trunkline.protocols.answers import Facts
from trunkline.protocols.bounds import CHOICES_MAX
from trunkline.protocols.chat.citations import CitationReader
from trunkline.protocols.chat.reading import ChoiceReader, DeltaRead
from trunkline.protocols.chat.wire import WireAnswer, read_answer, read_plain
from trunkline.protocols.events import UpstreamFault
from trunkline.protocols.faults.reading import fault_in_answer, fault_in_stray
from trunkline.protocols.finish import normalise as normalise_finish
from trunkline.protocols.lenient_json import NOTHING, UNREADABLE, int_of, is_blank, label_of, object_of
from trunkline.protocols.sse import EventTooLarge, SseParser

NOT_PLAIN_MAX = 8
"""After so many other chunks in a row, a stream's chunks are no longer tried as plain ones."""

OMITS_FINISH_REASON = "omits_finish_reason"
"""Quirk: the provider ends good answers without a finish reason."""


class AnswerReader:
    """What both kinds of answers have in common."""

    def __init__(self, *, whole: bool, quirks: frozenset[str], exclude_reasoning: bool) -> None:
        self.facts = Facts()
        self.choices: dict[int, ChoiceReader] = {}
        self.system_fingerprint: str | None = None
        self._whole = whole
        self._quirks = quirks
        self._exclude_reasoning = exclude_reasoning
        self._citations = CitationReader()
        self._usage: Raw = NOTHING

    def read(self, answer: WireAnswer) -> list[DeltaRead]:
        """The deltas of one chunk (or the messages of a body); everything else goes into `facts`."""
        facts = self.facts
        if not is_blank(answer.usage):
            self._usage = answer.usage
        elif answer.x_groq:
            self._read_x_groq(answer.x_groq)
        if not is_blank(answer.error):
            self._fail(fault_in_answer(answer.error))
            return []
        if facts.fault is not None:
            return []
        if facts.upstream_id is None:
            facts.upstream_id = label_of(answer.id)
        if self.system_fingerprint is None:
            self.system_fingerprint = label_of(answer.system_fingerprint)
        if answer.service_tier:
            facts.service_tier = label_of(answer.service_tier) or facts.service_tier
        deltas = [self._read_choice(choice, position) for position, choice in enumerate(answer.choices or ())]
        if (answer.citations or answer.search_results) and deltas:
            deltas[0].annotations += self._citations.read(answer.citations, answer.search_results)
        for delta in deltas:
            self._count(delta)
        return deltas

    def _read_choice(self, members: dict[str, Raw], position: int) -> DeltaRead:
        index = int_of(members.get("index"))
        if index is None or not 0 <= index < CHOICES_MAX:
            index = min(position, CHOICES_MAX - 1)
        choice = self.choices.get(index)
        if choice is None:
            choice = ChoiceReader(index, whole=self._whole)
            self.choices[index] = choice
        delta = choice.read(members)
        if choice.error:
            self._fail(fault_in_answer(choice.error))
        return delta

    def _read_x_groq(self, raw: Raw) -> None:
        """Groq's own place for usage and errors."""
        members = object_of(raw)
        usage, error = members.get("usage", NOTHING), members.get("error", NOTHING)
        if not is_blank(usage):
            self._usage = usage
        if not is_blank(error):
            self._fail(fault_in_answer(error))

    def _count(self, delta: DeltaRead) -> None:
        facts = self.facts
        facts.output_chars += len(delta.text) + len(delta.refusal)
        if delta.reasoning is not None:
            facts.output_chars += len(delta.reasoning.text)
            if self._exclude_reasoning:
                # Thinking that the client does not get commits nothing.
                delta.reasoning = None
        if not facts.content_seen and delta.has_content():
            facts.content_seen = True
        for call in delta.calls:
            facts.output_chars += len(call.arguments)
            if call.id is not None:
                facts.tool_call_count += 1
        facts.media_count += len(delta.images)

    def finish(self, *, truncated: bool) -> list[DeltaRead]:
        """The answer ended: what calls still owe, and the final facts. `truncated`: without the protocol's own end."""
        facts = self.facts
        self._settle_usage()
        if facts.fault is not None:
            return []
        if not self.choices:
            self._fail(UpstreamFault(status=200, message="The answer has no choices", truncated=truncated))
            return []
        for choice in self.choices.values():
            self._finish_choice(choice, truncated=truncated)
        first = self.choices[min(self.choices)]
        facts.native_finish_reason = first.native_finish_reason
        facts.finish_reason = first.finish_reason
        if facts.fault is not None:
            return []
        deltas = [DeltaRead(choice.index, calls=choice.calls.finish()) for choice in self.choices.values()]
        deltas = [delta for delta in deltas if delta.calls]
        for delta in deltas:
            self._count(delta)
        return deltas

    def _settle_usage(self) -> None:
        """Usage that comes in every chunk is cumulative: only the last is worth reading. One that counts nothing is
        none, so that what was produced is estimated instead (inference.md 13.1)."""
        if not self._usage:
            return
        facts = self.facts
        usage = usages.normalise(self._usage, self._quirks)
        if usage.prompt_tokens or usage.completion_tokens:
            facts.usage = usage
            facts.search_count = usage.web_searches
        if facts.service_tier is None:
            facts.service_tier = label_of(object_of(self._usage).get("service_tier"))

    def _fail(self, fault: UpstreamFault) -> None:
        """The first fault is the one that is told; after it nobody may call `finish`, so usage is read now."""
        if self.facts.fault is None:
            self.facts.fault = fault
        self._settle_usage()

    def _finish_choice(self, choice: ChoiceReader, *, truncated: bool) -> None:
        """Every choice needs a reason; only a proper end with whole tool calls, or a provider known for it, may
        lack one (inference.md 3, 30.7). An empty body without one is an answer that says nothing (13.4)."""
        has_calls = choice.calls.any()
        word = choice.finish_word
        if word is not None:
            choice.finish_reason = normalise_finish(word, has_calls=has_calls)
            if choice.finish_reason == "error":
                message = "The model ended its answer with an error"
                self._fail(UpstreamFault(status=200, code=choice.native_finish_reason, message=message))
        elif not truncated and (OMITS_FINISH_REASON in self._quirks or choice.calls.complete()):
            choice.finish_reason = "tool_calls" if has_calls else "stop"
        elif truncated or not self._whole or choice.produced:
            self._fail(UpstreamFault(status=200, message="The answer has no finish reason", truncated=True))


class StreamReader(AnswerReader):
    """A streamed answer: bytes in, deltas out."""

    def __init__(self, *, quirks: frozenset[str], exclude_reasoning: bool) -> None:
        super().__init__(whole=False, quirks=quirks, exclude_reasoning=exclude_reasoning)
        self._sse = SseParser()
        self._closed = False
        self._not_plain = 0
        """Chunks in a row that were no plain ones."""
        self._in_plain = False
        """The last chunk was a plain one, so the next may well be another."""

    def feed(self, data: bytes) -> list[DeltaRead]:
        """The deltas that are complete with `data`. After the end marker or a fault there are none."""
        if self.facts.done or self._closed:
            return []
        try:
            payloads = self._sse.feed(data)
        except EventTooLarge as error:
            self._fail(UpstreamFault(status=200, message=str(error)))
            return []
        return self._read_payloads(payloads)

    def close(self) -> list[DeltaRead]:
        """The bytes ended."""
        if self._closed:
            return []
        deltas = self._read_rest()
        self._closed = True
        self._in_plain = False
        if not self.choices and self.facts.fault is None and self._sse.stray:
            self._fail(fault_in_stray(self._sse.stray))
        return deltas + self.finish(truncated=not self.facts.done)

    def _read_rest(self) -> list[DeltaRead]:
        """A last event that lacks only its empty line; one that was cut in the middle is as good as not sent."""
        if self.facts.done or self.facts.fault is not None:
            return []
        deltas: list[DeltaRead] = []
        for payload in self._sse.close():
            if payload.startswith(b"[DONE]"):
                self.facts.done = True
            else:
                with contextlib.suppress(*UNREADABLE):
                    deltas += self.read(read_answer(payload))
        return deltas

    def _read_payloads(self, payloads: list[bytes]) -> list[DeltaRead]:
        deltas: list[DeltaRead] = []
        facts = self.facts
        for payload in payloads:
            if payload.startswith(b"[DONE]"):
                facts.done = True
                self._in_plain = False
                break
            if payload:
                may_be_plain = facts.content_seen and facts.upstream_id is not None and self._not_plain <= NOT_PLAIN_MAX
                plain = self._read_plain(payload) if may_be_plain else None
                self._in_plain = plain is not None
                if plain is not None:
                    self._not_plain = 0
                    deltas.append(DeltaRead(0, plain))
                    continue
                self._not_plain += may_be_plain
                try:
                    read = self.read(read_answer(payload))
                except UNREADABLE:
                    self._fail(UpstreamFault(status=200, message="An event of the stream is no JSON object"))
                    continue
                deltas += read
                if len(read) == 1 and read[0].is_plain_text():
                    self._not_plain = 0  # the thinking is over
        return deltas

    def feed_plain(self, data: bytes) -> str | None:
        """The text of `data` if it is a single plain chunk after another such. None: nothing was read, `feed` it."""
        if not self._in_plain:
            return None
        payload = self._sse.only_event(data)
        text = None if payload is None else self._read_plain(payload)
        if text is None:
            self._in_plain = False
        return text

    def _read_plain(self, payload: bytes) -> str | None:
        """The text of a plain chunk in the middle of an answer, of which `read` would say nothing else; None for all
        other chunks."""
        facts = self.facts
        if facts.fault is not None or 0 not in self.choices or (chunk := read_plain(payload)) is None:
            return None
        if self.system_fingerprint is None:
            self.system_fingerprint = chunk.system_fingerprint or None
        if chunk.service_tier:
            facts.service_tier = chunk.service_tier
        text = chunk.choices[0].delta.content
        facts.output_chars += len(text)
        self.choices[0].produced = True
        return text


def read_body(data: bytes, *, quirks: frozenset[str], exclude_reasoning: bool) -> tuple[AnswerReader, list[DeltaRead]]:
    """A whole body: its reader with final facts, and one delta for each choice."""
    reader = AnswerReader(whole=True, quirks=quirks, exclude_reasoning=exclude_reasoning)
    reader.facts.done = True
    try:
        deltas = reader.read(read_answer(data))
    except UNREADABLE:
        reader.facts.fault = UpstreamFault(status=200, message="The answer is no JSON object with choices")
        return reader, []
    deltas += reader.finish(truncated=False)
    return reader, deltas
