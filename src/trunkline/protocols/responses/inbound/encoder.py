"""Events of the hub as a Responses stream, and as the response that it comes to (inference.md 17.3, 17.4).

Nothing leaves before the first content: until then another provider may be asked.
"""

import re
from collections.abc import Mapping
from typing import Final

from msgspec import Raw

from trunkline.core.errors import TrunklineError
from trunkline.protocols.answers import AnswerIdentity, Facts, UsageReport
from trunkline.protocols.commit import CommitGate
from trunkline.protocols.events import (
    Annotated,
    Extra,
    Finished,
    FinishReason,
    GenerationEvent,
    MediaDelta,
    PartEnded,
    PartStarted,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
)
from trunkline.protocols.responses.inbound.ending import Ending, ending_of, ending_of_error
from trunkline.protocols.responses.inbound.errors import flat_members
from trunkline.protocols.responses.inbound.event_writer import EventWriter
from trunkline.protocols.responses.inbound.item_sequence import ItemSequence
from trunkline.protocols.responses.inbound.part_queue import PartQueue
from trunkline.protocols.responses.inbound.response_object import ResponseObject
from trunkline.protocols.responses.inbound.tool_names import ToolNames
from trunkline.protocols.sse import DONE

_ITEM_PATH: Final = re.compile(r"output\[\d{1,4}\]")
"""Where a Responses upstream's decoder keeps an item that the hub has no word for."""


class ResponsesEncoder:
    """Implements `protocols.hub.ResponseEncoder`; `asked` are the members of the request, as sent."""

    def __init__(self, identity: AnswerIdentity, asked: Mapping[str, Raw], tools: ToolNames, facts: Facts) -> None:
        self._response = ResponseObject(identity, asked)
        self._writer = EventWriter()
        self._items = ItemSequence(self._writer, tools)
        self._queue = PartQueue()
        self._refusals: set[int] = set()
        self._reason: FinishReason | None = None
        self._begun = False
        self._facts = facts
        self._gate = CommitGate(facts)

    def encode(self, events: list[GenerationEvent]) -> bytes:
        """The bytes for `events` that may leave now."""
        if not events:
            return b""
        written = b"".join([self._begin(), *[self._write(event) for event in events]])
        return self._gate.pass_chunk(written, has_content=self._facts.content_seen)

    def release(self) -> bytes:
        return self._gate.release()

    def tail(self, report: UsageReport) -> bytes:
        return self._conclude(self.ending(), report)

    def error_tail(self, error: TrunklineError, report: UsageReport | None) -> bytes:
        ending = ending_of_error(error)
        if ending.status == "failed" and not self._begun:
            return self._writer.event("error", flat_members(error)) + DONE
        return self._conclude(ending, report)

    def ending(self) -> Ending:
        """How the answer ended."""
        return ending_of(self._reason, has_refusal=self._items.has_refusal)

    def conclude(self, ending: Ending) -> bytes:
        """Nothing more comes: what waits, and the end of the open item, unless the answer failed and has none."""
        waiting = b"".join([self._tell(event) for event in self._queue.rest()])
        return waiting if ending.status == "failed" else waiting + self._items.close(ending.item_status)

    def response(self, ending: Ending, report: UsageReport | None) -> bytes:
        """The whole response."""
        return self._response.ended(
            ending.status, self._items.output(), report, incomplete=ending.incomplete, error=ending.error
        )

    def _conclude(self, ending: Ending, report: UsageReport | None) -> bytes:
        out = self.release() + self._begin() + self.conclude(ending)
        whole = b'"response":' + self.response(ending, report)
        return out + self._writer.event(f"response.{ending.status}", whole) + DONE

    def _begin(self) -> bytes:
        if self._begun:
            return b""
        self._begun = True
        begun = b'"response":' + self._response.begun()
        return self._writer.event("response.created", begun) + self._writer.event("response.in_progress", begun)

    def _write(self, event: GenerationEvent) -> bytes:
        match event:
            case TextDelta() | ReasoningDelta() | ToolCallDelta() | MediaDelta() | PartStarted() | PartEnded():
                if event.choice:
                    return b""  # this format has one answer only
                if event.index == self._queue.live and not isinstance(event, PartEnded):
                    return self._tell(event)
                return b"".join([self._tell(passed) for passed in self._queue.admit(event.index, event)])
            case Extra(path) if _ITEM_PATH.fullmatch(path) and event.choice == 0:
                return b"".join([self._tell(passed) for passed in self._queue.admit_whole(event)])
            case Annotated(annotation, 0):
                return self._items.annotate(annotation)
            case Finished(reason, _, 0):
                self._reason = reason
                return b""
            case _:
                return b""

    def _tell(self, event: GenerationEvent) -> bytes:
        items = self._items
        match event:
            case TextDelta():
                return items.say("refusal" if event.index in self._refusals else "text", event)
            case ReasoningDelta():
                return items.think(event)
            case ToolCallDelta():
                return items.argue(event.arguments)
            case PartStarted(kind="tool_call"):
                return items.call(event.tool_call_id, event.name)
            case PartStarted(kind="refusal"):
                self._refusals.add(event.index)
                return b""
            case PartEnded():
                return items.end_part()
            case MediaDelta(kind="image"):
                return items.show_image(event.payload)
            case Extra():
                return items.pass_item(event.value)
            case _:
                return b""  # sound has no place here
