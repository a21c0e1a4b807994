"""Sums of one account's usage on both databases (site.md 17)."""

from sqlalchemy import Connection, insert

from trunkline.statistics.account_usage import UsageQuery, sum_usage
from trunkline.storage.database import SqlDatabase
from trunkline.storage.tables import usage_days

TODAY = 20_000


def fill(connection: Connection) -> None:
    for account, day, model, key, spend in (
        ("a", TODAY - 40, "acme/one", "k1", 1),
        ("a", TODAY - 1, "acme/one", "k1", 10),
        ("a", TODAY - 1, "acme/two", "k1", 100),
        ("a", TODAY, "acme/one", "k2", 2**40),
        ("b", TODAY, "acme/one", "k3", 10_000),
    ):
        connection.execute(
            insert(usage_days).values(
                account_id=account, day=day, model=model, endpoint_id=f"{model}|acme", workspace_id="", key_hash=key,
                app_id=0, permaslug=model, provider_name="Acme", generations=1, requests=1, failures=0,
                prompt_tokens=5, completion_tokens=3, reasoning_tokens=0, cached_tokens=0,
                usage_nanousd=spend, byok_nanousd=0,
            )
        )  # fmt: skip


async def test_the_same_usage_sums_to_the_same_by_model_key_and_provider(database: SqlDatabase) -> None:
    await database.write(fill)
    for group, expected in (
        ("model", [(TODAY - 1, "acme/one", 10), (TODAY - 1, "acme/two", 100), (TODAY, "acme/one", 2**40)]),
        ("key", [(TODAY - 1, "k1", 110), (TODAY, "k2", 2**40)]),
        ("provider", [(TODAY - 1, "Acme", 110), (TODAY, "Acme", 2**40)]),
    ):
        query = UsageQuery(account_id="a", bucket="day", first=TODAY - 29, group=group)
        sums = await database.read(sum_usage, query)
        assert [(each.at, each.group, each.usage_nanousd) for each in sums] == expected
        assert sum(each.requests for each in sums) == 3
        assert all(type(each.usage_nanousd) is int for each in sums)


async def test_one_key_s_usage_leaves_the_others_out(database: SqlDatabase) -> None:
    await database.write(fill)
    query = UsageQuery(account_id="a", bucket="day", first=0, group="model", key_hash="k1")
    assert sum(each.usage_nanousd for each in await database.read(sum_usage, query)) == 111
