"""Chat and text completions, towards clients, as the gateway holds them."""

from typing import ClassVar

from msgspec import Raw

from trunkline.core.errors import TrunklineError
from trunkline.protocols.answers import AnswerBody, AnswerIdentity, AnswerStream, UpstreamTarget, UsageReport
from trunkline.protocols.chat import answers
from trunkline.protocols.chat.chat_request import ChatRequest
from trunkline.protocols.chat.debug import debug_chunk
from trunkline.protocols.chat.hub_request import expected, to_hub
from trunkline.protocols.chat.native_request import edit_request
from trunkline.protocols.client import Answering
from trunkline.protocols.error_body import render_error
from trunkline.protocols.heard import Expected
from trunkline.protocols.hub import DecodedBody, ResponseDecoder
from trunkline.protocols.lenient_json import NOTHING
from trunkline.protocols.requests import GenerationRequest
from trunkline.protocols.sse import KEEP_ALIVE

_NATIVE = frozenset({"openai-chat", "azure-openai", "mistral", "vertex-openai"})


class ChatClientRequest(ChatRequest, frozen=True, kw_only=True):
    """Implements `protocols.client.ClientRequest`."""

    @property
    def native_formats(self) -> frozenset[str]:
        return _NATIVE

    def to_hub(self) -> GenerationRequest:
        return to_hub(self)

    def expected(self) -> Expected:
        return expected(self)

    def edit(self, target: UpstreamTarget) -> bytes:
        return edit_request(self, target)

    def native_headers(self, target: UpstreamTarget, betas: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        return ()

    def native_stream(self, answering: Answering) -> AnswerStream:
        return answers.open_stream("native", answering.identity, self._options(answering))

    def native_body(self, data: bytes, answering: Answering) -> AnswerBody:
        return answers.open_body("native", data, answering.identity, self._options(answering))

    def hub_stream(self, decoder: ResponseDecoder, answering: Answering) -> AnswerStream:
        return answers.encode_stream(decoder, answering.identity, self._options(answering))

    def hub_body(self, decoded: DecodedBody, answering: Answering) -> AnswerBody:
        return answers.encode_body(decoded, answering.identity, self._options(answering))

    def cut_short(self, error: TrunklineError, identity: AnswerIdentity, report: UsageReport) -> bytes | None:
        return None

    def echo(self, upstream_body: bytes, answering: Answering) -> bytes:
        return debug_chunk(answering.identity, upstream_body)

    def _options(self, answering: Answering) -> answers.AnswerOptions:
        return answers.AnswerOptions(
            exclude_reasoning=not self.include_reasoning,
            text_completion=self.text_completion,
            quirks=answering.target.quirks,
            docs_base=answering.docs_base,
        )


class ChatFormat:
    """Implements `protocols.client.ClientFormat`; so does every API with the errors of inference.md 5.1."""

    __slots__ = ()

    heartbeat: ClassVar[bytes] = KEEP_ALIVE

    def render_error(
        self,
        error: TrunklineError,
        *,
        docs_base: str,
        user_id: str | None,
        generation_id: str | None,
        metadata: Raw = NOTHING,
    ) -> bytes:
        return render_error(error, docs_base=docs_base, user_id=user_id, metadata=metadata)


CHAT_FORMAT = ChatFormat()
