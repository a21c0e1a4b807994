"""Apps in the database: one row for each origin, whichever process met it first."""

from collections.abc import Iterable, Sequence

from msgspec import Struct
from sqlalchemy import Connection, select, update

from trunkline.storage.tables import apps
from trunkline.storage.upsert import insert_into

CATEGORIES_MAX = 10
"""Kept of one app, the first that came (routing-and-catalog.md 23)."""


class Sighting(Struct, frozen=True):
    """What a request says of the app that sent it."""

    origin: str
    title: str | None
    categories: tuple[str, ...]


class App(Struct, frozen=True):
    """An app as stored. The id is given once and never changes."""

    id: int
    title: str | None
    categories: tuple[str, ...]

    def told(self, sighting: Sighting) -> "App":
        """With what a later request says: its title stands, its categories are merged."""
        merged = dict.fromkeys((*self.categories, *sighting.categories))
        return App(self.id, sighting.title or self.title, tuple(merged)[:CATEGORIES_MAX])


def keep(connection: Connection, sighting: Sighting, now_ms: int) -> App:
    """The sighting's app, created when it is the first of its origin, else brought up to date."""
    app = _find(connection, sighting.origin)
    if app is None:
        # Another process may be as far as this: the insert waits for it, and then finds its row.
        connection.execute(
            insert_into(connection.dialect, apps)
            .values(origin=sighting.origin, title=None, categories="", created_at_ms=now_ms)
            .on_conflict_do_nothing(index_elements=["origin"])
        )
        app = _find(connection, sighting.origin)
        assert app is not None
    told = app.told(sighting)
    if told != app:
        connection.execute(
            update(apps).where(apps.c.id == app.id).values(title=told.title, categories=",".join(told.categories))
        )
    return told


def keep_all(connection: Connection, sightings: Iterable[Sighting], now_ms: int) -> Sequence[App]:
    """`keep` for several, ordered by origin so that two processes take row locks alike."""
    return [keep(connection, sighting, now_ms) for sighting in sorted(sightings, key=_origin)]


def _origin(sighting: Sighting) -> str:
    return sighting.origin


def _find(connection: Connection, origin: str) -> App | None:
    row = connection.execute(select(apps).where(apps.c.origin == origin).with_for_update()).one_or_none()
    if row is None:
        return None
    return App(row.id, row.title, tuple(filter(None, row.categories.split(","))))
