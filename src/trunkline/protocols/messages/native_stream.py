"""The native path of a stream: the upstream's events as they came, with the named edits (inference.md 18).

Edited: the id, model and provider of `message_start`, and the usage of `message_delta`, which gets its cost. Everything
else, known or not, keeps its bytes.
"""

from msgspec import Raw

from trunkline.core import json
from trunkline.core.errors import TrunklineError
from trunkline.protocols.answers import UpstreamTarget, UsageReport
from trunkline.protocols.client import Answering
from trunkline.protocols.events import GenerationEvent
from trunkline.protocols.lenient_json import NOTHING, compact, is_blank, object_of
from trunkline.protocols.messages.client_errors import error_event
from trunkline.protocols.messages.decoder import MessagesDecoder
from trunkline.protocols.messages.event_writer import message_stop
from trunkline.protocols.messages.native_body import identified
from trunkline.protocols.messages.stop import around_content
from trunkline.protocols.messages.usage_out import amend_usage
from trunkline.protocols.messages.wire import WireEvent, read_event
from trunkline.protocols.native_relay import NativeRelay, PassedEvents
from trunkline.protocols.sse import named_event

_TELL_NOTHING = frozenset({"message_start", "content_block_start", "content_block_stop", "ping"})
_SPOKEN_BLOCKS = frozenset({"text", "thinking"})
"""Blocks that say something only by their deltas."""


class _Passing(MessagesDecoder):
    """Reads a stream for its facts, and keeps its events."""

    def __init__(self, target: UpstreamTarget, passed: PassedEvents[WireEvent]) -> None:
        super().__init__(target)
        self._passed = passed

    def read(self, payload: bytes) -> list[GenerationEvent]:
        event = read_event(payload)
        self._passed.keep(payload, event)
        return self.take(event)


class NativeStream(NativeRelay[WireEvent]):
    """An `AnswerStream` from Messages to Messages."""

    def __init__(self, answering: Answering) -> None:
        passed = PassedEvents[WireEvent]()
        super().__init__(_Passing(answering.target, passed), passed)
        self._identity = answering.identity
        self._docs_base = answering.docs_base
        self._end: dict[str, Raw] = {}
        """What all `message_delta`s said of the end, the last word of each member: it leaves with the costs."""
        self._usage: dict[str, Raw] = {}
        """Likewise what they counted, and before them `message_start`."""
        self._context_management: Raw = NOTHING
        self._started = False

    def tail(self, report: UsageReport) -> bytes:
        self._ended = True
        return self._message_delta(report) + message_stop(report.metadata)

    def error_tail(self, error: TrunklineError, report: UsageReport | None) -> bytes:
        self._ended = True
        return error_event(error, docs_base=self._docs_base, report=report)

    def pass_on(self, events: list[tuple[bytes, WireEvent]]) -> bytes:
        return b"".join([self._edited(payload, wire) for payload, wire in events])

    def _edited(self, payload: bytes, wire: WireEvent) -> bytes:
        match wire.type:
            case "message_start":
                if self._started:
                    return b""  # some servers say it twice
                self._started = True
                payload = self._message_start(wire, payload)
            case "message_delta":
                self._keep_end(wire)
                return b""
            case "message_stop" | "error":
                return b""
            case "content_block_start":
                if object_of(wire.content_block).get("type") and not _is_spoken(wire):
                    self.facts.content_seen = True
            case _:
                pass
        if b"\n" in payload:
            payload = compact(Raw(payload))
        event = named_event(wire.type, payload)
        return self._gate.pass_chunk(event, has_content=self.facts.content_seen and wire.type not in _TELL_NOTHING)

    def _message_start(self, wire: WireEvent, payload: bytes) -> bytes:
        message = object_of(wire.message)
        self._usage = object_of(message.get("usage"))
        members = json.members(payload)
        members["message"] = json.raw(identified(message, self._identity))
        return json.encode(members)

    def _keep_end(self, wire: WireEvent) -> None:
        """Some servers tell the reason and the counts in events of their own."""
        for kept, told in ((self._end, wire.delta), (self._usage, wire.usage)):
            kept.update({name: raw for name, raw in object_of(told).items() if name not in kept or not is_blank(raw)})
        self._context_management = wire.context_management or self._context_management

    def _message_delta(self, report: UsageReport) -> bytes:
        """What was counted at the start stands here too, so that this event alone tells all."""
        members: dict[str, object] = {
            "type": "message_delta",
            "delta": around_content(self._end),
            "usage": amend_usage(self._usage, report),
        }
        if self._context_management:
            members["context_management"] = self._context_management
        return b"event: message_delta\ndata: " + json.encode(members) + b"\n\n"


def _is_spoken(wire: WireEvent) -> bool:
    kind = object_of(wire.content_block).get("type")
    return kind is not None and bytes(kind).strip(b'"').decode("ascii", "replace") in _SPOKEN_BLOCKS
