"""Responses, towards clients, as the gateway holds it. Its errors before an answer are those of chat (5.7)."""

from trunkline.core.errors import TrunklineError
from trunkline.protocols.answers import AnswerBody, AnswerIdentity, AnswerStream, Facts, UpstreamTarget, UsageReport
from trunkline.protocols.client import Answering
from trunkline.protocols.heard import Expected
from trunkline.protocols.hub import DecodedBody, HubStream, ResponseDecoder
from trunkline.protocols.lenient_json import list_of, object_of, text_of
from trunkline.protocols.requests import GenerationRequest, JsonSchema
from trunkline.protocols.responses.decoder import ResponsesDecoder, decode_body
from trunkline.protocols.responses.inbound.asked import ResponsesRequest
from trunkline.protocols.responses.inbound.debug import debug_event
from trunkline.protocols.responses.inbound.encoder import ResponsesEncoder
from trunkline.protocols.responses.inbound.ending import ending_of_error
from trunkline.protocols.responses.inbound.errors import LENGTH_ERRORS
from trunkline.protocols.responses.inbound.native_body import NativeBody
from trunkline.protocols.responses.inbound.native_edit import NativeEdit
from trunkline.protocols.responses.inbound.native_request import edit_request
from trunkline.protocols.responses.inbound.native_stream import NativeStream
from trunkline.protocols.responses.inbound.response_object import ResponseObject
from trunkline.protocols.responses.inbound.whole import WholeResponse
from trunkline.protocols.responses.quirks import reasoning_format

_NATIVE = frozenset({"openai-responses"})


class ResponsesClientRequest(ResponsesRequest, frozen=True, kw_only=True):
    """Implements `protocols.client.ClientRequest`."""

    @property
    def native_formats(self) -> frozenset[str]:
        return _NATIVE

    @property
    def answer_tool(self) -> str | None:
        return self.hub.output.name if isinstance(self.hub.output, JsonSchema) else None

    def to_hub(self) -> GenerationRequest:
        if self.refusal_elsewhere is not None:
            raise self.refusal_elsewhere
        return self.hub

    def expected(self) -> Expected:
        """Calls are judged where all tools are functions: what others are given is no JSON."""
        kinds = {text_of(object_of(tool).get("type")) for tool in list_of(self.members.get("tools"))}
        return Expected(self.hub.tools if kinds <= {"function"} else None, self.hub.output)

    def edit(self, target: UpstreamTarget) -> bytes:
        return edit_request(self, target)

    def native_headers(self, target: UpstreamTarget, betas: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        return ()

    def native_stream(self, answering: Answering) -> AnswerStream:
        identity, target = answering.identity, answering.target
        if not self.include_reasoning:
            # Leaving items out changes every index after them: the answer is told anew.
            return self.hub_stream(ResponsesDecoder(target, exclude_reasoning=True), answering)
        edit = NativeEdit(identity, self.members, reasoning_format(target))
        return NativeStream(target, edit, ResponseObject(identity, self.members))

    def native_body(self, data: bytes, answering: Answering) -> AnswerBody:
        identity, target = answering.identity, answering.target
        if not self.include_reasoning:
            return self.hub_body(decode_body(data, target, exclude_reasoning=True), answering)
        edit = NativeEdit(identity, self.members, reasoning_format(target))
        return NativeBody(decode_body(data, target).facts, data, edit, ResponseObject(identity, self.members))

    def hub_stream(self, decoder: ResponseDecoder, answering: Answering) -> AnswerStream:
        return HubStream(decoder, ResponsesEncoder(answering.identity, self.members, self.tool_names, decoder.facts))

    def hub_body(self, decoded: DecodedBody, answering: Answering) -> AnswerBody:
        return WholeResponse(decoded, answering.identity, self.members, self.tool_names)

    def cut_short(self, error: TrunklineError, identity: AnswerIdentity, report: UsageReport) -> bytes | None:
        if error.kind not in LENGTH_ERRORS:
            return None
        encoder = ResponsesEncoder(identity, self.members, self.tool_names, Facts())
        if self.stream:
            return encoder.error_tail(error, report)
        return encoder.response(ending_of_error(error), report)

    def echo(self, upstream_body: bytes, answering: Answering) -> bytes:
        return debug_event(upstream_body)
