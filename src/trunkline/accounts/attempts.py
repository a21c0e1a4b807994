"""How often somebody may try to prove who they are: by where they come from, and by whom they say they are."""

from trunkline.accounts import rates, secrets
from trunkline.core.clock import Clock
from trunkline.storage.shared.interface import SharedState

OF_ADDRESS = 20
OF_ACCOUNT = 10
WINDOW_S = 15 * 60


class Attempts:
    """Counts over all processes. Both raise RateLimited, which says when to come again."""

    __slots__ = ("_clock", "_shared")

    def __init__(self, shared: SharedState, clock: Clock) -> None:
        self._shared = shared
        self._clock = clock

    async def count_address(self, address: str | None) -> None:
        """One more from this address; those whose address is unknown count together."""
        await self._count("address", address or "", OF_ADDRESS)

    async def count_account(self, name: str) -> None:
        """One more for this account, by whatever name it is called, whether or not it exists."""
        await self._count("account", secrets.hash_secret(name), OF_ACCOUNT)

    async def _count(self, what: str, whose: str, limit: int) -> None:
        await rates.take(
            self._shared,
            f"sign_in:{what}:{whose}",
            limit,
            WINDOW_S,
            self._clock.now_ms(),
            what=f"{limit} attempts to sign in within {WINDOW_S // 60} minutes",
            source=f"sign_in_{what}",
        )
