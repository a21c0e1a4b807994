"""Models by how fast their answers came here."""

from collections.abc import Iterable

from msgspec import Struct

from trunkline.listing.rows import ListedModel
from trunkline.statistics.history import measured
from trunkline.statistics.tally import EndpointKey, Measurements
from trunkline.statistics.windows import summarise
from trunkline.web.context import WebContext
from trunkline.web.pages.rankings.spans import Window

COUNT_MIN = 10
"""Fewer answers in the window say nothing (MP-07)."""
SHORT = 15
DAYS_MAX = 7
"""A longer window says little more about how fast a model is now, and takes long to add up."""


class Speed(Struct, frozen=True, kw_only=True):
    """A model's medians over all of its endpoints."""

    row: ListedModel
    throughput_tps: float
    latency_s: float | None
    answers: int
    share: float
    """Percent of the fastest one's throughput."""


async def fastest(context: WebContext, window: Window) -> list[Speed] | None:
    """By median throughput; None while the database is away."""
    rows = context.rows()
    ids = [endpoint.id for row in rows for endpoint in row.model.endpoints]
    first = max(window.first, window.today - DAYS_MAX + 1)
    found = await context.tried(context.database.read(measured, "days", ids, first))
    if found is None:
        return None
    speeds = [speed for row in rows if (speed := _speed(row, _of(row, found))) is not None]
    speeds.sort(key=lambda speed: -speed.throughput_tps)
    return [
        Speed(
            row=speed.row,
            throughput_tps=speed.throughput_tps,
            latency_s=speed.latency_s,
            answers=speed.answers,
            share=100 * speed.throughput_tps / speeds[0].throughput_tps,
        )
        for speed in speeds[:SHORT]
    ]


def _of(row: ListedModel, found: dict[EndpointKey, Measurements]) -> Iterable[Measurements]:
    own = {endpoint.id for endpoint in row.model.endpoints}
    return (measurements for (_, endpoint_id), measurements in found.items() if endpoint_id in own)


def _speed(row: ListedModel, parts: Iterable[Measurements]) -> Speed | None:
    summary = summarise(parts)
    speeds, waits = summary.throughput_tps, summary.latency_ms
    if speeds is None or speeds.count < COUNT_MIN:
        return None
    return Speed(
        row=row,
        throughput_tps=speeds.at("p50"),
        latency_s=None if waits is None or waits.count < COUNT_MIN else waits.at("p50") / 1000,
        answers=speeds.count,
        share=0,
    )
