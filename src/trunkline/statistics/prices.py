"""The history of prices: a row for each change that was noticed as the catalog was loaded (site.md MP-08)."""

from collections.abc import Iterable, Mapping
from itertools import groupby, pairwise
from operator import attrgetter
from typing import Final

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, and_, func, insert, select

from trunkline.catalog.prices import PriceKey, PriceOverride, PriceSheet, UnitPrice
from trunkline.catalog.types import Endpoint, Snapshot
from trunkline.core.money import AttoUsd
from trunkline.storage.tables import endpoint_prices

UNRECORDED_KINDS: Final = frozenset({"sandbox", "local"})
"""Providers that nobody pays."""


class RecordedPrices(Struct, frozen=True, kw_only=True):
    """The prices of an endpoint as they were, in atto-USD per unit."""

    base: Mapping[PriceKey, AttoUsd]
    overrides: tuple[PriceOverride, ...] = ()
    units: tuple[UnitPrice, ...] = ()


class PriceChange(Struct, frozen=True):
    """From `before` to `after`, noticed at `at_ms`; `before` is None when the endpoint was new."""

    endpoint_id: str
    at_ms: int
    before: RecordedPrices | None
    after: RecordedPrices


_encoder = msgspec.json.Encoder(order="deterministic")
_decoder = msgspec.json.Decoder(RecordedPrices)


def record_prices(connection: Connection, snapshot: Snapshot, now_ms: int) -> int:
    """Keep the prices of all endpoints that differ from what was kept last; how many did."""
    known = _latest(connection)
    rows = [
        {"endpoint_id": endpoint.id, "at_ms": now_ms, "model": endpoint.model_id, "pricing": pricing}
        for endpoint in _priced(snapshot)
        for pricing in (_encoder.encode(recorded(endpoint.pricing, now_ms)).decode(),)
        if known.get(endpoint.id) != pricing
    ]
    if rows:
        connection.execute(insert(endpoint_prices), rows)
    return len(rows)


def recorded(sheet: PriceSheet, now_ms: int) -> RecordedPrices:
    """What is kept of a sheet: announced changes count from their day on."""
    base = dict(sheet.base)
    for scheduled in sheet.scheduled:
        if scheduled.effective_from_ms <= now_ms:
            base.update(scheduled.prices)
    return RecordedPrices(base=base, overrides=sheet.overrides, units=sheet.units)


def price_changes(connection: Connection, model: str, since_ms: int) -> list[PriceChange]:
    """What changed at a model's endpoints since then, the latest first. What was there from the beginning did not."""
    rows = connection.execute(
        select(endpoint_prices)
        .where(endpoint_prices.c.model == model)
        .order_by(endpoint_prices.c.endpoint_id, endpoint_prices.c.at_ms)
    ).all()
    began_ms = connection.execute(select(func.min(endpoint_prices.c.at_ms))).scalar() or 0
    changes: list[PriceChange] = []
    for endpoint_id, found in groupby(rows, key=attrgetter("endpoint_id")):
        kept = [(row.at_ms, _decoder.decode(row.pricing)) for row in found]
        first_ms, first = kept[0]
        if first_ms > began_ms:
            changes.append(PriceChange(endpoint_id, first_ms, None, first))
        changes += [
            PriceChange(endpoint_id, at_ms, before, after)
            for (_, before), (at_ms, after) in pairwise(kept)
            if before != after
        ]
    return sorted((c for c in changes if c.at_ms >= since_ms), key=lambda change: (-change.at_ms, change.endpoint_id))


def _latest(connection: Connection) -> dict[str, str]:
    """The prices kept last, by endpoint."""
    prices = endpoint_prices.c
    newest = select(prices.endpoint_id, func.max(prices.at_ms).label("at_ms")).group_by(prices.endpoint_id).subquery()
    rows = connection.execute(
        select(prices.endpoint_id, prices.pricing).join(
            newest, and_(newest.c.endpoint_id == prices.endpoint_id, newest.c.at_ms == prices.at_ms)
        )
    )
    return {row.endpoint_id: row.pricing for row in rows}


def _priced(snapshot: Snapshot) -> Iterable[Endpoint]:
    for model in snapshot.models.values():
        for endpoint in model.endpoints:
            provider = snapshot.providers.get(endpoint.provider)
            if endpoint.pricing.priced and provider is not None and provider.kind not in UNRECORDED_KINDS:
                yield endpoint
