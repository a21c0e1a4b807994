"""One question to one endpoint, over the same codecs and sockets as the gateway's requests, and what came of it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Literal

from msgspec import Struct

from trunkline.catalog.types import Endpoint
from trunkline.core.clock import Clock
from trunkline.core.errors import ErrorType, InvalidRequest
from trunkline.core.money import NO_CHARGE
from trunkline.gateway.attempt import compose
from trunkline.gateway.conversion import Conversion, TravelPolicy, target_of
from trunkline.gateway.generation_conversion import GenerationConversion
from trunkline.gateway.probing.cleaning import clean_text, secrets_of
from trunkline.gateway.probing.features import FEATURES, Feature, claims, lack, question
from trunkline.protocols.answers import AnswerIdentity, AnswerStream, Facts, UsageReport
from trunkline.protocols.events import Usage
from trunkline.protocols.faults.classify import classify_failure, classify_fault
from trunkline.protocols.faults.types import Classified
from trunkline.providers.types import ProviderRuntime
from trunkline.providers.upstream import Upstream, UpstreamFailed, UpstreamRequest, UpstreamResponse
from trunkline.routing.types import Candidate
from trunkline.settings import Settings

State = Literal["ok", "no", "skipped"]

BODY_BYTES_MAX = 4 * 1024 * 1024
MESSAGE_CHARS_MAX = 200
_UNREACHABLE = frozenset({"connect", "dns", "tls", "timeout_connect"})
_OK = 200
_AFTER_DONE_S = 0.2
_REPORT = UsageReport(usage=Usage(), charge=NO_CHARGE)


class Outcome(Struct, frozen=True, kw_only=True):
    """What came of one feature. `error_type` is how the gateway classifies the failure (inference.md 5.1);
    `not_in_answer`: the answer was good, but did not show the feature. None unless `state` is "no"."""

    feature: Feature
    state: State
    error_type: ErrorType | Literal["not_in_answer"] | None = None
    message: str = ""


class Wire(Struct, kw_only=True):
    """What was sent and what came back, as far as it came. `status` 0: no head."""

    protocol: str
    model: str
    """The provider's name for it."""
    stream: bool
    request: UpstreamRequest
    status: int = 0
    headers: Mapping[str, str] = {}
    body: bytes = b""


class Finding(Struct, frozen=True):
    """One outcome, and the traffic behind it; None when nothing was sent."""

    candidate: Candidate
    outcome: Outcome
    wire: Wire | None = None
    ends_all: bool = False
    """No other request can fare better: the key is rejected, or nobody is there."""


class Prober:
    """Asks endpoints, one request at a time, as `runtime_of` says that they are called."""

    def __init__(
        self,
        *,
        runtime_of: Callable[[Endpoint], ProviderRuntime],
        upstream: Upstream,
        sandbox: Upstream,
        settings: Settings,
        clock: Clock,
        timeout_s: float,
    ) -> None:
        self._runtime_of = runtime_of
        self._upstream = upstream
        self._sandbox = sandbox
        self._settings = settings
        self._clock = clock
        self._timeout_s = timeout_s

    async def probe(self, candidates: list[Candidate]) -> AsyncIterator[Finding]:
        """One finding for each candidate and feature, in their order.

        After a rejected key or a provider that cannot be reached nothing more is asked: it would all fail alike.
        """
        hopeless = ""
        for candidate in candidates:
            for feature in FEATURES:
                if not claims(feature, candidate.endpoint):
                    yield Finding(candidate, _skipped(feature, "the catalog says unsupported"))
                elif hopeless:
                    yield Finding(candidate, _skipped(feature, hopeless))
                else:
                    finding = await self.ask(candidate, feature)
                    yield finding
                    if finding.ends_all:
                        hopeless = f"not asked any more: {finding.outcome.message}"

    async def ask(self, candidate: Candidate, feature: Feature) -> Finding:
        """One question."""
        endpoint = candidate.endpoint
        asked = question(feature, candidate.model, endpoint)
        target = target_of(candidate, user_hash=None, max_tokens_override=None)
        settings = self._settings
        policy = TravelPolicy(path=settings.routing.path, docs_url=settings.docs_url)
        conversion = GenerationConversion(asked, endpoint, target, policy)
        try:
            encoded = conversion.encode()
        except InvalidRequest as error:
            return Finding(candidate, _no(feature, error.kind, error.message))
        wire = Wire(
            protocol=conversion.protocol_name,
            model=endpoint.upstream_model,
            stream=asked.stream,
            request=compose(asked, candidate, self._runtime_of(endpoint), encoded, conversion.protocol_name),
        )
        try:
            async with asyncio.timeout(self._timeout_s):
                result = await self._exchange(candidate, conversion, wire)
        except UpstreamFailed as failure:
            kind = classify_failure(failure.kind).error_type
            outcome = _no(feature, kind, clean_text(str(failure), secrets_of(wire.request)))
            return Finding(candidate, outcome, wire, ends_all=failure.kind in _UNREACHABLE)
        except TimeoutError:
            outcome = _no(feature, "timeout", f"no whole answer within {self._timeout_s:g} s")
            return Finding(candidate, outcome, wire)
        if isinstance(result, Classified):
            words = result.fault.message or f"status {result.fault.status}"
            outcome = _no(feature, result.error_type, clean_text(words, secrets_of(wire.request)))
            return Finding(candidate, outcome, wire, ends_all=_rejects_key(result))
        lacks = lack(feature, *result)
        if lacks is not None:
            return Finding(candidate, _no(feature, "not_in_answer", f"answered {lacks}"), wire)
        return Finding(candidate, Outcome(feature=feature, state="ok"), wire)

    async def _exchange(
        self, candidate: Candidate, conversion: Conversion, wire: Wire
    ) -> Classified | tuple[Facts, bytes]:
        """Send and read to the end: a good answer's facts and what a client would get, or the classified failure.

        Raises UpstreamFailed. `wire` holds what came, whatever becomes of it.
        """
        runtime = self._runtime_of(candidate.endpoint)
        identity = AnswerIdentity(
            generation_id="gen-probe",
            created_s=self._clock.now_ms() // 1000,
            model=candidate.model.id,
            provider=runtime.provider.name,
        )
        upstream = self._sandbox if runtime.in_process else self._upstream
        response = await upstream.open(wire.request)
        wire.status, wire.headers = response.status, response.headers
        try:
            if wire.stream and response.status == _OK:
                return await _read_stream(response, wire, conversion.open_stream(identity))
            wire.body = await response.read_all(BODY_BYTES_MAX)
        finally:
            response.cancel()
        if response.status != _OK:
            now_ms = self._clock.now_ms()
            return conversion.classify(response.status, response.headers, wire.body, now_ms=now_ms)
        body = conversion.open_body(wire.body, identity)
        if body.facts.fault is not None:
            return classify_fault(body.facts.fault)
        return body.facts, body.render(_REPORT)


async def _read_stream(
    response: UpstreamResponse, wire: Wire, answer: AnswerStream
) -> Classified | tuple[Facts, bytes]:
    """After the end marker only what comes at once: some never end the body."""
    facts = answer.facts
    while len(wire.body) <= BODY_BYTES_MAX:
        data = await response.read(wake_after_s=_AFTER_DONE_S if facts.done else None)
        if not data:
            break
        wire.body += data
        answer.feed(data)
    answer.close()
    return (facts, b"") if facts.fault is None else classify_fault(facts.fault)


def _rejects_key(classified: Classified) -> bool:
    """The credential or its account is refused, which no other request would change."""
    return classified.error_type == "provider_unavailable" and 400 <= classified.fault.status < 500


def _skipped(feature: Feature, message: str) -> Outcome:
    return Outcome(feature=feature, state="skipped", message=message)


def _no(feature: Feature, error_type: ErrorType | Literal["not_in_answer"], message: str) -> Outcome:
    short = " ".join(message.split())
    if len(short) > MESSAGE_CHARS_MAX:
        short = short[: MESSAGE_CHARS_MAX - 1] + "…"
    return Outcome(feature=feature, state="no", error_type=error_type, message=short)
