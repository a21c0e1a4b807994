"""One call to one endpoint: encode, sign, send, and read the head of the answer."""

import asyncio
import hmac
from collections.abc import Callable
from functools import lru_cache
from typing import Literal

from msgspec import Struct, structs

from trunkline.core.errors import TrunklineError
from trunkline.gateway.conversion import Conversion, EncodedRequest, TravelPolicy, target_of
from trunkline.gateway.exchange import Exchange
from trunkline.gateway.listener import Listener
from trunkline.generations.types import ProviderResponse
from trunkline.protocols.client import AskedRequest
from trunkline.protocols.codec import JSON
from trunkline.protocols.compression import CompressionLimits
from trunkline.protocols.faults.classify import classify_failure
from trunkline.protocols.faults.redaction import redact
from trunkline.protocols.faults.types import Classified
from trunkline.providers.adapter import upstream_request
from trunkline.providers.sandbox.upstream import FAULT_HEADER
from trunkline.providers.types import ProviderRuntime
from trunkline.providers.upstream import Upstream, UpstreamFailed, UpstreamRequest, UpstreamResponse
from trunkline.routing.attempts import FailedAttempt, final_error, remaining
from trunkline.routing.types import Candidate, Plan

ERROR_BODY_BYTES_MAX = 256 * 1024
CLAUDE_MESSAGES_MAX = 1000
"""Of a conversation that has to be shortened (routing-and-catalog.md 17 rule 3)."""
END_USERS_REMEMBERED = 1_024
"""Nearly every account has one end user, itself; the hash costs more than everything else that is sent along."""
ERROR_BODY_S_MAX = 5.0
"""An explanation that takes longer is done without: the status alone says enough to go on."""


class Call(Struct, frozen=True):
    """One attempt, ready to be sent."""

    candidate: Candidate
    runtime: ProviderRuntime
    conversion: Conversion
    encoded: EncodedRequest
    upstream: Upstream
    request: UpstreamRequest


class Tries:
    """The attempts of one request: what may still be tried, and what came of the others (routing 6)."""

    __slots__ = ("_failed", "_left", "_requested", "_rest")

    def __init__(self, plan: Plan, attempts_max: int) -> None:
        self._rest: tuple[Candidate, ...] = plan.attempts
        self._left = attempts_max
        self._requested = plan.requested
        self._failed: list[FailedAttempt] = []

    def next(self) -> Candidate | None:
        """The next candidate, None when there is no more or enough were tried."""
        if not self._rest or self._left <= 0:
            return None
        candidate, self._rest = self._rest[0], self._rest[1:]
        return candidate

    def failed(self, candidate: Candidate, provider_name: str, outcome: Classified) -> None:
        """An attempt ended without an answer; strike out whom that rules out."""
        self._left -= 1
        self._failed.append(failed_attempt(candidate, provider_name, outcome))
        self._rest = remaining(self._rest, candidate, outcome)

    def take(self, may_be_taken: Callable[[Candidate], bool]) -> Candidate | None:
        """The first candidate of those that may be, out of turn."""
        taken = next((candidate for candidate in self._rest if may_be_taken(candidate)), None)
        if taken is None or self._left <= 1:
            return None
        self._rest = tuple([candidate for candidate in self._rest if candidate is not taken])
        return taken

    def keep(self, may_follow: Callable[[Candidate], bool]) -> None:
        """Strike out the candidates that may not be asked next."""
        self._rest = tuple([candidate for candidate in self._rest if may_follow(candidate)])

    def final_error(self) -> TrunklineError:
        """What the caller is told after the last one."""
        return final_error(self._failed, requested=self._requested)


def failed_attempt(candidate: Candidate, provider_name: str, outcome: Classified) -> FailedAttempt:
    """An attempt's failure with the upstream's words made fit to be shown (inference.md 5.2).

    What a provider says of a credential that it rejects is for the operator alone, even after redaction.
    """
    fault = outcome.fault
    rejected_key = outcome.error_type == "provider_unavailable" and 400 <= fault.status < 500
    return FailedAttempt(
        candidate=candidate,
        provider_name=provider_name,
        outcome=outcome,
        raw=redact(fault.raw) if fault.raw and not rejected_key else "",
    )


def convert(
    exchange: Exchange, candidate: Candidate, end_user_secret: bytes, path: Literal["auto", "hub"], docs_url: str
) -> Conversion:
    """How this request travels to this candidate."""
    override = exchange.hold.max_output_tokens if exchange.hold is not None else None
    target = target_of(
        candidate,
        user_hash=end_user_hash(end_user_secret, exchange.principal.account_id, exchange.request.user),
        max_tokens_override=override,
    )
    recovery = exchange.recovery
    policy = TravelPolicy(
        path=path,
        docs_url=docs_url,
        anthropic_betas=exchange.caller.anthropic_betas,
        reasons=candidate.model.reasoning is not None,
        always_reasons=candidate.is_family_pick and target.reasoning_mandatory,
        compression=_compression(candidate),
        may_break=recovery is not None,
        goes_on=None if recovery is None else recovery.answer,
    )
    return exchange.inbound.convert(candidate.endpoint, target, policy)


def _compression(candidate: Candidate) -> CompressionLimits | None:
    """How short the conversation must be for this candidate; None: it fits."""
    if candidate.compressed_to is None:
        return None
    is_claude = candidate.model.tokenizer == "Claude"
    return CompressionLimits(
        budget_tokens=candidate.compressed_to, messages_max=CLAUDE_MESSAGES_MAX if is_claude else None
    )


@lru_cache(maxsize=END_USERS_REMEMBERED)
def end_user_hash(secret: bytes, account_id: str, user: str | None) -> str:
    """What an upstream that wants an identity is told: a keyed hash over account and end user, never the user
    itself (accounts-and-governance.md UT-02)."""
    return hmac.digest(secret, f"{account_id}\0{user or ''}".encode(), "sha256").hex()[:40]


def compose(
    asked: AskedRequest, candidate: Candidate, runtime: ProviderRuntime, encoded: EncodedRequest, protocol_name: str
) -> UpstreamRequest:
    """The signed upstream request: what catalog or operator set as a header goes before the format's own.

    The Sandbox, which is no third party, is told the `user` (OP-13).
    """
    endpoint = candidate.endpoint
    request = upstream_request(runtime, endpoint, encoded.path, encoded.body, asked.stream, protocol=protocol_name)
    if encoded.content_type != JSON:
        request = structs.replace(request, headers=_instead(request.headers, "content-type", encoded.content_type))
    for name, value in encoded.headers:
        if name == "accept":
            request = structs.replace(request, headers=_instead(request.headers, name, value))
    if encoded.headers:
        known = {name for name, _ in request.headers}
        added = tuple(header for header in encoded.headers if header[0] not in known)
        request = structs.replace(request, headers=request.headers + added)
    if runtime.in_process and asked.user is not None:
        return structs.replace(request, headers=(*request.headers, (FAULT_HEADER, asked.user)))
    return request


def _instead(headers: tuple[tuple[str, str], ...], name: str, value: str) -> tuple[tuple[str, str], ...]:
    return (*(header for header in headers if header[0] != name), (name, value))


async def open_upstream(
    upstream: Upstream,
    request: UpstreamRequest,
    listener: Listener | None,
    runtime: ProviderRuntime,
    exchange: Exchange,
    conversion: Conversion,
) -> UpstreamResponse | Classified:
    """Send, and wait for the head: a response to relay, or the classified refusal.

    When the client of a stream leaves meanwhile and the provider stops billing for that, the call is dropped; the
    result is then a refusal that nobody will see, and `exchange.client_gone` is set.
    """
    try:
        response = await _open_while_wanted(upstream, request, listener, runtime, exchange)
    except UpstreamFailed as failure:
        return classify_failure(failure.kind)
    if response.status == 200:
        return response
    try:
        async with asyncio.timeout(ERROR_BODY_S_MAX):
            body = await response.read_all(ERROR_BODY_BYTES_MAX)
    except (UpstreamFailed, TimeoutError):
        body = b""
    finally:
        response.cancel()
    return conversion.classify(response.status, response.headers, body, now_ms=exchange.received_ms)


async def _open_while_wanted(
    upstream: Upstream,
    request: UpstreamRequest,
    listener: Listener | None,
    runtime: ProviderRuntime,
    exchange: Exchange,
) -> UpstreamResponse:
    if listener is None or not runtime.cancels_billing:
        return await upstream.open(request)
    listener.begin_opening()
    try:
        return await upstream.open(request)
    except asyncio.CancelledError:
        if not exchange.client_gone:
            raise
        raise UpstreamFailed("reset", "the client left") from None
    finally:
        listener.end_opening()


def note(
    exchange: Exchange, candidate: Candidate, runtime: ProviderRuntime, *, status: int | None, latency_s: float | None
) -> None:
    """Remember an attempt for the record (GEN-02)."""
    exchange.tried.append(candidate)
    exchange.attempts.append(
        ProviderResponse(
            provider_name=runtime.provider.name,
            status=status,
            is_byok=candidate.byok_key_id is not None,
            credential_id=candidate.byok_key_id,
            endpoint_id=candidate.endpoint.id,
            model_permaslug=candidate.model.canonical_slug,
            latency=None if latency_s is None else round(latency_s * 1000),
        )
    )


def renote(exchange: Exchange, status: int) -> None:
    """The last attempt's answer turned out to be none: its status is the failure's."""
    exchange.attempts[-1] = structs.replace(exchange.attempts[-1], status=status)


def serve_by(exchange: Exchange, call: Call) -> None:
    """From now on the exchange is that of this call."""
    exchange.candidate, exchange.runtime, exchange.facts = call.candidate, call.runtime, None
    exchange.conversion, exchange.shortened = call.conversion, call.encoded.shortened


def is_overdue(exchange: Exchange, candidate: Candidate) -> bool:
    """The time for a first token is over (routing-and-catalog.md 6): a call would be paid for and cut off."""
    total_timeout_s = exchange.runtime_of(candidate).total_timeout_s
    return asyncio.get_running_loop().time() >= exchange.awaited_since_s + total_timeout_s
