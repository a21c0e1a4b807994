"""Which app sends a request, by its origin (routing-and-catalog.md 23, inference.md 28).

`known` is the hot path: a dictionary. Only the first request of an origin that this process has not met waits for
the database, after its answer and before its record. Titles and categories that changed are gathered and written once
a second, so that two clients which disagree about an app's title cost one write, not one for each request.
"""

import asyncio

import structlog

from trunkline.accounts import app_repository
from trunkline.accounts.app_repository import App, Sighting
from trunkline.accounts.cache import LruCache
from trunkline.core.clock import Clock
from trunkline.storage.interface import Database, StorageRefused, StorageUnavailable

APPS_MAX = 10_000
CHANGED_MAX = 1_000
"""Changes that wait; what comes beyond is taken from a later request of the same app."""
MEET_S_MAX = 1.0
"""How long a record waits for its app's id: a database that is away must not hold up answers."""

_log = structlog.get_logger("trunkline.accounts")


class Apps:
    """The apps of one instance. All methods belong to one event loop."""

    __slots__ = ("_apps", "_changed", "_clock", "_database", "_turn")

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._apps: LruCache[str, App] = LruCache(APPS_MAX)
        self._changed: dict[str, Sighting] = {}
        self._turn = asyncio.Lock()

    def known(self, origin: str, title: str | None, categories: tuple[str, ...]) -> int | None:
        """The app's id from memory; None when this process has not met it yet. What changed waits for `flush`."""
        app = self._apps.get(origin)
        if app is None:
            return None
        if (title is not None and title != app.title) or any(name not in app.categories for name in categories):
            self._note(app, Sighting(origin, title, categories))
        return app.id

    async def meet(self, origin: str, title: str | None, categories: tuple[str, ...]) -> int | None:
        """The app's id from the database, where it is created if need be; None while the database is away."""
        try:
            async with asyncio.timeout(MEET_S_MAX), self._turn:
                if (met := self.known(origin, title, categories)) is not None:
                    return met
                sighting = Sighting(origin, title, categories)
                app = await self._database.write(app_repository.keep, sighting, self._clock.now_ms())
        except (TimeoutError, StorageUnavailable, StorageRefused) as error:
            _log.warning("a record goes without its app", origin=origin, reason=str(error) or "no answer in time")
            return None
        self._apps.put(origin, app)
        return app.id

    async def flush(self) -> None:
        """Write the titles and categories that changed since. While the database is away they wait."""
        if not self._changed:
            return
        waiting, self._changed = self._changed, {}
        try:
            await self._database.write(app_repository.keep_all, tuple(waiting.values()), self._clock.now_ms())
        except StorageUnavailable:
            self._changed = {**waiting, **self._changed}
        except StorageRefused as refused:
            _log.warning("titles of apps cannot be stored", reason=str(refused))

    async def close(self) -> None:
        """Write what changed, or let it go: the next request of the app says it again."""
        await self.flush()
        self._changed.clear()

    def _note(self, app: App, sighting: Sighting) -> None:
        told = app.told(sighting)
        if told == app or (len(self._changed) >= CHANGED_MAX and sighting.origin not in self._changed):
            return
        self._apps.put(sighting.origin, told)
        self._changed[sighting.origin] = Sighting(sighting.origin, told.title, told.categories)
