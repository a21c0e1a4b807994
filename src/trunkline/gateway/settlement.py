"""What happened, what it cost, and the durable record of both (inference.md 13, accounts-and-governance.md 4.4).

Always runs, exactly once for each request that reached the attempt loop, also when the client left or all failed.
"""

from collections.abc import Iterable, Mapping

import structlog
from msgspec import UNSET, Struct, structs

from trunkline.accounts.apps import Apps
from trunkline.catalog import pricing
from trunkline.catalog.media import used_attousd
from trunkline.catalog.types import Operation
from trunkline.core.calendar import day_of
from trunkline.core.errors import ServiceUnavailable, TrunklineError
from trunkline.core.money import Charge, NanoUsd
from trunkline.gateway.exchange import Caller, Exchange
from trunkline.gateway.routing_caller import is_public
from trunkline.generations import service as generations
from trunkline.generations.types import Asked, Generation, GenerationStatus
from trunkline.observability.metrics import GatewayMetrics
from trunkline.protocols.answers import Facts
from trunkline.protocols.estimates import estimated_tokens
from trunkline.protocols.events import Usage
from trunkline.protocols.heard import UNJUDGED
from trunkline.protocols.media_use import MediaUse
from trunkline.routing.types import RoutingQuery
from trunkline.settings import Billing
from trunkline.storage.interface import Database, StorageRefused, StorageUnavailable
from trunkline.storage.shared.interface import SharedState

RETRY_AFTER_S = 5
_PREFERENCES_BYTES_MAX = 4096
"""A longer `provider` object is not kept in the record."""
_API_TYPES: Mapping[Operation, str] = {
    "chat": "completions",
    "embeddings": "embeddings",
    "rerank": "rerank",
    "image": "image",
    "video": "video",
    "speech": "tts",
    "transcription": "stt",
}
"""GEN-02."""
_log = structlog.get_logger("trunkline.settlement")


class Bill(Struct, frozen=True, kw_only=True):
    """A priced answer. `charged` False: the price is shown, but nobody pays (OP-13)."""

    usage: Usage
    charge: Charge
    charged: bool


class Settlement:
    """Prices answers, writes their records, and closes their holds."""

    __slots__ = ("_apps", "_database", "_markup_bps", "_metrics", "_shared")

    def __init__(
        self, database: Database, shared: SharedState, apps: Apps, billing: Billing, metrics: GatewayMetrics
    ) -> None:
        self._database = database
        self._apps = apps
        self._shared = shared
        self._markup_bps = pricing.basis_points(billing.markup_percent)
        self._metrics = metrics

    def require_room(self) -> None:
        """Refuse what could not be recorded at its end. Raises ServiceUnavailable (OP-44)."""
        if not self._database.has_room:
            raise ServiceUnavailable(
                "Service temporarily unavailable: the database is away, and the journal of what it missed is full "
                "(`database.journal_limit_mb`). Try again in a moment.",
                retry_after_s=RETRY_AFTER_S,
            )

    def bill(self, exchange: Exchange, *, failed: bool = False) -> Bill:
        """Price what the current candidate produced. `failed`: it ended in an error and costs nothing (BIL-05).

        Without usage from the upstream the counts are estimated from the request and from what was relayed; an
        upstream that was cancelled before any token costs nothing (BIL-06).
        """
        assert exchange.candidate is not None and exchange.runtime is not None and exchange.facts is not None
        facts = exchange.facts
        usage = facts.usage
        if usage is None or (exchange.client_gone and _is_silent(facts)):
            usage = self._estimate(exchange)
        insured = failed or pricing.is_insured(usage.completion_tokens, facts.finish_reason)
        if exchange.cache_use is not None and not insured:
            usage = exchange.cache_use.counted(usage)
        charge = pricing.charge(
            exchange.candidate.endpoint.pricing,
            usage,
            at_ms=exchange.received_ms,
            images=exchange.request.num_images,
            media_attousd=used_attousd(exchange.candidate.endpoint.pricing, facts.media_used),
            markup_bps=self._markup_bps,
            tokens_chargeable=not insured,
        )
        return Bill(usage=usage, charge=charge, charged=not exchange.runtime.in_process)

    def _estimate(self, exchange: Exchange) -> Usage:
        assert exchange.facts is not None
        if not exchange.facts.content_seen and not exchange.facts.output_chars:
            return Usage(estimated=True)
        return Usage(
            prompt_tokens=exchange.request.prompt_tokens_estimate + exchange.said_tokens,
            completion_tokens=estimated_tokens(exchange.facts.output_chars),
            estimated=True,
        )

    async def settle(
        self, exchange: Exchange, status: GenerationStatus, bill: Bill | None, *, elapsed_s: float
    ) -> None:
        """Write the record and wait until it is durable; then the answer's last byte may leave (OP-42).

        The hold stays until then. Raises TrunklineError (503) when the record cannot be written; nobody is charged.
        """
        if exchange.settled:
            return
        exchange.settled = True
        app_id = await self._app_id(exchange.caller) if exchange.caller.origin else None
        generation = self._record(exchange, status, bill, round(elapsed_s * 1000), app_id)
        try:
            await self._database.settle(generations.to_row(generation))
        except (StorageUnavailable, StorageRefused) as error:
            _log.error("generation not recorded", generation_id=generation.id, reason=str(error))
            raise _not_recorded() from error
        exchange.durable = True
        await self._shared.settle(
            hold_id=exchange.generation_id,
            account_id=exchange.principal.account_id,
            key_hash=exchange.principal.key.hash,
            day=day_of(exchange.received_ms),
            charged_nanousd=generation.cost_nanousd if generation.charged else NanoUsd(0),
            byok_nanousd=NanoUsd(0),
        )
        self._metrics.settled(generation)

    async def begin_job(self, exchange: Exchange, used: Iterable[MediaUse]) -> Generation:
        """The record of work that a provider has taken on, with what it will cost once it is done (25.6)."""
        assert exchange.candidate is not None and exchange.runtime is not None
        app_id = await self._app_id(exchange.caller) if exchange.caller.origin else None
        sheet = exchange.candidate.endpoint.pricing
        charge = pricing.charge(
            sheet,
            Usage(),
            at_ms=exchange.received_ms,
            images=0,
            media_attousd=used_attousd(sheet, used),
            markup_bps=self._markup_bps,
            tokens_chargeable=True,
        )
        return structs.replace(
            self._record(exchange, "running", None, 0, app_id),
            cost_nanousd=charge.total_nanousd,
            upstream_cost_nanousd=charge.upstream_nanousd,
            charged=not exchange.runtime.in_process,
            latency_ms=None,
        )

    async def finish_job(self, generation: Generation, *, is_new: bool) -> None:
        """Record and bill the end of a job, once however often it is told. `is_new` False: its record was there.

        Raises StorageUnavailable or StorageRefused; then it is to be told again.
        """
        await self._database.settle(generations.to_row(generation))
        if not is_new:
            await self._shared.void(generation.id)
            return
        await self._shared.settle(
            hold_id=generation.id,
            account_id=generation.account_id,
            key_hash=generation.key_hash,
            day=day_of(generation.created_at_ms),
            charged_nanousd=generation.cost_nanousd if generation.charged else NanoUsd(0),
            byok_nanousd=NanoUsd(0),
        )
        self._metrics.settled(generation)

    def partial(self, exchange: Exchange, *, elapsed_s: float) -> Generation:
        """The record as far as it is known while the request runs: the attempts that are over, no end and no cost."""
        app = self._apps.known(exchange.caller.origin, None, ())
        so_far = self._record(exchange, "running", None, round(elapsed_s * 1000), app)
        return structs.replace(
            so_far,
            finish_reason=None,
            native_finish_reason=None,
            generation_time_ms=None,
            latency_ms=so_far.latency_ms if exchange.first_token_s is not None else None,
            provider_responses=tuple(exchange.attempts[: exchange.attempts_ended]),
        )

    async def _app_id(self, caller: Caller) -> int | None:
        """The app that sent the request; only the first request of an app waits for the database."""
        app = (caller.origin, caller.app_title, caller.app_categories)
        return self._apps.known(*app) or await self._apps.meet(*app)

    def _record(
        self, exchange: Exchange, status: GenerationStatus, bill: Bill | None, elapsed_ms: int, app_id: int | None
    ) -> Generation:
        request, caller, facts = exchange.request, exchange.caller, exchange.facts
        endpoint, error = exchange.endpoint, exchange.error
        usage, query = bill.usage if bill is not None else Usage(), exchange.query
        verdict = UNJUDGED
        if status == "completed" and facts is not None and facts.heard is not None:
            verdict = facts.heard.verdict(facts.finish_reason)
        latency_ms = (
            None if exchange.first_token_s is None else round((exchange.first_token_s - exchange.received_s) * 1000)
        )
        return Generation(
            id=exchange.generation_id,
            request_id=exchange.request_id,
            account_id=exchange.principal.account_id,
            workspace_id=exchange.principal.workspace_id,
            key_hash=exchange.principal.key.hash,
            created_at_ms=exchange.received_ms,
            finished_at_ms=exchange.received_ms + elapsed_ms,
            status=status,
            api_type=_API_TYPES[exchange.inbound.operation],
            model=exchange.candidate.model.id if exchange.candidate is not None else exchange.requested_model,
            requested_model=exchange.requested_model,
            preset_id=exchange.preset_id,
            endpoint_id=endpoint.id if endpoint is not None else None,
            provider_name=exchange.runtime.provider.name if exchange.runtime is not None else None,
            streamed=request.stream,
            cost_nanousd=bill.charge.total_nanousd if bill is not None else NanoUsd(0),
            upstream_cost_nanousd=bill.charge.upstream_nanousd if bill is not None else NanoUsd(0),
            cache_discount_nanousd=bill.charge.cache_discount_nanousd if bill is not None else None,
            charged=bill.charged if bill is not None else True,
            tokens_prompt=usage.prompt_tokens,
            tokens_completion=usage.completion_tokens,
            native_tokens_prompt=usage.prompt_tokens,
            native_tokens_completion=usage.completion_tokens,
            native_tokens_cached=usage.cached_tokens,
            native_tokens_cache_write=usage.cache_write_tokens,
            native_tokens_reasoning=usage.reasoning_tokens,
            native_tokens_completion_images=usage.completion_image_tokens,
            usage_estimated=usage.estimated,
            num_media_prompt=request.num_media or None,
            num_input_audio_prompt=request.num_audio or None,
            num_media_completion=(facts.media_count or None) if facts is not None else None,
            tool_call_count=facts.tool_call_count if facts is not None else 0,
            tool_calls_valid=verdict.tool_calls_valid,
            structured_valid=verdict.structured_valid,
            task=exchange.plan.task_type if exchange.plan is not None else None,
            num_search_results=(facts.search_count or None) if facts is not None else None,
            finish_reason=facts.finish_reason if facts is not None and error is None else ("error" if error else None),
            native_finish_reason=facts.native_finish_reason if facts is not None else None,
            service_tier=facts.service_tier if facts is not None else None,
            upstream_id=facts.upstream_id if facts is not None else None,
            latency_ms=latency_ms if latency_ms is not None else elapsed_ms,
            generation_time_ms=elapsed_ms - (latency_ms or 0) if latency_ms is not None else elapsed_ms,
            error_type=error.kind if error is not None else None,
            error_code=error.http_status if error is not None else None,
            origin=caller.origin,
            app_id=app_id,
            http_referer=caller.http_referer,
            app_title=caller.app_title,
            app_categories=caller.app_categories,
            user_agent=caller.user_agent,
            country=caller.country,
            is_public=is_public(exchange),
            external_user=request.user,
            session_id=exchange.session_id,
            provider_responses=tuple(exchange.attempts),
            metadata=request.metadata,
            asked=_asked(query) if query is not None else None,
        )


def _asked(query: RoutingQuery) -> Asked:
    """The facts of a query that are kept; options are for providers and may hold content."""
    is_kept = 0 < len(query.sent) <= _PREFERENCES_BYTES_MAX and not query.preferences.options
    return Asked(
        fallbacks=query.models[1:],
        provider=query.sent if is_kept else UNSET,
        used_parameters=query.used_parameters,
        input_modalities=query.input_modalities,
        output_modalities=query.output_modalities,
        prompt_tokens_estimate=query.prompt_tokens_estimate,
        max_output_tokens=query.max_output_tokens,
        service_tier=query.service_tier,
    )


def _is_silent(facts: Facts) -> bool:
    """It was cancelled before any token, though it may have told the length of the prompt."""
    return facts.finish_reason is None and not (facts.content_seen or facts.output_chars)


def _not_recorded() -> TrunklineError:
    """What a caller is told when the record could not be written: no answer ends as good without one."""
    return TrunklineError(
        "The gateway cannot write its records at the moment. Try again shortly.",
        status=503,
        error_type="server",
        retry_after_s=RETRY_AFTER_S,
    )
