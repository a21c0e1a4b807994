"""What changed of a model's prices in the last ninety days (site.md MP-08)."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from trunkline.catalog.prices import PRICE_KEYS
from trunkline.core.calendar import DAY_MS
from trunkline.statistics.prices import PriceChange, RecordedPrices, price_changes
from trunkline.web.context import WebContext
from trunkline.web.formats import numbers
from trunkline.web.pages.model.matrix import PER_UNIT, TITLES

DAYS = 90


class Change(Struct, frozen=True, kw_only=True):
    """One price of one endpoint, as it was and as it became; a dash where there was none."""

    at_ms: int
    endpoint: str
    what: str
    before: str
    after: str


async def changes_of(context: WebContext, model_id: str) -> list[Change] | None:
    """Latest first; None while the database is away."""
    since_ms = context.facts.now_ms() - DAYS * DAY_MS
    found = await context.tried(context.database.read(price_changes, model_id, since_ms))
    return None if found is None else [change for each in found for change in _of(each)]


def _of(change: PriceChange) -> Iterator[Change]:
    tag = change.endpoint_id.rpartition("|")[2]
    if change.before is None:
        yield Change(at_ms=change.at_ms, endpoint=tag, what="New endpoint", before=numbers.DASH, after=numbers.DASH)
        return
    before, after = _shown(change.before), _shown(change.after)
    differing = [name for name in dict.fromkeys((*before, *after)) if before.get(name) != after.get(name)]
    for name in differing or ["Conditions"]:
        yield Change(
            at_ms=change.at_ms,
            endpoint=tag,
            what=name,
            before=before.get(name, numbers.DASH),
            after=after.get(name, numbers.DASH),
        )


def _shown(prices: RecordedPrices) -> Mapping[str, str]:
    """Name → price, as the matrix shows them."""
    tokens = {
        f"{TITLES[key]} {PER_UNIT.get(key, '/M')}": (
            numbers.price_per_unit(prices.base[key]) if key in PER_UNIT else numbers.price_per_million(prices.base[key])
        )
        for key in PRICE_KEYS
        if key in prices.base
    }
    units = {f"{unit.label}, per {unit.unit}": numbers.price_per_unit(unit.price) for unit in prices.units}
    return {**tokens, **units}
