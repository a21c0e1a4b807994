"""A whole Responses answer by way of the hub: the fold of the stream that the same events would be (17, accept f)."""

from collections.abc import Mapping

from msgspec import Raw

from trunkline.protocols.answers import AnswerIdentity, UsageReport
from trunkline.protocols.faults.telling import error_of
from trunkline.protocols.hub import DecodedBody
from trunkline.protocols.responses.inbound.encoder import ResponsesEncoder
from trunkline.protocols.responses.inbound.ending import ending_of_error
from trunkline.protocols.responses.inbound.tool_names import ToolNames


class WholeResponse:
    """Implements `protocols.answers.AnswerBody`."""

    def __init__(
        self, decoded: DecodedBody, identity: AnswerIdentity, asked: Mapping[str, Raw], tools: ToolNames
    ) -> None:
        self.facts = decoded.facts
        self._encoder = ResponsesEncoder(identity, asked, tools, decoded.facts)
        self._encoder.encode(decoded.events)

    def render(self, report: UsageReport) -> bytes:
        fault = self.facts.fault
        ending = self._encoder.ending() if fault is None else ending_of_error(error_of(fault))
        self._encoder.conclude(ending)
        return self._encoder.response(ending, report)
