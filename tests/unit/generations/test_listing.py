"""Pages of generations on both databases (site.md LOG-08)."""

from typing import Any

from trunkline.core.money import NanoUsd
from trunkline.generations.listing import Cursor, ListQuery, list_generations
from trunkline.generations.service import to_row
from trunkline.generations.types import Generation
from trunkline.storage.database import SqlDatabase

ACCOUNT = "user_a"


def made(number: int, **members: Any) -> Generation:
    values: dict[str, Any] = {
        "id": f"gen-1-{number:03}",
        "request_id": "req-1",
        "account_id": ACCOUNT,
        "workspace_id": None,
        "key_hash": "0" * 64,
        "created_at_ms": 1000 + number // 3,  # three share a millisecond
        "finished_at_ms": 2000,
        "status": "completed",
        "model": "acme/rocket",
        "requested_model": "acme/rocket",
        "endpoint_id": None,
        "provider_name": None,
        "cost_nanousd": NanoUsd(0),
    }
    return Generation(**{**values, **members})


async def settle(database: SqlDatabase, *generations: Generation) -> None:
    for generation in generations:
        await database.settle(to_row(generation))


async def test_pages_follow_each_other_without_gap_or_repetition(database: SqlDatabase) -> None:
    await settle(database, *(made(number) for number in range(20)))
    seen: list[str] = []
    before: Cursor | None = None
    while page := await database.read(list_generations, ListQuery(account_id=ACCOUNT, limit=7, before=before)):
        seen += [generation.id for generation in page]
        before = Cursor(page[-1].created_at_ms, page[-1].id)
        if len(seen) == 7:
            await settle(database, made(99, created_at_ms=9000))  # arrives meanwhile, and disturbs nothing
    assert seen == [f"gen-1-{number:03}" for number in reversed(range(20))]


async def test_each_filter_leaves_the_others_out(database: SqlDatabase) -> None:
    await settle(
        database,
        made(1),
        made(2, model="acme/other"),
        made(3, status="failed"),
        made(4, key_hash="1" * 64),
        made(5, created_at_ms=9000),
        made(6, account_id="user_b"),
    )

    async def ids(**members: Any) -> list[str]:
        found = await database.read(list_generations, ListQuery(account_id=ACCOUNT, limit=50, **members))
        return [generation.id[-1] for generation in found]

    assert await ids() == ["5", "4", "3", "2", "1"]
    assert await ids(model="acme/other") == ["2"]
    assert await ids(status="failed") == ["3"]
    assert await ids(key_hash="1" * 64) == ["4"]
    assert await ids(since_ms=9000) == ["5"]
