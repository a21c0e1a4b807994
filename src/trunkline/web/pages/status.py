"""`/status` and `/status.json`: what works now, and what did for ninety days (site.md 10).

Measured, from this instance's own attempts. Without the database the page says so and shows what it last knew.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.core.calendar import DAY_MS, MINUTE_MS
from trunkline.core.json import encode
from trunkline.statistics.history import EndpointDay, MinuteCount, days_of_all, minutes_of_all
from trunkline.web.context import WebContext
from trunkline.web.formats import times
from trunkline.web.pages.uptime_days import by_provider, day_bars, uptime_by
from trunkline.web.rendering import Document

DAYS = 90
WINDOW_MINUTES = 5
COUNTED_MIN = 10
"""Fewer attempts in the window say nothing; the component counts as operational."""
KEPT_MS = 60_000
"""How long an answer of the database is good for."""

State = Literal["operational", "degraded", "partial_outage", "major_outage", "unknown"]
STATE_TITLES: Mapping[State, tuple[str, str]] = {
    "operational": ("Operational", "good"),
    "degraded": ("Degraded", "warn"),
    "partial_outage": ("Partial outage", "bad"),
    "major_outage": ("Major outage", "bad"),
    "unknown": ("Unknown", ""),
}
_THRESHOLDS: tuple[tuple[float, State], ...] = ((75.0, "major_outage"), (25.0, "partial_outage"), (5.0, "degraded"))
"""Percent of failed attempts from which on it is called so (ST-02)."""
_WORST: tuple[State, ...] = ("operational", "unknown", "degraded", "partial_outage", "major_outage")
_ROUTING = "routing"


class Component(Struct, frozen=True, kw_only=True):
    """A part of the service, its state, and a bar for each day, oldest first."""

    name: str
    state: State
    bars: list[tuple[str, float | None]]


class StatusView(Struct, frozen=True, kw_only=True):
    """What the page shows."""

    overall: State
    components: list[Component]
    titles: Mapping[State, tuple[str, str]]
    as_of: str


class _Known(Struct, frozen=True):
    """What the database last said, and when."""

    at_ms: int = -KEPT_MS
    days: tuple[EndpointDay, ...] = ()
    minutes: tuple[MinuteCount, ...] = ()


class StatusPage:
    """Remembers what it last knew, for when the database is away (ST-04)."""

    def __init__(self, context: WebContext) -> None:
        self._context = context
        self._known = _Known()
        self._is_database_away = False

    async def view(self) -> StatusView:
        """The state of this minute."""
        await self._refresh()
        context, known = self._context, self._known
        today = context.facts.now_ms() // DAY_MS
        first = today - DAYS + 1
        percents = by_provider(known.days)
        names = {slug: each.provider.name for slug, each in context.world().providers.by_slug.items()}
        failing = _failing(known.minutes)
        components = [
            Component(name="Website", state="operational", bars=[]),
            Component(name="Database", state="major_outage" if self._is_database_away else "operational", bars=[]),
            Component(
                name="Routing of requests",
                state=_state(failing.get(_ROUTING)),
                bars=day_bars(uptime_by(known.days, lambda _: _ROUTING), _ROUTING, first, today),
            ),
            *(
                Component(name=name, state=_state(failing.get(slug)), bars=day_bars(percents, slug, first, today))
                for slug, name in sorted(names.items(), key=lambda pair: pair[1].lower())
            ),
        ]
        return StatusView(
            overall=_worst(components[:3]),
            components=components,
            titles=STATE_TITLES,
            as_of=times.moment(known.at_ms if self._is_database_away and known.at_ms > 0 else context.facts.now_ms()),
        )

    async def _refresh(self) -> None:
        now_ms = self._context.facts.now_ms()
        if now_ms - self._known.at_ms < KEPT_MS and not self._is_database_away:
            return
        days = await self._context.tried(self._context.database.read(days_of_all, now_ms // DAY_MS - DAYS + 1))
        minutes = await self._context.tried(
            self._context.database.read(minutes_of_all, now_ms // MINUTE_MS - WINDOW_MINUTES)
        )
        self._is_database_away = days is None or minutes is None
        if days is not None and minutes is not None:
            self._known = _Known(now_ms, tuple(days), tuple(minutes))


def routes(context: WebContext) -> list[Route]:
    """The page, and the same as JSON."""
    page = StatusPage(context)

    async def show(request: Request) -> Response:
        document = Document(
            template="status.html",
            title="Status",
            description="What works now, and what did for ninety days.",
            page=await page.view(),
        )
        return await context.respond(request, document)

    async def show_json(_: Request) -> Response:
        view = await page.view()
        body = encode(
            {
                "status": view.overall,
                "as_of": view.as_of,
                "components": [
                    {"name": each.name, "status": each.state, "days": [percent for _, percent in each.bars]}
                    for each in view.components
                ],
            }
        )
        return Response(body, media_type="application/json", headers={"cache-control": "no-store"})

    return [Route("/status", show), Route("/status.json", show_json)]


def _failing(minutes: tuple[MinuteCount, ...]) -> dict[str, tuple[int, int]]:
    """Component → (failures, counted attempts) of the last minutes."""
    found: dict[str, tuple[int, int]] = {}
    for row in minutes:
        slug = row.endpoint_id.rpartition("|")[2].partition("/")[0]
        for name in (slug, _ROUTING):
            bad, counted = found.get(name, (0, 0))
            found[name] = (bad + row.failures, counted + row.successes + row.failures)
    return found


def _state(counts: tuple[int, int] | None) -> State:
    if counts is None or counts[1] < COUNTED_MIN:
        return "operational"
    percent = 100.0 * counts[0] / counts[1]
    for threshold, state in _THRESHOLDS:
        if percent >= threshold:
            return state
    return "operational"


def _worst(components: Sequence[Component]) -> State:
    states = {each.state for each in components}
    found: State = "operational"
    for state in _WORST:
        if state in states:
            found = state
    return found
