"""Open holds of one process: who has reserved how much, until when (accounts-and-governance.md BIL-03)."""

from heapq import heapify, heappop, heappush

_STALE_MAX = 64
"""Entries of closed holds that the expiry heap may keep beside one for each open hold."""


class OpenHold:
    """A reservation. Closed exactly once: posted, voided or expired."""

    __slots__ = ("account_id", "amount_nanousd", "expires_at_ms", "hold_id", "key_amount_nanousd", "key_hash")

    def __init__(
        self,
        hold_id: str,
        account_id: str,
        key_hash: str,
        amount_nanousd: int,
        expires_at_ms: int,
        key_amount_nanousd: int | None = None,
    ) -> None:
        self.hold_id = hold_id
        self.account_id = account_id
        self.key_hash = key_hash
        self.amount_nanousd = amount_nanousd
        self.key_amount_nanousd = amount_nanousd if key_amount_nanousd is None else key_amount_nanousd
        self.expires_at_ms = expires_at_ms


class OpenHolds:
    """All open holds with their sums by account and by key. Sums without holds are dropped."""

    __slots__ = ("_by_account", "_by_key", "_expiries", "_holds")

    def __init__(self) -> None:
        self._holds: dict[str, OpenHold] = {}
        self._by_account: dict[str, int] = {}
        self._by_key: dict[str, int] = {}
        self._expiries: list[tuple[int, str]] = []

    def __len__(self) -> int:
        return len(self._holds)

    def of_account(self, account_id: str) -> int:
        """Nano-dollars that the account's open requests may still cost."""
        return self._by_account.get(account_id, 0)

    def of_key(self, key_hash: str) -> int:
        """Nano-dollars that the key's open requests may still cost."""
        return self._by_key.get(key_hash, 0)

    def open(self, hold: OpenHold) -> None:
        """Add a hold whose id is not open."""
        self._holds[hold.hold_id] = hold
        self._add(hold, 1)
        if len(self._expiries) > 2 * len(self._holds) + _STALE_MAX:
            self._expiries = [(one.expires_at_ms, one.hold_id) for one in self._holds.values()]
            heapify(self._expiries)
        else:
            heappush(self._expiries, (hold.expires_at_ms, hold.hold_id))

    def close(self, hold_id: str) -> bool:
        """Free what the hold reserves; False when it is not open."""
        hold = self._holds.pop(hold_id, None)
        if hold is None:
            return False
        self._add(hold, -1)
        return True

    def extend(self, hold_id: str, expires_at_ms: int) -> None:
        """Move the end of an open hold; one that is not open stays so."""
        hold = self._holds.get(hold_id)
        if hold is not None:
            hold.expires_at_ms = expires_at_ms
            heappush(self._expiries, (expires_at_ms, hold_id))

    def expire(self, now_ms: int) -> int:
        """Close the holds whose time is over; returns how many."""
        count = 0
        while self._expiries and self._expiries[0][0] <= now_ms:
            expires_at_ms, hold_id = heappop(self._expiries)
            hold = self._holds.get(hold_id)
            # The entry may be of an earlier hold of the same id.
            if hold is not None and hold.expires_at_ms == expires_at_ms and self.close(hold_id):
                count += 1
        return count

    def _add(self, hold: OpenHold, sign: int) -> None:
        _add_to(self._by_account, hold.account_id, sign * hold.amount_nanousd)
        _add_to(self._by_key, hold.key_hash, sign * hold.key_amount_nanousd)


def _add_to(sums: dict[str, int], name: str, amount: int) -> None:
    total = sums.get(name, 0) + amount
    if total:
        sums[name] = total
    else:
        sums.pop(name, None)
