"""May this request be spent on? Holds before the first byte, and the 402 that says what is missing.

accounts-and-governance.md 2.3 (key limits), 4.4–4.5 (holds, affordability), 5 (order of checks), 6 (rates).
"""

from typing import NoReturn

from msgspec.structs import replace

from trunkline.accounts import rates
from trunkline.catalog import pricing
from trunkline.catalog.media import used_attousd
from trunkline.core.calendar import day_of, window_start_day
from trunkline.core.errors import InvalidRequest, PaymentRequired
from trunkline.core.money import NANO_PER_USD, NanoUsd, format_usd
from trunkline.gateway.exchange import Exchange, Hold
from trunkline.routing.types import Candidate
from trunkline.settings import Settings
from trunkline.storage.shared.interface import HoldOutcome, HoldRequest, SharedState

HOLD_MARGIN_S = 60
"""An abandoned hold lapses this long after the request's own time limit (BIL-03)."""
OUTPUT_TOKENS_MIN = 256
"""The least output cap that is lowered to what is affordable (AFF-05)."""
FREE_MINUTE_S = 60
FREE_DAY_S = 86_400


def free_day_bucket(account_id: str) -> str:
    """Where an account's requests of the day to free variants are counted."""
    return f"free-day:{account_id}"


class Admission:
    """Rates and money of one instance."""

    __slots__ = (
        "_billing",
        "_byok_allowance_nanousd",
        "_byok_fee_bps",
        "_hold_ms",
        "_limits",
        "_markup_bps",
        "_public_url",
        "_shared",
    )

    def __init__(self, shared: SharedState, settings: Settings) -> None:
        self._shared = shared
        self._billing = settings.billing
        self._limits = settings.limits
        self._markup_bps = pricing.basis_points(settings.billing.markup_percent)
        self._byok_fee_bps = pricing.basis_points(settings.billing.byok_fee_percent)
        self._byok_allowance_nanousd = settings.billing.byok_allowance_usd * NANO_PER_USD
        self._public_url = settings.public_url
        self._hold_ms = round((_longest_timeout_s(settings) + HOLD_MARGIN_S) * 1000)

    async def rate(self, account_id: str, now_ms: int) -> None:
        """Burst protection of the account (RL-01). Raises RateLimited."""
        limit = self._limits.requests_per_second
        if limit:
            await self._take(f"rps:{account_id}", limit, 1, now_ms, "requests-per-second", "account_burst")

    async def free_quota(self, exchange: Exchange) -> None:
        """The quotas of free variants, off unless the operator sets them (RL-02). Raises RateLimited."""
        account_id, now_ms = exchange.principal.account_id, exchange.received_ms
        exchange.quota_taken = True
        if per_minute := self._limits.free_requests_per_minute:
            await self._take(
                f"free-min:{account_id}", per_minute, FREE_MINUTE_S, now_ms, "free-models-per-min", "free_tier_minute"
            )
        if per_day := self._limits.free_requests_per_day:
            bucket = free_day_bucket(account_id)
            await self._take(bucket, per_day, FREE_DAY_S, now_ms, "free-models-per-day", "free_tier_daily")

    async def _take(self, bucket: str, limit: int, window_s: int, now_ms: int, what: str, source: str) -> None:
        await rates.take(self._shared, bucket, limit, window_s, now_ms, what=what, source=source)

    async def check_funds(self, exchange: Exchange) -> None:
        """The checks of account and key alone, for a request that nobody can serve: 429 and 402 come before 404."""
        is_free = all(model.endswith(":free") for model in exchange.request.models)
        if is_free:
            await self.free_quota(exchange)
        outcome = await self._reserve(exchange, NanoUsd(0 if is_free else 1))
        await self._shared.void(exchange.generation_id)
        if outcome.refused is not None:
            self._refuse(exchange, None, outcome)

    async def hold(self, exchange: Exchange, candidate: Candidate) -> None:
        """Reserve what the request may cost at most on this candidate, in place of any earlier hold.

        Raises PaymentRequired with the numbers when neither the request nor one with a lower output cap is
        affordable. Free candidates, and the Sandbox, which charges nobody (OP-13), pass with an empty reservation,
        unless the balance is negative (AFF-01, AFF-02); so does a key of the caller's own while there is no fee on it.
        """
        if candidate.byok_key_id is not None:
            await self._remember_allowance(exchange)
        asked = exchange.request.max_output_tokens
        tokens = self._output_tokens(exchange, candidate)
        amount = self._worst_case(exchange, candidate, tokens)
        exchange.hold = None
        outcome = await self._reserve(exchange, amount, candidate)
        if outcome.refused is None:
            exchange.hold = Hold(amount)
            return
        affordable = self._affordable_tokens(exchange, candidate, outcome)
        if (
            exchange.inbound.operation == "chat"
            and asked is None
            and not self._billing.strict_max_tokens
            and affordable >= OUTPUT_TOKENS_MIN
        ):
            capped = min(affordable, tokens)
            amount = self._worst_case(exchange, candidate, capped)
            outcome = await self._reserve(exchange, amount, candidate)
            if outcome.refused is None:
                exchange.hold = Hold(amount, capped)
                return
        self._refuse(exchange, candidate, outcome)

    async def widen(self, exchange: Exchange, candidate: Candidate) -> bool:
        """Let the open hold cover this candidate, too, of which and the present one only one will be paid. False: that
        is not affordable, and the hold is what it was."""
        held = exchange.hold
        if held is None:
            return False
        tokens = held.max_output_tokens or self._output_tokens(exchange, candidate)
        amount = self._worst_case(exchange, candidate, tokens)
        if amount <= held.amount_nanousd:
            return True
        if (await self._reserve(exchange, amount)).refused is None:
            exchange.hold = replace(held, amount_nanousd=amount)
            return True
        await self._reserve(exchange, held.amount_nanousd)
        return False

    async def extend(self, exchange: Exchange, now_ms: int) -> None:
        """The request still runs: its hold must not lapse before it ends, however long a stream takes."""
        if exchange.hold is not None and exchange.hold_until_ms - now_ms < self._hold_ms // 2:
            exchange.hold_until_ms = now_ms + self._hold_ms
            await self._shared.extend(exchange.generation_id, exchange.hold_until_ms)

    async def release(self, exchange: Exchange) -> None:
        """Void the hold of a request that was refused before anything was sent."""
        await self._shared.void(exchange.generation_id)

    async def _remember_allowance(self, exchange: Exchange) -> None:
        """Before an attempt with a key of the caller's own: what of it would be free. Requests that are in flight
        together do not see each other (BIL-04)."""
        if self._byok_fee_bps:
            month = window_start_day("monthly", day_of(exchange.received_ms))
            used = await self._shared.byok_since(exchange.principal.account_id, month)
            exchange.byok_free_nanousd = NanoUsd(max(0, self._byok_allowance_nanousd - used))

    def _charged(self, exchange: Exchange, candidate: Candidate, amount: NanoUsd) -> NanoUsd:
        """What of the worst case the account pays: with a key of the caller's own a fee at most (BY-28)."""
        if candidate.byok_key_id is None:
            return amount
        return pricing.byok_fee_nanousd(amount, self._byok_fee_bps, exchange.byok_free_nanousd)

    async def _reserve(self, exchange: Exchange, amount: NanoUsd, candidate: Candidate | None = None) -> HoldOutcome:
        key, key_amount = exchange.principal.key, None
        if candidate is not None and candidate.byok_key_id is not None:
            list_price, amount = amount, self._charged(exchange, candidate, amount)
            key_amount = NanoUsd(amount + list_price) if key.include_byok_in_limit else amount
        exchange.hold_until_ms = exchange.received_ms + self._hold_ms
        return await self._shared.hold(
            HoldRequest(
                hold_id=exchange.generation_id,
                account_id=exchange.principal.account_id,
                key_hash=key.hash,
                amount_nanousd=amount,
                expires_at_ms=exchange.hold_until_ms,
                enforce_balance=self._billing.mode == "prepaid",
                key_limit_nanousd=key.limit_nanousd,
                key_window_start_day=window_start_day(key.limit_reset, day_of(exchange.received_ms)),
                include_byok_in_limit=key.include_byok_in_limit,
                key_amount_nanousd=key_amount,
            )
        )

    def _output_tokens(self, exchange: Exchange, candidate: Candidate) -> int:
        """The most that may be answered, as far as anybody says."""
        most = candidate.endpoint.max_output_tokens or candidate.model.max_output_tokens
        return exchange.request.max_output_tokens or most or self._billing.estimate_output_tokens

    def _worst_case(self, exchange: Exchange, candidate: Candidate, output_tokens: int) -> NanoUsd:
        if exchange.building is not None or exchange.runtime_of(candidate).in_process:
            return NanoUsd(0)
        return pricing.worst_case_nanousd(
            candidate.endpoint.pricing,
            exchange.request.prompt_tokens_estimate + exchange.said_tokens,
            output_tokens,
            exchange.received_ms,
            n=exchange.request.n,
            markup_bps=self._markup_bps if candidate.byok_key_id is None else 0,
            media_attousd=used_attousd(candidate.endpoint.pricing, exchange.inbound.media_estimate),
        )

    def _affordable_tokens(self, exchange: Exchange, candidate: Candidate, outcome: HoldOutcome) -> int:
        """Output tokens of each choice that the scarcer of account and key still pays for; below 0 when not even
        the prompt is affordable."""
        markup_bps = self._markup_bps if candidate.byok_key_id is None else self._own_markup_bps(exchange, outcome)
        tokens = pricing.affordable_output_tokens(
            candidate.endpoint.pricing,
            exchange.request.prompt_tokens_estimate,
            _available(outcome),
            exchange.received_ms,
            n=exchange.request.n,
            markup_bps=markup_bps,
        )
        return candidate.endpoint.max_output_tokens or 0 if tokens is None else tokens

    def _own_markup_bps(self, exchange: Exchange, outcome: HoldOutcome) -> int:
        """What is paid on top of the list price with a key of the caller's own: the fee, and not the list price itself
        unless it counts against the limit that refused. The allowance is left out: it makes the answer longer."""
        counts = outcome.refused == "key_limit" and exchange.principal.key.include_byok_in_limit
        return self._byok_fee_bps - (0 if counts else pricing.BASIS_POINTS)

    def _refuse(self, exchange: Exchange, candidate: Candidate | None, outcome: HoldOutcome) -> NoReturn:
        key = exchange.principal.key
        available = _available(outcome)
        if outcome.refused == "account_negative":
            raise PaymentRequired(
                f"Insufficient credits. The account's balance is {format_usd(available)}; add credits at "
                f"{self._public_url}/settings/credits, or check that this key belongs to the right account."
            )
        if outcome.refused == "key_limit" and available <= 0:
            raise PaymentRequired(
                f"Key limit exceeded ({key.limit_reset or 'total'} limit). "
                f"Manage it using {self._public_url}/settings/keys",
                status=self._billing.key_limit_status,
            )
        if candidate is None or available <= 0:
            raise PaymentRequired(
                f"Insufficient credits. The account has {format_usd(available)} available; add credits at "
                f"{self._public_url}/settings/credits"
            )
        where = "keys" if outcome.refused == "key_limit" else "credits"
        if exchange.inbound.operation != "chat":
            cost = self._worst_case(exchange, candidate, self._output_tokens(exchange, candidate))
            raise PaymentRequired(
                f"This request requires more credits: it may cost up to {format_usd(cost)}, but only "
                f"{format_usd(available)} is available. Send less at once, or visit "
                f"{self._public_url}/settings/{where}",
                metadata={"provider_name": None},
            )
        affordable = self._affordable_tokens(exchange, candidate, outcome)
        asked = exchange.request.max_output_tokens or candidate.endpoint.max_output_tokens
        if affordable <= 0:
            prompt = exchange.request.prompt_tokens_estimate
            cost = pricing.prompt_nanousd(candidate.endpoint.pricing, prompt, exchange.received_ms)
            raise PaymentRequired(
                f"Prompt tokens limit exceeded: {prompt} > {prompt * available // max(1, cost)}. "
                f"To raise it, visit {self._public_url}/settings/{where}",
                metadata={"provider_name": None},
            )
        raise PaymentRequired(
            "This request requires more credits, or fewer max_tokens. "
            f"You requested up to {asked or self._billing.estimate_output_tokens} tokens, "
            f"but can only afford {affordable}. To increase, visit {self._public_url}/settings/{where}",
            metadata={"provider_name": None},
        )


def _available(outcome: HoldOutcome) -> NanoUsd:
    known = [n for n in (outcome.account_available_nanousd, outcome.key_available_nanousd) if n is not None]
    return min(known, default=NanoUsd(0))


def _longest_timeout_s(settings: Settings) -> float:
    own = [provider.total_timeout_seconds or 0.0 for provider in settings.providers.values()]
    return max([settings.routing.total_timeout_seconds, *own])


def require_text_request(exchange: Exchange) -> None:
    """Audio output can only be streamed (inference.md 11.2). Raises InvalidRequest."""
    if "audio" in exchange.request.output_modalities and not exchange.request.stream:
        raise InvalidRequest(
            "Audio output needs a stream: set `stream` to true, or leave `audio` out of `modalities`.",
            field="stream",
        )
