"""What prices were, and when they changed."""

from collections.abc import Mapping
from pathlib import Path

from trunkline.catalog.snapshot import build_snapshot
from trunkline.catalog.types import Snapshot
from trunkline.core.json import JsonValue
from trunkline.settings import Settings
from trunkline.statistics.prices import price_changes, record_prices
from trunkline.storage.database import SqlDatabase

NOW_MS = 1_795_348_800_000
ROCKET = "acme/rocket-1"


def snapshot(home: Path, prompt: str, *more: Mapping[str, JsonValue]) -> Snapshot:
    """The bundled catalog with one model of our own."""
    rocket: Mapping[str, JsonValue] = {
        "model": ROCKET,
        "provider": "acme",
        "base_url": "http://127.0.0.1:9002/v1",
        "pricing": {"prompt": prompt, "completion": "0.000002"},
    }
    return build_snapshot(Settings(home=home, endpoints=(rocket, *more)))


async def test_a_price_that_stays_is_kept_once(database: SqlDatabase, tmp_path: Path) -> None:
    first = await database.write(record_prices, snapshot(tmp_path, "0.000001"), NOW_MS)
    assert first > 500
    assert await database.write(record_prices, snapshot(tmp_path, "0.000001"), NOW_MS + 1) == 0
    assert await database.read(price_changes, ROCKET, 0) == []


async def test_a_change_is_told_with_both_prices_latest_first(database: SqlDatabase, tmp_path: Path) -> None:
    for day, prompt in enumerate(("0.000001", "0.000003", "0.000002")):
        await database.write(record_prices, snapshot(tmp_path, prompt), NOW_MS + day)
    later, earlier = await database.read(price_changes, ROCKET, NOW_MS)
    assert (later.at_ms, earlier.at_ms) == (NOW_MS + 2, NOW_MS + 1)
    assert later.before is not None and later.before.base["prompt"] == 3 * 10**12
    assert later.after.base["prompt"] == 2 * 10**12
    assert [change.at_ms for change in await database.read(price_changes, ROCKET, NOW_MS + 2)] == [NOW_MS + 2]


async def test_an_endpoint_that_came_later_has_no_price_before(database: SqlDatabase, tmp_path: Path) -> None:
    await database.write(record_prices, snapshot(tmp_path, "0.000001"), NOW_MS)
    second: Mapping[str, JsonValue] = {
        "model": ROCKET,
        "provider": "bolt",
        "base_url": "http://127.0.0.1:9003/v1",
        "pricing": {"prompt": "0.5", "completion": "1"},
    }
    await database.write(record_prices, snapshot(tmp_path, "0.000001", second), NOW_MS + 5)
    (new,) = await database.read(price_changes, ROCKET, 0)
    assert (new.endpoint_id, new.before, new.after.base["prompt"]) == (f"{ROCKET}|bolt", None, 5 * 10**17)
