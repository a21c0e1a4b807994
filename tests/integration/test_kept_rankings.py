"""The rankings are worked out once a minute, not for each visitor (site.md 26)."""

from pathlib import Path

import httpx

from tests.fakes.clock import FakeClock
from tests.instance import Instance


async def as_of(visitor: httpx.AsyncClient, address: str = "/rankings") -> str:
    page = await visitor.get(address)
    assert page.status_code == 200
    return page.text.partition("As of ")[2].partition(".")[0]


async def test_a_page_is_kept_for_a_minute_for_each_setting_of_its_controls(tmp_path: Path) -> None:
    clock = FakeClock()
    clock.advance(30)
    async with (
        Instance(tmp_path, clock=clock) as instance,
        httpx.AsyncClient(base_url=instance.origin) as visitor,
    ):
        first = await as_of(visitor)
        assert first.endswith("00:00 UTC")
        clock.advance(59)
        assert await as_of(visitor) == first
        assert (await as_of(visitor, "/rankings?view=month")).endswith("00:01 UTC")
        assert (await visitor.get("/rankings?view=nonsense")).text.count(first)  # the same as none
        clock.advance(2)
        assert (await as_of(visitor)).endswith("00:01 UTC")
