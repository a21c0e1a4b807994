"""Published scores against price: a point for each model that has both."""

from collections import Counter
from collections.abc import Mapping
from math import log10
from typing import Literal

from msgspec import Struct

from trunkline.catalog.scores import indices
from trunkline.core.money import ATTO_PER_USD
from trunkline.listing.rows import ListedModel
from trunkline.web.context import WebContext

Index = Literal["intelligence", "coding", "agentic"]
INDEX_TITLES: Mapping[Index, str] = {
    "intelligence": "Intelligence index",
    "coding": "Coding index",
    "agentic": "Agentic index",
}
INPUT_SHARE = 0.75
"""The price of a point is that of a million tokens of which so many are input: three in for one out."""
TICKS_USD = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
_MARGIN = 4.0
"""Percent of the plot that is left free on each side."""


class Point(Struct, frozen=True, kw_only=True):
    """A model; `x` and `y` in percent of the plot, from its upper left corner."""

    row: ListedModel
    score: float
    price_usd: float
    """Of a million tokens."""
    x: float
    y: float


class Scatter(Struct, frozen=True, kw_only=True):
    """What the section shows."""

    index: Index
    points: list[Point]
    price_ticks: list[tuple[str, float]]
    """(label, x in percent)."""
    score_ticks: list[tuple[str, float]]
    """(label, y in percent)."""


def read_index(context: WebContext, value: str | None) -> Index:
    """The index of an address; the one that most models have for anything unknown."""
    match value:
        case "intelligence" | "coding" | "agentic":
            return value
        case _:
            have = Counter(name for row in context.rows() for name in indices(row.model))
            return max(INDEX_TITLES, key=lambda index: have[f"{index}_index"])


def scatter(context: WebContext, index: Index) -> Scatter:
    """Best first. Free models have no place on a logarithmic axis and are left out."""
    found = [
        (row, score, price)
        for row in context.rows()
        if (score := indices(row.model).get(f"{index}_index")) is not None and (price := _price_usd(row)) > 0
    ]
    if not found:
        return Scatter(index=index, points=[], price_ticks=[], score_ticks=[])
    prices = [log10(price) for _, _, price in found]
    low, high = min(prices), max(prices)
    top = max(score for _, score, _ in found)
    points = [
        Point(row=row, score=score, price_usd=price, x=_across(log10(price), low, high), y=100 - _across(score, 0, top))
        for row, score, price in found
    ]
    return Scatter(
        index=index,
        points=sorted(points, key=lambda point: (-point.score, point.row.model.id)),
        price_ticks=[
            (f"${tick:g}", _across(log10(tick), low, high)) for tick in TICKS_USD if low <= log10(tick) <= high
        ],
        score_ticks=[(str(tick), 100 - _across(tick, 0, top)) for tick in range(0, int(top) + 1, 10)],
    )


def _price_usd(row: ListedModel) -> float:
    attousd = INPUT_SHARE * row.prompt + (1 - INPUT_SHARE) * row.completion
    return attousd * 1_000_000 / ATTO_PER_USD


def _across(value: float, low: float, high: float) -> float:
    part = (value - low) / (high - low) if high > low else 0.5
    return _MARGIN + part * (100 - 2 * _MARGIN)
