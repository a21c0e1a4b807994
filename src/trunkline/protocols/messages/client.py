"""Anthropic Messages, towards clients, as the gateway holds it."""

from typing import ClassVar

from msgspec import Raw

from trunkline.core.errors import TrunklineError
from trunkline.protocols.answers import AnswerBody, AnswerIdentity, AnswerStream, UpstreamTarget, UsageReport
from trunkline.protocols.client import Answering
from trunkline.protocols.hub import DecodedBody, HubStream, ResponseDecoder
from trunkline.protocols.lenient_json import NOTHING
from trunkline.protocols.messages import token_count
from trunkline.protocols.messages.client_errors import render_error
from trunkline.protocols.messages.client_request import MessagesRequest, read_request
from trunkline.protocols.messages.event_encoder import EventEncoder
from trunkline.protocols.messages.event_writer import PING
from trunkline.protocols.messages.message_body import MessageBody
from trunkline.protocols.messages.native_body import NativeBody
from trunkline.protocols.messages.native_request import edit_request, native_headers
from trunkline.protocols.messages.native_stream import NativeStream
from trunkline.protocols.messages.wire_request import AdaptiveThinking, EnabledThinking
from trunkline.protocols.token_count import CounterCall
from trunkline.protocols.validation import ParseLimits

_NATIVE = frozenset({"anthropic-messages", "vertex-anthropic"})
_OPENS_ADDRESSES = frozenset({"anthropic-messages"})


class MessagesClientRequest(MessagesRequest, frozen=True, kw_only=True):
    """Implements `protocols.client.ClientRequest`."""

    @property
    def native_formats(self) -> frozenset[str]:
        """Vertex opens no addresses: what is named by one is fetched on the way through the hub."""
        return _OPENS_ADDRESSES if self.names_addresses else _NATIVE

    def edit(self, target: UpstreamTarget) -> bytes:
        return edit_request(self.said, target)

    def native_headers(self, target: UpstreamTarget, betas: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        return native_headers(target, betas)

    def counter_call(self, target: UpstreamTarget, betas: tuple[str, ...]) -> CounterCall | None:
        """Implements, with `read_count`, `protocols.token_count.CountedRequest`."""
        return token_count.counter_call(self.said, target, betas)

    def read_count(self, data: bytes) -> int | None:
        return token_count.read_count(data)

    def native_stream(self, answering: Answering) -> AnswerStream:
        return NativeStream(answering)

    def native_body(self, data: bytes, answering: Answering) -> AnswerBody:
        return NativeBody(data, answering)

    def hub_stream(self, decoder: ResponseDecoder, answering: Answering) -> AnswerStream:
        encoder = EventEncoder(
            answering.identity, decoder.facts, answering.docs_base, hide_thinking=self._hides_thinking
        )
        return HubStream(decoder, encoder)

    def hub_body(self, decoded: DecodedBody, answering: Answering) -> AnswerBody:
        return MessageBody(decoded, answering.identity, hide_thinking=self._hides_thinking)

    def cut_short(self, error: TrunklineError, identity: AnswerIdentity, report: UsageReport) -> bytes | None:
        return None

    def echo(self, upstream_body: bytes, answering: Answering) -> bytes:
        return b""

    @property
    def _hides_thinking(self) -> bool:
        thinking = self.head.thinking
        return isinstance(thinking, EnabledThinking | AdaptiveThinking) and thinking.display == "omitted"


def parse_messages(body: bytes, limits: ParseLimits) -> MessagesClientRequest:
    """The body of POST /messages. Raises InvalidRequest or InvalidPrompt for anything that is no request."""
    return read_request(body, limits, MessagesClientRequest)


class MessagesFormat:
    """Implements `protocols.client.ClientFormat`."""

    __slots__ = ()

    heartbeat: ClassVar[bytes] = PING

    def render_error(
        self,
        error: TrunklineError,
        *,
        docs_base: str,
        user_id: str | None,
        generation_id: str | None,
        metadata: Raw = NOTHING,
    ) -> bytes:
        return render_error(error, docs_base=docs_base, generation_id=generation_id, metadata=metadata)


MESSAGES_FORMAT = MessagesFormat()
