"""An app gets its number once by its origin; every record of its requests carries it (routing-and-catalog.md 23)."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import select

from tests.fakes.provider import FakeProvider
from tests.instance import Instance, endpoint
from trunkline.storage.database import SqlDatabase
from trunkline.storage.tables import apps


async def send(instance: Instance, headers: Mapping[str, str]) -> dict[str, Any]:
    """The record of a request with these headers."""
    body = {"model": "acme/rocket", "messages": [{"role": "user", "content": "Hi"}]}
    response = await instance.client.post("/chat/completions", json=body, headers=headers)
    assert response.status_code == 200, response.text
    return await instance.generation(response.headers["x-generation-id"])


async def stored(instance: Instance) -> dict[str, tuple[int, str | None, str]]:
    """Id, title and categories by origin, once what changed has been written."""
    application = instance.app
    await application._apps.flush()
    database = application._database
    assert isinstance(database, SqlDatabase)
    rows = await database.read(lambda connection: connection.execute(select(apps)).all())
    return {row.origin: (row.id, row.title, row.categories) for row in rows}


async def test_two_paths_of_one_origin_are_one_app_from_the_first_request_on(tmp_path: Path, empty_url: str) -> None:
    async with (
        FakeProvider() as provider,
        Instance(tmp_path, endpoints=[endpoint("acme/rocket", provider)], database_url=empty_url) as instance,
    ):
        first = await send(instance, {"HTTP-Referer": "https://www.example.com/chat"})
        second = await send(instance, {"HTTP-Referer": "http://Example.com/write?x=1"})
        other = await send(instance, {"HTTP-Referer": "https://example.com:8443/"})
        assert isinstance(first["app_id"], int)
        assert second["app_id"] == first["app_id"] != other["app_id"]
        assert await instance.audit() == []


async def test_later_titles_update_the_name_and_categories_gather(tmp_path: Path, empty_url: str) -> None:
    async with (
        FakeProvider() as provider,
        Instance(tmp_path, endpoints=[endpoint("acme/rocket", provider)], database_url=empty_url) as instance,
    ):
        referer = {"HTTP-Referer": "https://example.com"}
        record = await send(instance, referer | {"X-Title": "One", "X-OpenRouter-Categories": "game,legal,roleplay"})
        assert await stored(instance) == {"example.com": (record["app_id"], "One", "game,legal")}
        await send(instance, referer | {"X-Title": "Two", "X-OpenRouter-Categories": "legal, cli-agent"})
        await send(instance, referer)
        assert await stored(instance) == {"example.com": (record["app_id"], "Two", "game,legal,cli-agent")}


async def test_a_title_alone_and_a_loopback_origin_without_one_are_no_app(tmp_path: Path) -> None:
    async with (
        FakeProvider() as provider,
        Instance(tmp_path, endpoints=[endpoint("acme/rocket", provider)]) as instance,
    ):
        assert (await send(instance, {"X-Title": "Nobody"}))["app_id"] is None
        assert (await send(instance, {"HTTP-Referer": "http://localhost:3000"}))["app_id"] is None
        assert await stored(instance) == {}
        titled = await send(instance, {"HTTP-Referer": "http://localhost:3000", "X-Title": "Mine"})
        assert titled["app_id"] is not None


async def test_two_instances_that_meet_an_app_at_once_give_it_one_number(tmp_path: Path, empty_url: str) -> None:
    async with FakeProvider() as provider:
        served = [endpoint("acme/rocket", provider)]
        async with (
            Instance(tmp_path / "a", endpoints=served, database_url=empty_url) as one,
            Instance(tmp_path / "b", endpoints=served, database_url=empty_url) as two,
        ):
            for number in range(5):
                headers = {"HTTP-Referer": f"https://app-{number}.example"}
                records = await asyncio.gather(*(send(instance, headers) for instance in (one, two, one, two)))
                assert len({record["app_id"] for record in records}) == 1
            assert len(await stored(one)) == 5
