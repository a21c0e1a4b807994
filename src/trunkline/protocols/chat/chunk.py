"""The chunks of a stream to the client, to the byte (observed-openrouter-responses.md 2 and 4.3).

Everything that is the same in all chunks of an answer is encoded once; a chunk is a join of pieces.
"""

from collections.abc import Iterable
from typing import Protocol

from msgspec import Raw, Struct

from trunkline.core import json
from trunkline.core.errors import TrunklineError
from trunkline.protocols.answers import AnswerIdentity, UsageReport
from trunkline.protocols.chat.reading import DeltaRead
from trunkline.protocols.chat.tool_calls import CallFragment
from trunkline.protocols.chat.usage import render_usage
from trunkline.protocols.error_body import error_object
from trunkline.protocols.events import FinishReason
from trunkline.protocols.lenient_json import quoted
from trunkline.protocols.service_tier import tier_json

_END = b"}]}\n\n"
_ROLE = b',"role":"assistant"'
_UNFINISHED = b'},"finish_reason":null,"native_finish_reason":null'
_EMPTY_DELTA = b'{"content":"","role":"assistant"}'


class ChoiceEnd(Struct):
    """How one choice ended, with what was held back for its finish chunk."""

    index: int
    finish_reason: FinishReason | None
    native_finish_reason: str | None
    had_reasoning: bool = False


class ChunkWriter(Protocol):
    """Writes the chunks of one answer; chat and text completions differ in the shape of a choice only."""

    def learn_fingerprint(self, fingerprint: str) -> None:
        """The upstream told its `system_fingerprint`: it is in every chunk from here on."""
        ...

    def text(self, content: bytes) -> bytes:
        """The commonest chunk: text of the first choice and nothing else. `content` is a JSON string."""
        ...

    def delta(self, delta: DeltaRead) -> bytes: ...

    def finish(self, ends: list[ChoiceEnd], report: UsageReport) -> bytes:
        """Finish chunks and the usage chunk."""
        ...

    def error(self, error: TrunklineError, docs_base: str, report: UsageReport | None) -> bytes: ...


class ChunkHead:
    """The members before `choices`: `id, object, created, model, provider, [system_fingerprint,]`."""

    __slots__ = ("choices", "prefix")

    def __init__(self, identity: AnswerIdentity, object_name: str) -> None:
        self.prefix = b'data: {"id":%s,"object":%s,"created":%d,"model":%s,"provider":%s' % (
            quoted(identity.generation_id),
            quoted(object_name),
            identity.created_s,
            quoted(identity.model),
            quoted(identity.provider),
        )
        self.choices = self.prefix + b',"choices":['

    def learn_fingerprint(self, fingerprint: str) -> None:
        self.prefix += b',"system_fingerprint":' + quoted(fingerprint)
        self.choices = self.prefix + b',"choices":['

    def end(self, finishes: bytes, report: UsageReport) -> bytes:
        """The usage chunk around already written choices: `service_tier` before them, `usage` after."""
        return b"".join(
            (
                self.prefix,
                b',"service_tier":',
                tier_json(report.service_tier),
                b',"choices":[',
                finishes,
                b"]",
                report_tail(report),
            )
        )

    def error(self, error: TrunklineError, docs_base: str, choice: bytes, report: UsageReport | None) -> bytes:
        """The chunk that tells of a failure after the stream began (inference.md 4.5)."""
        body = json.encode(error_object(error, docs_base=docs_base))
        head = self.prefix + b',"error":' + body + b',"choices":[' + choice + b"]"
        if report is None:
            return head + b"}\n\n"
        if error.http_status == 500:
            report = UsageReport(usage=report.usage, charge=report.charge, service_tier=report.service_tier)
        return head + report_tail(report)


class ChatChunkWriter:
    """Chunks of `chat.completion.chunk`."""

    __slots__ = ("_first", "_head", "_plain_end")

    def __init__(self, identity: AnswerIdentity) -> None:
        self._head = ChunkHead(identity, "chat.completion.chunk")
        self._first = self._head.choices + b'{"index":0,"delta":{"content":'
        self._plain_end = _ROLE + _UNFINISHED + _END

    def learn_fingerprint(self, fingerprint: str) -> None:
        self._head.learn_fingerprint(fingerprint)
        self._first = self._head.choices + b'{"index":0,"delta":{"content":'

    def text(self, content: bytes) -> bytes:
        return self._first + content + self._plain_end

    def delta(self, delta: DeltaRead) -> bytes:
        pieces = [
            self._head.choices,
            b'{"index":%d,"delta":{"content":' % delta.choice,
            b"null" if delta.calls and not delta.text else quoted(delta.text),
            _ROLE,
        ]
        _append_content(pieces, delta)
        for name, raw in delta.extras.items():
            pieces += (b",", quoted(name), b":", raw)
        pieces.append(_UNFINISHED)
        if delta.logprobs:
            pieces += (b',"logprobs":', delta.logprobs)
        for name, raw in delta.choice_extras.items():
            pieces += (b",", quoted(name), b":", raw)
        pieces.append(_END)
        return b"".join(pieces)

    def finish(self, ends: list[ChoiceEnd], report: UsageReport) -> bytes:
        tier = b',"service_tier":' + tier_json(report.service_tier) if report.service_tier else b""
        pieces: list[bytes] = []
        for end in ends:
            delta = b'{"content":"","role":"assistant","reasoning":null}' if end.had_reasoning else _EMPTY_DELTA
            pieces += (self._head.prefix, tier, b',"choices":[', _finished(end, delta), b"]}\n\n")
        pieces.append(self._head.end(b",".join(_finished(end, _EMPTY_DELTA) for end in ends), report))
        return b"".join(pieces)

    def error(self, error: TrunklineError, docs_base: str, report: UsageReport | None) -> bytes:
        choice = (
            b'{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":"error","native_finish_reason":null}'
        )
        return self._head.error(error, docs_base, choice, report)


def report_tail(report: UsageReport) -> bytes:
    """The members after `choices`, and the end of the event."""
    pieces: list[bytes | Raw] = [b',"usage":', render_usage(report.usage, report.charge)]
    if report.metadata:
        pieces += (b',"openrouter_metadata":', report.metadata)
    pieces.append(b"}\n\n")
    return b"".join(pieces)


def finish_members(end: ChoiceEnd) -> bytes:
    """`"finish_reason":…,"native_finish_reason":…`."""
    return b'"finish_reason":%s,"native_finish_reason":%s' % (
        json.encode(end.finish_reason),
        json.encode(end.native_finish_reason),
    )


def tool_call_json(call: CallFragment) -> bytes:
    """One member of `delta.tool_calls`: id, type and name in the first fragment only (inference.md 8.3)."""
    if call.id is None:
        head = b'{"index":%d,"function":{"arguments":' % call.ordinal
    else:
        head = b'{"index":%d,"id":%s,"type":"function","function":{"name":%s,"arguments":' % (
            call.ordinal,
            quoted(call.id),
            quoted(call.name or ""),
        )
    return head + quoted(call.arguments) + b"}" + _extra_members(call.extras) + b"}"


def array_json(items: Iterable[bytes | Raw]) -> bytes:
    return b"[" + b",".join(items) + b"]"


def _append_content(pieces: list[bytes | Raw], delta: DeltaRead) -> None:
    """In the recorded order: reasoning, reasoning_details, tool_calls, refusal, annotations, images, audio."""
    reasoning = delta.reasoning
    if reasoning is not None:
        pieces += (
            b',"reasoning":',
            quoted(reasoning.text) if reasoning.text else b"null",
            b',"reasoning_details":',
            array_json(reasoning.details),
        )
    if delta.calls:
        pieces += (b',"tool_calls":', array_json(tool_call_json(call) for call in delta.calls))
    if delta.refusal:
        pieces += (b',"refusal":', quoted(delta.refusal))
    if delta.annotations:
        pieces += (b',"annotations":', array_json(delta.annotations))
    if delta.images:
        pieces += (b',"images":', array_json(delta.images))
    if delta.audio:
        pieces += (b',"audio":', delta.audio)


def _finished(end: ChoiceEnd, delta: bytes) -> bytes:
    return b'{"index":%d,"delta":%s,%s}' % (end.index, delta, finish_members(end))


def _extra_members(extras: dict[str, Raw]) -> bytes:
    return b"".join(b"," + quoted(name) + b":" + bytes(raw) for name, raw in extras.items())
