"""What the status page knows and shows. Without the database it says so, and shows what it last knew (ST-04)."""

import asyncio

from msgspec import Struct

from trunkline.core.calendar import DAY_MS, MINUTE_MS
from trunkline.statistics.history import EndpointDay, MinuteCount, days_of_all, minutes_of_all
from trunkline.web.context import WebContext
from trunkline.web.formats import times
from trunkline.web.pages.status.components import (
    API_TITLES,
    DATABASE,
    ROUTING,
    WEBSITE,
    Component,
    Naming,
    failing,
)
from trunkline.web.pages.status.incidents import Incident, read_incidents
from trunkline.web.pages.status.states import State, state_of, worst
from trunkline.web.pages.uptime_days import Percents, day_bars, uptime_by

DAYS = 90
WINDOW_MINUTES = 5
KEPT_MS = 30_000
"""How long an answer of the database is good for."""


class StatusView(Struct, frozen=True, kw_only=True):
    """What the page shows: parts of the instance, kinds of requests, providers, and what the operator says."""

    overall: State
    own: list[Component]
    api: list[Component]
    providers: list[Component]
    incidents: list[Incident]
    as_of: str

    @property
    def components(self) -> list[Component]:
        return [*self.own, *self.api, *self.providers]

    @property
    def open_incidents(self) -> list[Incident]:
        return [incident for incident in self.incidents if not incident.is_resolved]

    @property
    def months(self) -> list[tuple[str, list[Incident]]]:
        """Incidents by month, newest first."""
        names = dict.fromkeys(incident.month for incident in self.incidents)
        return [(name, [each for each in self.incidents if each.month == name]) for name in names]


class _Known(Struct, frozen=True):
    """What the database last said, and when."""

    at_ms: int = -KEPT_MS
    days: tuple[EndpointDay, ...] = ()
    minutes: tuple[MinuteCount, ...] = ()


class StatusPage:
    """Remembers what it last knew, for when the database is away."""

    def __init__(self, context: WebContext) -> None:
        self._context = context
        self._known = _Known()
        self._is_database_away = False

    async def view(self) -> StatusView:
        """The state of this minute."""
        await self._refresh()
        incidents = await asyncio.to_thread(read_incidents, self._context.settings.home)
        measured = self._measured(incidents)
        now_ms = self._context.facts.now_ms()
        known_ms = self._known.at_ms if self._is_database_away and self._known.at_ms > 0 else now_ms
        served = {row.model.operation for row in self._context.rows()}
        enabled = {each.provider.name for each in self._context.world().providers.by_slug.values()}
        own = [
            measured.fixed(WEBSITE, "operational"),
            measured.fixed(DATABASE, "major_outage" if self._is_database_away else "operational"),
            measured.component(ROUTING),
        ]
        api = [measured.component(title) for operation, title in API_TITLES.items() if operation in served]
        return StatusView(
            overall=worst(each.state for each in (*own, *api)),
            own=own,
            api=api,
            providers=[measured.component(name) for name in sorted(enabled, key=str.lower)],
            incidents=incidents,
            as_of=times.moment(known_ms),
        )

    def _measured(self, incidents: list[Incident]) -> "_Measured":
        naming = Naming(self._context.facts.snapshot())
        days = self._known.days
        return _Measured(
            counts=failing(self._known.minutes, naming),
            percents={key: value for name_of in naming.all for key, value in uptime_by(days, name_of).items()},
            today=self._context.facts.now_ms() // DAY_MS,
            incidents=[incident for incident in incidents if not incident.is_resolved],
        )

    async def _refresh(self) -> None:
        context, now_ms = self._context, self._context.facts.now_ms()
        if now_ms - self._known.at_ms < KEPT_MS and not self._is_database_away:
            return
        first_day, first_minute = now_ms // DAY_MS - DAYS + 1, now_ms // MINUTE_MS - WINDOW_MINUTES
        days = await context.tried(context.database.read(days_of_all, first_day))
        minutes = await context.tried(context.database.read(minutes_of_all, first_minute))
        self._is_database_away = days is None or minutes is None
        if days is not None and minutes is not None:
            self._known = _Known(now_ms, tuple(days), tuple(minutes))


class _Measured(Struct, frozen=True, kw_only=True):
    """What components are made from."""

    counts: dict[str, tuple[int, int]]
    percents: Percents
    today: int
    incidents: list[Incident]

    def component(self, name: str) -> Component:
        """One whose attempts are counted."""
        bars = day_bars(self.percents, name, self.today - DAYS + 1, self.today)
        return self._made(name, state_of(self.counts.get(name)), bars)

    def fixed(self, name: str, state: State) -> Component:
        """One that nobody counts."""
        return self._made(name, state, [])

    def _made(self, name: str, state: State, bars: list[tuple[str, float | None]]) -> Component:
        said = next((incident for incident in self.incidents if incident.concerns(name)), None)
        if said is None:
            return Component(name=name, state=state, bars=bars)
        return Component(name=name, state=said.state, bars=bars, incident=said.anchor)
