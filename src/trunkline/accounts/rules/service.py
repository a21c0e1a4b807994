"""Reading and changing what an account allows (accounts-and-governance.md 13.1)."""

from sqlalchemy import Connection

from trunkline.accounts import audit
from trunkline.accounts.rules import repository
from trunkline.accounts.rules.types import Privacy
from trunkline.accounts.types import Actor
from trunkline.core.clock import Clock
from trunkline.storage import state_versions
from trunkline.storage.interface import Database


class PrivacyService:
    """Raises StorageUnavailable when the database is away."""

    __slots__ = ("_clock", "_database")

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def find(self, account_id: str) -> Privacy | None:
        """What the account allows; None: it never said anything, so the instance's defaults are its own."""
        return await self._database.read(repository.privacy_of, account_id)

    async def change(self, actor: Actor, privacy: Privacy) -> None:
        """Keep it, with an audit entry; processes that hold callers in memory notice within seconds (PRV-05)."""
        await self._database.write(_change, actor, privacy, self._clock.now_ms())


def _change(connection: Connection, actor: Actor, privacy: Privacy, now_ms: int) -> None:
    before = repository.privacy_of(connection, actor.account_id)
    if before == privacy:
        return
    repository.put_privacy(connection, actor.account_id, privacy, now_ms)
    audit.record(connection, actor, "privacy.change", actor.account_id, now_ms, {"before": before, "after": privacy})
    state_versions.bump(connection, "keys")
