"""Any upstream's answer as a stream to a Messages client (inference.md 18.5)."""

from trunkline.core.errors import TrunklineError
from trunkline.protocols.answers import AnswerIdentity, Facts, UsageReport
from trunkline.protocols.events import GenerationEvent
from trunkline.protocols.messages.block_teller import BlockTeller
from trunkline.protocols.messages.client_errors import error_event
from trunkline.protocols.messages.event_writer import EventWriter, message_delta, message_stop
from trunkline.protocols.messages.stop import Ending


class EventEncoder:
    """Implements `protocols.hub.ResponseEncoder`."""

    def __init__(self, identity: AnswerIdentity, facts: Facts, docs_base: str, *, hide_thinking: bool) -> None:
        self._writer = EventWriter(identity, facts)
        self._teller = BlockTeller(self._writer, hide_thinking=hide_thinking)
        self._facts = facts
        self._ending = Ending()
        self._docs_base = docs_base

    def encode(self, events: list[GenerationEvent]) -> bytes:
        for event in events:
            self._teller.tell(event)
            self._ending.note(event)
        self._facts.fault = self._facts.fault or self._teller.fault
        return self._writer.taken()

    def release(self) -> bytes:
        self._teller.finish()
        self._writer.release()
        return self._writer.taken()

    def tail(self, report: UsageReport) -> bytes:
        rest = self.release()
        if self._ending.is_error:
            return rest + self.error_tail(self._ending.error(), report)
        return rest + message_delta(self._ending, report) + message_stop(report.metadata)

    def error_tail(self, error: TrunklineError, report: UsageReport | None) -> bytes:
        return error_event(error, docs_base=self._docs_base, report=report)
