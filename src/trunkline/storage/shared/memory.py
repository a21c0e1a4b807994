"""Shared state of one process. Atomic because every verb runs on the event loop without awaiting anything.

All of it is a cache of the database plus what is in flight: a restart loses holds (whose requests ended with the
process), rate windows and small facts, but no money.
"""

from trunkline.core.money import NanoUsd
from trunkline.storage.shared.facts import Facts
from trunkline.storage.shared.holds import OpenHold, OpenHolds
from trunkline.storage.shared.interface import HoldOutcome, HoldRefusal, HoldRequest, KeySpendDays, RateOutcome
from trunkline.storage.shared.rates import SlidingWindows
from trunkline.storage.shared.spend import KeySpend

SWEEP_MS = 60_000
"""Idle rate windows and old facts harm nobody: looking through all of them need not be done every second."""


class MemoryShared:
    """Implements `interface.SharedState` for one process."""

    __slots__ = ("_balances", "_byok", "_facts", "_holds", "_rates", "_spend", "_swept_ms")

    def __init__(self) -> None:
        self._balances: dict[str, int] = {}
        self._spend: dict[str, KeySpend] = {}
        self._byok: dict[str, KeySpend] = {}
        self._holds = OpenHolds()
        self._rates = SlidingWindows()
        self._facts = Facts()
        self._swept_ms = 0

    async def hold(self, request: HoldRequest) -> HoldOutcome:
        """Reserve `request.amount_nanousd`. A second hold of the same id takes the place of the first.

        An account or key that was never loaded counts as one that has and has spent nothing.
        """
        self._holds.close(request.hold_id)
        balance = self._balances.get(request.account_id, 0)
        account_available = balance - self._holds.of_account(request.account_id)
        key_available = self._key_available(request)
        refused = _refusal(request, balance, account_available, key_available)
        if refused is None:
            self._holds.open(
                OpenHold(
                    request.hold_id,
                    request.account_id,
                    request.key_hash,
                    request.amount_nanousd,
                    request.expires_at_ms,
                    request.key_amount_nanousd,
                )
            )
        return HoldOutcome(
            refused=refused,
            account_available_nanousd=NanoUsd(account_available) if request.enforce_balance else None,
            key_available_nanousd=None if key_available is None else NanoUsd(key_available),
        )

    def _key_available(self, request: HoldRequest) -> int | None:
        """What the key's limit leaves, never below 0 (KEY-15, KEY-21); None without a limit."""
        if request.key_limit_nanousd is None:
            return None
        spend = self._spend.get(request.key_hash)
        spent = (
            0 if spend is None else spend.since(request.key_window_start_day, with_byok=request.include_byok_in_limit)
        )
        held = self._holds.of_key(request.key_hash) if request.count_in_flight_full else 0
        return max(0, request.key_limit_nanousd - spent - held)

    async def settle(
        self,
        hold_id: str,
        account_id: str,
        key_hash: str,
        day: int,
        charged_nanousd: NanoUsd,
        byok_nanousd: NanoUsd,
    ) -> None:
        """Replace the hold by what it really cost. What was never loaded is not counted: loading brings it."""
        self._holds.close(hold_id)
        if account_id in self._balances:
            self._balances[account_id] -= charged_nanousd
        if (spend := self._spend.get(key_hash)) is not None:
            spend.add(day, charged_nanousd, byok_nanousd)
        if byok_nanousd and (own := self._byok.get(account_id)) is not None:
            own.add(day, 0, byok_nanousd)

    async def extend(self, hold_id: str, expires_at_ms: int) -> None:
        """See `interface.SharedState.extend`."""
        self._holds.extend(hold_id, expires_at_ms)

    async def void(self, hold_id: str) -> None:
        """Drop a hold without cost."""
        self._holds.close(hold_id)

    async def take(self, bucket: str, limit: int, window_s: int, now_ms: int) -> RateOutcome:
        """Count one request against a sliding window of `limit` (at least 1) in `window_s` seconds."""
        return self._rates.take(bucket, limit, window_s, now_ms)

    async def taken(self, bucket: str, now_ms: int) -> int:
        """How many requests count in the bucket's window now."""
        return self._rates.taken(bucket, now_ms)

    async def load_account(self, account_id: str, balance_nanousd: NanoUsd) -> None:
        """Take the settled balance from the database."""
        self._balances[account_id] = balance_nanousd

    async def load_byok(self, account_id: str, spend: KeySpendDays) -> None:
        """Take what the account's own provider keys paid for from the database."""
        self._byok[account_id] = KeySpend(spend)

    async def byok_since(self, account_id: str, day: int) -> NanoUsd:
        """List price of what the account's own provider keys paid for from that UTC day on."""
        own = self._byok.get(account_id)
        return NanoUsd(0 if own is None else own.since(day, with_byok=True))

    async def load_key(self, key_hash: str, spend: KeySpendDays) -> None:
        """Take the settled spend from the database."""
        self._spend[key_hash] = KeySpend(spend)

    async def balance(self, account_id: str) -> NanoUsd | None:
        """Settled balance, None when the account was never loaded."""
        balance = self._balances.get(account_id)
        return None if balance is None else NanoUsd(balance)

    async def knows(self, account_id: str, key_hash: str) -> bool:
        """Whether both were loaded."""
        return account_id in self._balances and key_hash in self._spend

    async def forget_expired_holds(self, now_ms: int) -> int:
        """Drop holds past their expiry (BIL-03); returns how many. Sweeps idle rate windows and old facts as well."""
        if now_ms - self._swept_ms >= SWEEP_MS:
            self._swept_ms = now_ms
            self._rates.forget_idle(now_ms)
            self._facts.forget_expired(now_ms)
        return self._holds.expire(now_ms)

    async def remember(self, key: str, value: str, expires_at_ms: int) -> None:
        """Keep a small fact until `expires_at_ms`; beyond the bound the oldest are forgotten first."""
        self._facts.remember(key, value, expires_at_ms)

    async def recall(self, key: str, now_ms: int) -> str | None:
        """The fact, None when absent or past its end."""
        return self._facts.recall(key, now_ms)

    def open_holds(self) -> int:
        """How many requests have money reserved (a metric)."""
        return len(self._holds)


def _refusal(
    request: HoldRequest, balance: int, account_available: int, key_available: int | None
) -> HoldRefusal | None:
    """AFF-01, AFF-02, KEY-22: a debt refuses everything, nothing left refuses what costs something."""
    if request.enforce_balance:
        if balance < 0:
            return "account_negative"
        if request.amount_nanousd > max(0, account_available):
            return "account_balance"
    key_amount = request.amount_nanousd if request.key_amount_nanousd is None else request.key_amount_nanousd
    if key_available is not None and key_amount > key_available:
        return "key_limit"
    return None
