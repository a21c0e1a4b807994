"""`GET /key` tells what is left of the day's free requests (RL-02, KEY-25)."""

from pathlib import Path

from tests.fakes.clock import FakeClock
from tests.fakes.provider import FakeProvider
from tests.instance import Instance, endpoint
from trunkline.settings import Limits

DAY_S = 86_400
NOTHING = {"prompt": "0", "completion": "0"}


async def left(instance: Instance) -> dict[str, int]:
    return (await instance.client.get("/key")).json()["data"]["free_model_daily_requests"]


async def test_free_requests_are_counted_until_a_day_has_passed(tmp_path: Path) -> None:
    clock = FakeClock()
    async with FakeProvider() as provider:
        served = [
            endpoint("acme/rocket", provider),
            endpoint("acme/gift", provider, variant="free", pricing=NOTHING),
        ]
        limits = Limits(requests_per_second=0, free_requests_per_day=2)
        async with Instance(tmp_path, endpoints=served, limits=limits, clock=clock) as instance:
            assert await left(instance) == {"limit": 2, "used": 0, "remaining": 2}
            await instance.chat("acme/gift:free")
            await instance.chat("acme/rocket")
            assert await left(instance) == {"limit": 2, "used": 1, "remaining": 1}
            assert await left(instance) == {"limit": 2, "used": 1, "remaining": 1}
            await instance.chat("acme/gift:free")
            assert (await instance.post("acme/gift:free")).status_code == 429
            assert await left(instance) == {"limit": 2, "used": 2, "remaining": 0}
            clock.advance(DAY_S)
            assert await left(instance) == {"limit": 2, "used": 0, "remaining": 2}


async def test_free_variant_that_is_only_a_fallback_counts_too_and_once(tmp_path: Path) -> None:
    async with FakeProvider() as paid, FakeProvider() as free:
        served = [
            endpoint("acme/rocket", paid),
            endpoint("acme/gift", free, variant="free", pricing=NOTHING),
        ]
        limits = Limits(requests_per_second=0, free_requests_per_day=5)
        async with Instance(tmp_path, endpoints=served, limits=limits) as instance:
            paid.then(status=503)
            body = await instance.chat("acme/rocket", models=["acme/gift:free"])
            assert body["model"] == "acme/gift:free"
            assert (await left(instance))["used"] == 1
