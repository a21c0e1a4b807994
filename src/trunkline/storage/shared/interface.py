"""The verbs of shared state (architecture, "Storage"). Each is atomic; memory implements them now, Redis will.

Amounts are nano-dollars. `account_available` is settled balance minus open holds; a key's `spent` is settled spend
of its reset window. The implementation is told of settled money by `settle`, and of facts that changed in the
database by `load_account` / `load_key`.
"""

from typing import Literal, Protocol

from msgspec import Struct

from trunkline.core.money import NanoUsd

HoldRefusal = Literal["account_balance", "account_negative", "key_limit"]


class HoldRequest(Struct, frozen=True, kw_only=True):
    """What a request may cost at most, against whom (BIL-03)."""

    hold_id: str
    """The generation id: one request has one hold."""
    account_id: str
    key_hash: str
    amount_nanousd: NanoUsd
    expires_at_ms: int
    enforce_balance: bool
    """Prepaid: the account's balance must cover it. Postpaid: it is only counted."""
    key_limit_nanousd: NanoUsd | None
    key_window_start_day: int
    """First UTC day (since 1970) of the key's reset window; 0: whole life."""
    include_byok_in_limit: bool
    count_in_flight_full: bool = True
    key_amount_nanousd: NanoUsd | None = None
    """What counts against the key's limit, where that is another amount: with a caller's own provider key the list
    price may (KEY-21), while the account pays a fee at most."""


class HoldOutcome(Struct, frozen=True, kw_only=True):
    """`refused` is None when the hold stands. The two numbers say what was available before it, for messages;
    None where nothing limits."""

    refused: HoldRefusal | None
    account_available_nanousd: NanoUsd | None = None
    key_available_nanousd: NanoUsd | None = None


class RateOutcome(Struct, frozen=True, kw_only=True):
    """`allowed` False: `limit`, `remaining` and `reset_ms` fill the X-RateLimit headers (RL-07)."""

    allowed: bool
    limit: int
    remaining: int
    reset_ms: int


class KeySpendDays(Struct, frozen=True):
    """Settled spend of a key by UTC day, as (day, usage, byok)."""

    days: tuple[tuple[int, NanoUsd, NanoUsd], ...]


class SharedState(Protocol):
    """Everything that must be counted once over all workers and machines."""

    async def hold(self, request: HoldRequest) -> HoldOutcome:
        """Reserve, or say why not. Check and reservation are one step: parallel requests cannot both pass."""
        ...

    async def settle(
        self,
        hold_id: str,
        account_id: str,
        key_hash: str,
        day: int,
        charged_nanousd: NanoUsd,
        byok_nanousd: NanoUsd,
    ) -> None:
        """Replace the hold by what it really cost. Unknown holds (expired) still count the cost."""
        ...

    async def extend(self, hold_id: str, expires_at_ms: int) -> None:
        """Let an open hold live longer: its request still runs. Unknown ids are no error."""
        ...

    async def void(self, hold_id: str) -> None:
        """Drop a hold without cost. Unknown ids are no error: voiding twice is fine."""
        ...

    async def take(self, bucket: str, limit: int, window_s: int, now_ms: int) -> RateOutcome:
        """Count one request against a sliding window."""
        ...

    async def taken(self, bucket: str, now_ms: int) -> int:
        """How many requests count in the bucket's window now; counts none."""
        ...

    async def load_account(self, account_id: str, balance_nanousd: NanoUsd) -> None:
        """Take the settled balance from the database (start, credits added by another process)."""
        ...

    async def load_byok(self, account_id: str, spend: KeySpendDays) -> None:
        """Take what the account's own provider keys paid for, by day, from the database."""
        ...

    async def byok_since(self, account_id: str, day: int) -> NanoUsd:
        """List price of what the account's own provider keys paid for from that UTC day on, as far as it is settled."""
        ...

    async def load_key(self, key_hash: str, spend: KeySpendDays) -> None:
        """Take the settled spend from the database."""
        ...

    async def balance(self, account_id: str) -> NanoUsd | None:
        """Settled balance, None when the account was never loaded."""
        ...

    async def knows(self, account_id: str, key_hash: str) -> bool:
        """Whether both were loaded, so that admission needs no SQL."""
        ...

    async def forget_expired_holds(self, now_ms: int) -> int:
        """Drop holds past their expiry; returns how many."""
        ...

    async def remember(self, key: str, value: str, expires_at_ms: int) -> None:
        """A small fact with an end: sticky endpoint, one-time token."""
        ...

    async def recall(self, key: str, now_ms: int) -> str | None:
        """The fact, None when absent or past its end."""
        ...
