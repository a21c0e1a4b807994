"""From a request to the numbers that everybody sees: through the whole gateway, with nothing but its own clock."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.fakes.provider import FakeProvider
from tests.instance import Instance, endpoint
from tests.rollups import totals
from trunkline.statistics import endpoints
from trunkline.statistics.prices import price_changes

MODEL = "acme/rocket-1"
SEEN_WITHIN_S = 8.0


async def eventually(ask: Callable[[], Awaitable[Any]], wanted: Callable[[Any], bool]) -> Any:
    """What `ask` answers once it is what was wanted (site.md 26: activity within ten seconds)."""
    async with asyncio.timeout(SEEN_WITHIN_S):
        while not wanted(found := await ask()):
            await asyncio.sleep(0.1)
    return found


async def test_requests_show_in_popularity_uptime_and_rollups(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(endpoints, "REFRESH_MS", 100)
    async with FakeProvider() as provider, Instance(tmp_path, endpoints=[endpoint(MODEL, provider)]) as instance:
        for _ in range(11):
            await instance.stream(MODEL)

        async def shown() -> dict[str, Any]:
            body = (await instance.client.get(f"/models/{MODEL}/endpoints")).json()
            return body["data"]["endpoints"][0]

        found = await eventually(shown, lambda row: row["uptime_last_5m"] is not None)
        assert found["uptime_last_5m"] == found["uptime_last_30m"] == found["uptime_last_1d"] == 100
        assert found["latency_last_30m"]["p50"] <= found["latency_last_30m"]["p99"]
        assert found["throughput_last_30m"]["p50"] >= found["throughput_last_30m"]["p99"] > 0
        listed = (await instance.client.get("/models", params={"sort": "most-popular"})).json()
        assert listed["data"][0]["id"] == MODEL
        sums = await instance.app._database.read(totals)
        assert (sums["days"], sums["hours"], sums["waiting"]) == (11, 11, 0)
        assert await instance.audit() == []
    async with Instance(tmp_path, endpoints=[endpoint(MODEL, provider)]) as restarted:

        async def measured() -> float | None:
            return restarted.app.statistics.endpoints.uptime_percent(f"{MODEL}|acme", "30m")

        assert await eventually(measured, lambda percent: percent is not None) == 100


async def test_a_new_price_in_the_configuration_is_noticed_at_the_start(tmp_path: Path) -> None:
    async with FakeProvider() as provider:
        dear = {"prompt": "0.5", "completion": "1"}
        for prices in ({}, {"pricing": dear}):
            async with Instance(tmp_path, endpoints=[endpoint(MODEL, provider, **prices)]) as instance:

                async def kept(running: Instance = instance) -> int:
                    rows = await running.app._database.read(price_changes, MODEL, 0)
                    return len(rows)

                if prices:
                    assert await eventually(kept, bool) == 1
                    path = f"/models/{MODEL}/prices"
                    told = (await instance.client.get(path)).json()["data"]
                    assert (told["id"], told["days"]) == (MODEL, 90)
                    (change,) = told["changes"]
                    assert (change["tag"], change["provider_name"]) == ("acme", "Acme")
                    assert change["before"]["prompt"] == "0.000001"
                    assert change["after"] == dear
                    assert change["changed_at"].endswith("Z")
                    assert (await instance.client.get(path, params={"days": 0})).status_code == 400
                    assert (await instance.client.get("/models/acme/none/prices")).status_code == 404
                else:
                    await asyncio.sleep(0.5)
                    assert await kept() == 0
