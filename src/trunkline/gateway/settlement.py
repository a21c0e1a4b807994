"""What happened, what it cost, and the durable record of both (inference.md 13, accounts-and-governance.md 4.4).

Always runs, exactly once for each request that reached the attempt loop, also when the client left or all failed.
"""

from collections.abc import Iterable

import structlog
from msgspec import structs

from trunkline.accounts.apps import Apps
from trunkline.catalog import pricing
from trunkline.catalog.media import used_attousd
from trunkline.core.calendar import day_of
from trunkline.core.errors import ServiceUnavailable, TrunklineError
from trunkline.core.money import NanoUsd
from trunkline.gateway.exchange import Caller, Exchange
from trunkline.gateway.recording import Bill, generation_of
from trunkline.generations import service as generations
from trunkline.generations.types import Generation, GenerationStatus
from trunkline.observability.metrics import GatewayMetrics
from trunkline.protocols.answers import Facts
from trunkline.protocols.estimates import estimated_tokens
from trunkline.protocols.events import Usage
from trunkline.protocols.media_use import MediaUse
from trunkline.routing.types import Candidate
from trunkline.settings import Billing
from trunkline.storage.interface import Database, StorageRefused, StorageUnavailable
from trunkline.storage.shared.interface import SharedState

RETRY_AFTER_S = 5
_log = structlog.get_logger("trunkline.settlement")


class Settlement:
    """Prices answers, writes their records, and closes their holds."""

    __slots__ = ("_apps", "_byok_fee_bps", "_database", "_markup_bps", "_metrics", "_shared")

    def __init__(
        self, database: Database, shared: SharedState, apps: Apps, billing: Billing, metrics: GatewayMetrics
    ) -> None:
        self._database = database
        self._apps = apps
        self._shared = shared
        self._markup_bps = pricing.basis_points(billing.markup_percent)
        self._byok_fee_bps = pricing.basis_points(billing.byok_fee_percent)
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
            is_byok=exchange.candidate.byok_key_id is not None,
            byok_fee_bps=self._byok_fee_bps,
            byok_free_nanousd=exchange.byok_free_nanousd,
            tokens_chargeable=not insured,
        )
        if exchange.building is not None:  # the body builder is free (routing-and-catalog.md 12.3)
            charge = structs.replace(charge, total_nanousd=NanoUsd(0))
        return Bill(usage=usage, charge=charge, charged=not exchange.runtime.in_process)

    def bill_unheard(self, exchange: Exchange, candidate: Candidate, *, has_begun: bool) -> Bill:
        """What a call costs that was cancelled before its first content: its prompt by estimate, if the provider had
        taken it on. The caller never pays for it."""
        usage = Usage(prompt_tokens=exchange.request.prompt_tokens_estimate if has_begun else 0, estimated=True)
        charge = pricing.charge(candidate.endpoint.pricing, usage, at_ms=exchange.received_ms)
        return Bill(usage=usage, charge=charge, charged=False)

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
        generation = generation_of(exchange, status, bill, round(elapsed_s * 1000), app_id)
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
            byok_nanousd=generation.upstream_cost_nanousd if generation.is_byok else NanoUsd(0),
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
            is_byok=exchange.candidate.byok_key_id is not None,
            byok_fee_bps=self._byok_fee_bps,
            byok_free_nanousd=exchange.byok_free_nanousd,
            tokens_chargeable=True,
        )
        return structs.replace(
            generation_of(exchange, "running", None, 0, app_id),
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
            byok_nanousd=generation.upstream_cost_nanousd if generation.is_byok else NanoUsd(0),
        )
        self._metrics.settled(generation)

    def partial(self, exchange: Exchange, *, elapsed_s: float) -> Generation:
        """The record as far as it is known while the request runs: the attempts that are over, no end and no cost."""
        app = self._apps.known(exchange.caller.origin, None, ())
        so_far = generation_of(exchange, "running", None, round(elapsed_s * 1000), app)
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
