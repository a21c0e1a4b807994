"""`trunkline demo`: an instance whose pages have something to show, and which says that it was made up."""

import asyncio
from pathlib import Path

from click.testing import CliRunner
from sqlalchemy import select

from tests.instance import KEY, MANAGEMENT_KEY, Instance
from trunkline.cli.main import cli
from trunkline.core.calendar import date_text, day_of
from trunkline.core.clock import SystemClock
from trunkline.storage.tables import api_keys

COUNT = 1_500


def run(home: Path, *arguments: str) -> tuple[int, str]:
    environ = {
        "TRUNKLINE_HOME": str(home),
        "TRUNKLINE_BOOTSTRAP_KEY": KEY,
        "TRUNKLINE_BOOTSTRAP_MANAGEMENT_KEY": MANAGEMENT_KEY,
    }
    result = CliRunner().invoke(cli, list(arguments), env=environ)
    return result.exit_code, result.output


async def _served(home: Path) -> None:
    async with Instance(home, sandbox=None) as instance:
        activity = (await instance.management.get("/activity")).json()["data"]
        assert {row["date"] for row in activity} >= {date_text(day_of(SystemClock().now_ms()) - age) for age in (1, 5)}
        assert sum(row["requests"] for row in activity) > COUNT / 2
        ranked = (await instance.client.get("/datasets/rankings-daily")).json()
        assert ranked["data"] and ranked["meta"]["is_demo"] is True
        apps = (await instance.client.get("/datasets/app-rankings")).json()["data"]
        assert all(row["app_name"].startswith("Demo ") for row in apps) and len(apps) == 8
        demo = await instance.app._database.read(
            lambda c: c.execute(select(api_keys.c.disabled).where(api_keys.c.name.startswith("Demo "))).scalars().all()
        )
        assert demo == [True] * 8
        credits = (await instance.management.get("/credits")).json()["data"]
        assert credits["total_credits"] == credits["total_usage"] > 0
        assert await instance.audit() == []


def test_a_demo_fills_every_page_and_owes_nothing(tmp_path: Path) -> None:
    status, said = run(tmp_path, "demo", "--days", "7", "--generations", str(COUNT))
    assert (status, "made up 1,500 generations" in said, KEY in said) == (0, True, True), said
    asyncio.run(_served(tmp_path))
    assert run(tmp_path, "audit") == (0, "the books agree\n")


def test_an_instance_with_generations_is_refused(tmp_path: Path) -> None:
    assert run(tmp_path, "demo", "--days", "1", "--generations", "5")[0] == 0
    status, said = run(tmp_path, "demo", "--days", "1")
    assert status == 1
    assert "has generations already" in said
