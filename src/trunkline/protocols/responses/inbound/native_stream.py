"""The native path of a stream: every event as the upstream wrote it, but for the edits of `native_edit.py`.

Held back for `tail`: the terminal event. Events are numbered anew only where the upstream's numbers have gaps.
"""

from typing import Final

from msgspec import Raw

from trunkline.core import json
from trunkline.core.errors import TrunklineError
from trunkline.protocols.answers import UpstreamTarget, UsageReport
from trunkline.protocols.events import GenerationEvent
from trunkline.protocols.lenient_json import compact, is_blank, object_of
from trunkline.protocols.native_relay import NativeRelay, PassedEvents
from trunkline.protocols.responses.decoder import ResponsesDecoder
from trunkline.protocols.responses.inbound.ending import ending_of_error
from trunkline.protocols.responses.inbound.errors import flat_members
from trunkline.protocols.responses.inbound.event_writer import EventWriter
from trunkline.protocols.responses.inbound.native_edit import NativeEdit
from trunkline.protocols.responses.inbound.response_object import ResponseObject
from trunkline.protocols.responses.wire import WireEvent, read_event
from trunkline.protocols.sse import DONE, named_event

_ENDS: Final = {
    "response.completed": "response.completed",
    "response.done": "response.completed",
    "response.incomplete": "response.incomplete",
}

_FAULTS: Final = frozenset({"error", "response.failed", "response.cancelled"})


class _Passing(ResponsesDecoder):
    """Reads a stream for its facts, and keeps its events."""

    def __init__(self, target: UpstreamTarget, passed: PassedEvents[WireEvent]) -> None:
        super().__init__(target)
        self._passed = passed

    def read(self, payload: bytes) -> list[GenerationEvent]:
        if payload.startswith(b"[DONE]"):
            return []
        event = read_event(payload)
        self._passed.keep(payload, event)
        return self.take(event)


class NativeStream(NativeRelay[WireEvent]):
    """Implements `AnswerStream` from Responses to Responses."""

    def __init__(self, target: UpstreamTarget, edit: NativeEdit, response: ResponseObject) -> None:
        passed = PassedEvents[WireEvent]()
        super().__init__(_Passing(target, passed), passed)
        self._edit = edit
        self._response = response
        self._writer = EventWriter()
        self._items: dict[int, Raw] = {}
        self._end: tuple[str, Raw] | None = None
        self._begun = False

    def tail(self, report: UsageReport) -> bytes:
        self._ended = True
        if self._end is None:
            return DONE  # the client left before the end, and nobody reads this
        name, response = self._end
        whole = self._edit.response(response, report, self._output())
        return self._gate.release() + self._writer.event(name, b'"response":' + whole) + DONE

    def error_tail(self, error: TrunklineError, report: UsageReport | None) -> bytes:
        self._ended = True
        if not self._begun:
            return self._writer.event("error", flat_members(error)) + DONE
        ending = ending_of_error(error)
        whole = self._response.ended(
            ending.status,
            [bytes(self._edit.item(item)) for item in self._output()],
            report,
            incomplete=ending.incomplete,
            error=ending.error,
        )
        return self._gate.release() + self._writer.event(f"response.{ending.status}", b'"response":' + whole) + DONE

    def pass_on(self, events: list[tuple[bytes, WireEvent]]) -> bytes:
        out: list[bytes] = []
        for payload, event in events:
            if event.type in _ENDS:
                self._end = (_ENDS[event.type], event.response)
            elif event.type not in _FAULTS and is_blank(event.error):
                self._begun = True
                out.append(self._edited(payload, event))
        return self._gate.pass_chunk(b"".join(out), has_content=self.facts.content_seen) if out else b""

    def _edited(self, payload: bytes, event: WireEvent) -> bytes:
        changed: dict[str, Raw] = {}
        if event.response:
            changed["response"] = Raw(self._edit.response(event.response, None, []))
        elif event.type == "response.output_item.done" and event.output_index is not None:
            item = self._items[event.output_index] = self._edit.item(event.item)
            if item is not event.item:
                changed["item"] = item
        number = self._writer.take_number()
        if event.sequence_number != number:
            changed["sequence_number"] = Raw(b"%d" % number)
        if changed:
            payload = json.encode(object_of(Raw(payload)) | changed)
        elif b"\n" in payload:
            payload = compact(Raw(payload))
        return named_event(event.type, payload)

    def _output(self) -> list[Raw]:
        return [item for _, item in sorted(self._items.items())]
