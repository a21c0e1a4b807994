"""The status page over time: an outage comes and goes, an operator says something else (site.md 10)."""

import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fakes.clock import FakeClock
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import answer, failure
from tests.instance import Instance, endpoint

MODEL = "acme/rocket"
INCIDENT = """+++
state = "maintenance"
components = ["acme"]
{more}+++
# A move of disks

**08:00 UTC** <script>alert(1)</script> Nothing is lost.
"""


@pytest.fixture
async def provider() -> AsyncIterator[FakeProvider]:
    async with FakeProvider() as provider:
        yield provider


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def instance(tmp_path: Path, provider: FakeProvider, clock: FakeClock) -> AsyncIterator[Instance]:
    async with Instance(tmp_path, endpoints=[endpoint(MODEL, provider)], clock=clock) as instance:
        yield instance


async def minutes(instance: Instance, clock: FakeClock, provider: FakeProvider, count: int, failing: int) -> None:
    """So many minutes of ten requests, `failing` of which the provider breaks."""
    for _ in range(count):
        for at in range(10):
            provider.then(failure(500) if at < failing else answer("Hello."))
            await instance.client.post(
                "/chat/completions", json={"model": MODEL, "messages": [{"role": "user", "content": "Hi"}]}
            )
        clock.advance(60)


async def state_of(instance: Instance, name: str) -> Any:
    await instance.app._database.barrier()
    await instance.app.statistics.step()
    async with httpx.AsyncClient(base_url=instance.origin) as visitor:
        status = (await visitor.get("/status.json")).json()
    return next(each["status"] for each in status["components"] if each["name"] == name)


async def test_a_provider_that_fails_a_third_of_ten_minutes_is_partially_out_within_six_and_back_within_six(
    instance: Instance, clock: FakeClock, provider: FakeProvider
) -> None:
    await minutes(instance, clock, provider, 6, failing=0)
    assert await state_of(instance, "Acme") == "operational"
    await minutes(instance, clock, provider, 6, failing=3)
    assert await state_of(instance, "Acme") == "partial_outage"
    assert await state_of(instance, "Chat, Responses and Messages") == "partial_outage"
    assert await state_of(instance, "Website") == "operational"
    await minutes(instance, clock, provider, 6, failing=0)
    assert await state_of(instance, "Acme") == "operational"


async def test_an_open_incident_is_what_its_components_say_until_it_is_resolved(instance: Instance) -> None:
    folder = instance.settings.home / "incidents"
    folder.mkdir()
    file = folder / "2026-11-22-disks.md"
    file.write_text(INCIDENT.format(more=""), encoding="utf-8")
    assert await state_of(instance, "Acme") == "maintenance"
    async with httpx.AsyncClient(base_url=instance.origin) as visitor:
        page = (await visitor.get("/status")).text
        assert page.index("data-open-incidents") < page.index("A move of disks")
        assert "<script>alert" not in page
        file.write_text(INCIDENT.format(more="resolved = true\n"), encoding="utf-8")
        page = (await visitor.get("/status")).text
        assert "data-open-incidents" not in page
        assert page.index("2026-11</h3>") < page.index("A move of disks")
        channel = ET.fromstring((await visitor.get("/status.rss")).content).find("channel")
        assert channel is not None
        assert channel.findtext("item/title") == "A move of disks (resolved)"
    assert await state_of(instance, "Acme") == "operational"


async def test_a_file_that_cannot_be_understood_is_left_out(instance: Instance) -> None:
    folder = instance.settings.home / "incidents"
    folder.mkdir()
    (folder / "2026-11-22-odd.md").write_text('+++\nstate = "strange"\n+++\n# Odd', encoding="utf-8")
    (folder / "notes.txt").write_text("not one of them", encoding="utf-8")
    async with httpx.AsyncClient(base_url=instance.origin) as visitor:
        assert (await visitor.get("/status.json")).json()["incidents"] == []
