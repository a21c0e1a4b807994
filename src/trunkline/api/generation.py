"""Generation endpoints: raw ASGI callables, no framework between the socket and the pipeline.

The order of checks is inference.md 1.2: credentials, key kind, size, body; the pipeline goes on from there.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from msgspec import Raw

from trunkline.accounts.directory import Directory
from trunkline.accounts.types import Principal
from trunkline.api.attribution import RequestHeaders, chat_caller, read_headers
from trunkline.api.bodies import require_plain
from trunkline.api.callers import Callers
from trunkline.api.cors import CORS_HEADERS
from trunkline.api.errors import ACCOUNT_ID, REQUEST_ID, error_headers, presentable
from trunkline.api.generation_routes import FormWay, Route
from trunkline.api.memory_forms import FormReader, is_form
from trunkline.api.regional_hosts import region_of
from trunkline.core import ids
from trunkline.core.clock import Clock
from trunkline.core.errors import InvalidRequest, PayloadTooLarge, PermissionDenied, TrunklineError, UpstreamTimeout
from trunkline.core.ready import Ready
from trunkline.gateway.client import Message, RawHeaders, Receive, Scope, Send
from trunkline.gateway.conversion import Inbound
from trunkline.gateway.delivery import metadata_of
from trunkline.gateway.exchange import Exchange
from trunkline.gateway.pipeline import Pipeline
from trunkline.observability.logs import log_request
from trunkline.observability.metrics import GatewayMetrics
from trunkline.presets.service import PresetService, may_name_preset
from trunkline.presets.types import APIS
from trunkline.protocols.validation import ParseLimits
from trunkline.routing.policy import Region

BODY_BYTES_PER_S_MIN = 65_536
"""A body may take its fixed time and then so much more: patience with slow lines, not with a byte now and then."""


class GenerationEndpoint:
    """`POST` of one inbound format."""

    def __init__(
        self,
        *,
        route: Route,
        pipeline: Pipeline,
        directory: Directory,
        callers: Callers,
        docs_url: str,
        public_url: str,
        clock: Clock,
        limits: ParseLimits,
        presets: PresetService,
        regional_hosts: Mapping[str, Region],
        country_header: bytes,
        body_bytes_max: int,
        body_timeout_s: float,
        metrics: GatewayMetrics,
        log_requests: bool,
    ) -> None:
        self._route = route.path
        self._metrics = metrics
        self._log_requests = log_requests
        self._parse = route.parse
        self._form = route.form
        self._format = route.format
        self._pipeline = pipeline
        self._directory = directory
        self._callers = callers
        self._docs_url = docs_url
        self._public_url = public_url
        self._clock = clock
        self._limits = limits
        self._presets = presets
        self._regional_hosts = regional_hosts
        self._country_header = country_header
        self._body_bytes_max = body_bytes_max
        self._body_timeout_s = body_timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; every failure before the first byte is a JSON error with its own status."""
        metrics = self._metrics
        metrics.requests_in_flight += 1
        try:
            metrics.answered(self._route, await self._answer(scope, receive, send))
        finally:
            metrics.requests_in_flight -= 1

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> int:
        """The status that the client was told."""
        received_ms, received_s = self._clock.now_ms(), asyncio.get_running_loop().time()
        request_id = scope[REQUEST_ID] = ids.request_id(received_ms)
        headers = read_headers(scope["headers"], self._country_header)
        exchange: Exchange | None = None
        try:
            principal = self._directory.identify(headers.authorization, headers.x_api_key) or (
                await self._callers.resolve("POST", scope["headers"])
            )
            scope[ACCOUNT_ID] = principal.account_id
            if principal.key.kind == "management":
                raise PermissionDenied("Management keys cannot run inference. Use an inference key for this call.")
            is_chat = principal.key.kind == "session"
            inbound, preset_id = await self._read(headers, receive, principal)
            exchange = Exchange(
                generation_id=ids.generation_id(received_ms),
                request_id=request_id,
                received_ms=received_ms,
                received_s=received_s,
                principal=principal,
                caller=chat_caller(headers.caller, self._public_url) if is_chat else headers.caller,
                inbound=inbound,
                request=inbound.request,
                world=self._pipeline.worlds.current,
                region=region_of(self._regional_hosts, headers.host),
                preset_id=preset_id,
            )
            await self._pipeline.serve(exchange, send, receive, _answer_headers(exchange))
            self._log(exchange, 200)
            return 200
        except Exception as error:  # the boundary: whatever was raised, the caller gets the envelope
            if exchange is not None and exchange.answering:
                raise  # the status line is gone; the server closes the connection, which tells the client
            refusal = presentable(error, scope)
            await self._refuse(scope, send, refusal, exchange)
            if exchange is not None:
                self._log(exchange, refusal.http_status)
            return refusal.http_status

    async def _read(
        self, headers: RequestHeaders, receive: Receive, principal: Principal
    ) -> tuple[Inbound, str | None]:
        """What is asked for, as a form where one is taken, else as JSON; and the preset that completed it."""
        if self._form is not None and is_form(headers.content_type):
            return await self._read_form(self._form, headers, receive), None
        body, preset_id = await self._body(headers, receive), None
        if (preset_api := APIS.get(self._route)) is not None and may_name_preset(body):
            expanded = await self._presets.expand(body, principal.account_id, principal.workspace_id, preset_api)
            body, preset_id = expanded.body, expanded.preset_id
        return self._parse(body, self._limits), preset_id

    async def _read_form(self, way: FormWay, headers: RequestHeaders, receive: Receive) -> Inbound:
        """A form, taken apart as it arrives."""
        require_plain(headers.content_encoding)
        bytes_max = min(way.rules.bytes_max, self._body_bytes_max)
        if headers.content_length > bytes_max:
            raise way.rules.too_large()
        reader = FormReader(headers.content_type.decode("latin-1"), way.rules)
        await self._receive(receive(), receive, reader.feed, bytes_max)
        return way.parse(reader.finish(), self._limits)

    def _log(self, exchange: Exchange, status: int) -> None:
        """One line for each request that could be read, if the operator wants them (OP-45)."""
        if not self._log_requests:
            return
        usage = exchange.facts.usage if exchange.facts is not None else None
        log_request(
            request_id=exchange.request_id,
            generation_id=exchange.generation_id,
            route=self._route,
            status=status,
            duration_ms=self._clock.now_ms() - exchange.received_ms,
            model=exchange.candidate.model.id if exchange.candidate is not None else exchange.requested_model,
            provider=exchange.runtime.provider.slug if exchange.runtime is not None else None,
            streamed=exchange.request.stream,
            prompt_tokens=usage.prompt_tokens if usage is not None else None,
            completion_tokens=usage.completion_tokens if usage is not None else None,
            attempts=len(exchange.attempts),
            error_type=exchange.error.kind if exchange.error is not None else None,
        )

    async def _refuse(self, scope: Scope, send: Send, error: TrunklineError, exchange: Exchange | None) -> None:
        """The JSON error; with a generation id once routing has begun (inference.md 1.2)."""
        routed = exchange is not None and exchange.plan is not None
        body = self._format.render_error(
            error,
            docs_base=self._docs_url,
            user_id=scope.get(ACCOUNT_ID),
            generation_id=exchange.generation_id if exchange is not None and routed else None,
            metadata=metadata_of(exchange, succeeded=False) if exchange is not None else Raw(b""),
        )
        headers = [
            *error_headers(error, body),
            (b"x-request-id", scope[REQUEST_ID].encode("ascii")),
            *CORS_HEADERS,
        ]
        if routed and exchange is not None:
            headers.append((b"x-generation-id", exchange.generation_id.encode("ascii")))
        await send({"type": "http.response.start", "status": error.http_status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    async def _body(self, headers: RequestHeaders, receive: Receive) -> bytes:
        """The whole body, bounded in size and time. Raises PayloadTooLarge, UpstreamTimeout or InvalidRequest."""
        require_plain(headers.content_encoding)
        if headers.content_length > self._body_bytes_max:
            raise self._too_large()
        first = receive()
        if isinstance(first, Ready) and first.value["type"] == "http.request" and not first.value["more_body"]:
            body: bytes = first.value["body"]  # all of it came with the head, as nearly always: nothing to wait for
            if len(body) > self._body_bytes_max:
                raise self._too_large()
            return body
        pieces: list[bytes] = []
        await self._receive(first, receive, pieces.append, self._body_bytes_max)
        return b"".join(pieces)

    async def _receive(
        self, waiting: Awaitable[Message], receive: Receive, take: Callable[[bytes], None], bytes_max: int
    ) -> None:
        """Give every piece to `take`. Raises PayloadTooLarge, UpstreamTimeout, InvalidRequest, and what `take` does."""
        size, began_s = 0, asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(self._body_timeout_s) as timeout:
                while True:
                    message = await waiting
                    if message["type"] == "http.disconnect":
                        raise InvalidRequest("The connection closed before the whole body arrived.")
                    piece: bytes = message.get("body", b"")
                    size += len(piece)
                    if size > bytes_max:
                        raise self._too_large()
                    take(piece)
                    if not message.get("more_body", False):
                        return
                    timeout.reschedule(began_s + self._body_timeout_s + size / BODY_BYTES_PER_S_MIN)
                    waiting = receive()
        except TimeoutError:
            raise UpstreamTimeout(
                "The request body did not arrive in time (`server.body_timeout_seconds`). Send it faster.",
                status=408,
            ) from None

    def _too_large(self) -> PayloadTooLarge:
        return PayloadTooLarge(
            f"Request payload too large: the limit is {self._body_bytes_max // (1024 * 1024)} MiB "
            "(`server.request_limit_mb`)."
        )


def _answer_headers(exchange: Exchange) -> RawHeaders:
    """What every answer carries (inference.md 1.3, OP-46)."""
    return [
        (b"x-generation-id", exchange.generation_id.encode("ascii")),
        (b"x-request-id", exchange.request_id.encode("ascii")),
        *CORS_HEADERS,
    ]
