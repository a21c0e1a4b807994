"""`/activity`, `/datasets/…`, `/benchmarks` and `/classifications/task`: the published shapes, and their rules."""

from itertools import count
from typing import Any

import httpx
import pytest
from msgspec.structs import replace
from openrouter import OpenRouter
from sqlalchemy import insert, update

from tests.catalog_api import NOON_MS, RunningCatalog, catalog, database_kind
from tests.records import a_generation
from tests.reference import problems, requires_reference, response_schema
from tests.rollups import count_all
from trunkline.accounts.secrets import hash_secret
from trunkline.core.calendar import DAY_MS, date_text, day_of
from trunkline.core.money import NanoUsd
from trunkline.generations.service import to_row
from trunkline.generations.types import Generation, ProviderResponse
from trunkline.statistics.session_costs import due_cells, store_cells
from trunkline.storage.tables import apps

__all__ = ["catalog", "database_kind"]

YESTERDAY = day_of(NOON_MS) - 1
MODEL = "openai/gpt-5.4-mini"
CLINE, NOVEL, LOCAL, HIDDEN = 11, 12, 13, 14
_numbers = count(1)


def used(
    catalog: RunningCatalog, *, day: int = YESTERDAY, model: str = MODEL, tokens: int = 100, **changes: Any
) -> Generation:
    """A generation of the instance's first key at noon of a day; half as many tokens came out as went in."""
    at_ms = day * DAY_MS + DAY_MS // 2
    attempt = ProviderResponse(
        provider_name="OpenAI", status=200, endpoint_id=f"{model}|openai", model_permaslug=f"{model}-0807"
    )
    members = {
        "id": f"gen-1-{next(_numbers):020}",
        "account_id": catalog.first.account_id,
        "key_hash": hash_secret(catalog.key),
        "created_at_ms": at_ms,
        "finished_at_ms": at_ms + 500,
        "model": model,
        "endpoint_id": f"{model}|openai",
        "native_tokens_prompt": tokens,
        "native_tokens_completion": tokens // 2,
        "provider_responses": (attempt,),
        **changes,
    }
    return replace(a_generation(), **members)


async def settle(catalog: RunningCatalog, *generations: Generation) -> None:
    """Record and count them."""
    for generation in generations:
        await catalog.database.settle(to_row(generation))
    await count_all(catalog.database)


async def add_apps(catalog: RunningCatalog) -> None:
    rows = [
        (CLINE, "cline.bot", "Cline", "ide-extension,cli-agent", False),
        (NOVEL, "novel.example", None, "creative-writing", False),
        (LOCAL, "localhost:3000#Mine", "Mine", "cli-agent", False),
        (HIDDEN, "hidden.example", "Hidden", "cli-agent", True),
    ]
    names = ("id", "origin", "title", "categories", "is_hidden")
    values = [{**dict(zip(names, row, strict=True)), "created_at_ms": NOON_MS} for row in rows]
    await catalog.database.write(lambda connection: connection.execute(insert(apps), values) and None)


async def ask(catalog: RunningCatalog, path: str, **params: str | int) -> dict[str, Any]:
    """A good answer, which has the published shape."""
    key = catalog.first.management_key if path == "/activity" else catalog.key
    response = await catalog.get(f"/api/v1{path}", key=key, **params)
    assert response.status_code == 200, response.text
    assert problems(response.json(), response_schema(path)) == []
    return response.json()


async def refused(catalog: RunningCatalog, path: str, status: int = 400, **params: str | int) -> str:
    """The message of a refusal, which has the published shape."""
    key = catalog.first.management_key if path == "/activity" else catalog.key
    response = await catalog.get(f"/api/v1{path}", key=key, **params)
    assert response.status_code == status, response.text
    assert problems(response.json(), response_schema(path, status=status)) == []
    return str(response.json()["error"]["message"])


pytestmark = requires_reference


async def test_activity_has_a_row_for_each_day_and_endpoint(catalog: RunningCatalog) -> None:
    await settle(
        catalog,
        used(catalog, cost_nanousd=NanoUsd(12_300_000), native_tokens_reasoning=20),
        used(catalog, cost_nanousd=NanoUsd(700_001)),
        used(catalog, is_byok=True, upstream_cost_nanousd=NanoUsd(500), cost_nanousd=NanoUsd(25)),
        used(catalog, status="failed", cost_nanousd=NanoUsd(0), native_tokens_prompt=0, native_tokens_completion=0),
        used(catalog, day=YESTERDAY - 1, model="acme/rocket-1"),
    )

    first, second = (await ask(catalog, "/activity"))["data"]

    assert first == {
        "date": date_text(YESTERDAY),
        "model": MODEL,
        "model_permaslug": f"{MODEL}-0807",
        "endpoint_id": f"{MODEL}|openai",
        "provider_name": "OpenAI",
        "usage": 0.013000026,
        "byok_usage_inference": 0.0000005,
        "requests": 3,
        "prompt_tokens": 300,
        "completion_tokens": 150,
        "reasoning_tokens": 20,
        "cached_tokens": 0,
    }
    assert (second["date"], second["model"]) == (date_text(YESTERDAY - 1), "acme/rocket-1")


async def test_activity_is_of_thirty_completed_days(catalog: RunningCatalog) -> None:
    await settle(catalog, *(used(catalog, day=YESTERDAY + 1 - age) for age in (0, 1, 30, 31)))

    days = [row["date"] for row in (await ask(catalog, "/activity"))["data"]]
    assert days == [date_text(YESTERDAY), date_text(YESTERDAY - 29)]
    assert len((await ask(catalog, "/activity", date=date_text(YESTERDAY - 29)))["data"]) == 1
    for outside in (YESTERDAY + 1, YESTERDAY - 30):
        assert "not within" in await refused(catalog, "/activity", date=date_text(outside))
    assert "calendar date" in await refused(catalog, "/activity", date="2026-02-30")


async def test_requests_around_midnight_land_on_their_own_days(catalog: RunningCatalog) -> None:
    midnight_ms = YESTERDAY * DAY_MS
    await settle(
        catalog,
        used(catalog, created_at_ms=midnight_ms - 100, finished_at_ms=midnight_ms + 900),
        used(catalog, created_at_ms=midnight_ms + 100),
    )
    days = [row["date"] for row in (await ask(catalog, "/activity"))["data"]]
    assert days == [date_text(YESTERDAY), date_text(YESTERDAY - 1)]


async def test_activity_is_split_and_filtered_by_workspace_and_key(catalog: RunningCatalog) -> None:
    default = await catalog.database.read(lambda c: c.exec_driver_sql("SELECT id FROM workspaces").scalar_one())
    await settle(catalog, used(catalog), used(catalog, workspace_id=default))

    (split,) = (await ask(catalog, "/activity", group_by="workspace"))["data"]
    assert (split["workspace_id"], split["requests"]) == (default, 2)  # no workspace means the default one
    assert "workspace_id" not in (await ask(catalog, "/activity"))["data"][0]
    assert len((await ask(catalog, "/activity", workspace_id=default))["data"]) == 1
    assert len((await ask(catalog, "/activity", api_key_hash=hash_secret(catalog.key)))["data"]) == 1
    own_other = hash_secret(catalog.first.management_key)
    assert (await ask(catalog, "/activity", api_key_hash=own_other))["data"] == []


async def test_activity_names_what_is_wrong_with_a_parameter(catalog: RunningCatalog) -> None:
    assert "group_by" in await refused(catalog, "/activity", group_by="key")
    assert "api_key_hash" in await refused(catalog, "/activity", api_key_hash="abc")
    assert "user_id" in await refused(catalog, "/activity", user_id="user_x")
    assert "api_key_hash" in await refused(catalog, "/activity", 404, api_key_hash="f" * 64)
    nobody = "00000000-0000-4000-8000-000000000000"
    assert "workspace_id" in await refused(catalog, "/activity", 404, workspace_id=nobody)
    inference = await catalog.get("/api/v1/activity", key=catalog.key)
    assert inference.status_code == 403


async def test_sixty_models_of_a_day_are_fifty_and_one_other(catalog: RunningCatalog) -> None:
    await settle(catalog, *(used(catalog, model=f"acme/m-{i:02}", tokens=1000 + i) for i in range(60)))

    found = await ask(catalog, "/datasets/rankings-daily")

    rows = found["data"]
    assert len(rows) == 51
    assert rows[0] == {"date": date_text(YESTERDAY), "model_permaslug": "acme/m-59-0807", "total_tokens": "1588"}
    assert rows[-1]["model_permaslug"] == "other"
    assert sum(int(row["total_tokens"]) for row in rows) == sum((1000 + i) + (1000 + i) // 2 for i in range(60))
    assert found["meta"]["end_date"] == date_text(YESTERDAY)


async def test_rankings_are_by_period_bucket_and_modality(catalog: RunningCatalog) -> None:
    await settle(
        catalog,
        used(catalog, day=YESTERDAY - 8, tokens=2_000),
        used(catalog, day=YESTERDAY - 7, tokens=20_000, tool_call_count=2),
        used(catalog, tokens=1_000),
    )
    path = "/datasets/rankings-daily"
    monday = (YESTERDAY - 8) - (YESTERDAY - 8 + 3) % 7
    weeks = (await ask(catalog, path, period="week"))["data"]
    assert weeks[0]["date"] == date_text(monday)
    assert sum(int(row["total_tokens"]) for row in weeks) == 34_500

    async def tokens(**params: str) -> list[str]:
        return [row["total_tokens"] for row in (await ask(catalog, path, **params))["data"]]

    assert await tokens(context_bucket="1K") == ["1500"]
    assert await tokens(context_bucket="10K") == ["3000"]
    assert await tokens(modality="tool_calling") == ["30000"]
    assert await tokens(modality="tool_calling", context_bucket="1K") == []
    assert await tokens(modality="image_output") == []
    assert len(await tokens(modality="text")) == 3
    assert await tokens(category="programming") == []  # nothing is sorted into uses


async def test_dataset_parameters_that_contradict_are_refused(catalog: RunningCatalog) -> None:
    path = "/datasets/rankings-daily"
    await refused(catalog, path, category="programming", modality="text")
    await refused(catalog, path, category="programming", language_type="natural")
    await refused(catalog, path, category="programming", period="day")
    await refused(catalog, path, start_date="2026-02-30")
    await refused(catalog, path, end_date="2026-2-3")
    await refused(catalog, path, start_date="2026-11-02", end_date="2026-11-01")
    await refused(catalog, path, start_date="2025-01-02", end_date="2026-11-01")
    await refused(catalog, path, end_date="2024-12-31", start_date="2024-12-30")
    await refused(catalog, "/datasets/app-rankings", category="coding", subcategory="game")
    await refused(catalog, "/datasets/app-rankings", limit=101)


async def test_days_before_the_data_begin_are_cut_off(catalog: RunningCatalog) -> None:
    await settle(catalog, used(catalog, day=YESTERDAY - 3))

    meta = (await ask(catalog, "/datasets/rankings-daily"))["meta"]

    assert (meta["start_date"], meta["end_date"]) == (date_text(YESTERDAY - 3), date_text(YESTERDAY))


async def test_apps_are_ranked_by_tokens_and_private_ones_left_out(catalog: RunningCatalog) -> None:
    await add_apps(catalog)
    await settle(
        catalog,
        used(catalog, app_id=NOVEL, tokens=1_000),
        *(used(catalog, app_id=CLINE, tokens=3_000) for _ in range(2)),
        used(catalog, app_id=LOCAL, tokens=9_000),
        used(catalog, app_id=HIDDEN, tokens=9_000),
    )
    path = "/datasets/app-rankings"
    rows = (await ask(catalog, path))["data"]
    assert rows == [
        {"rank": 1, "app_id": CLINE, "app_name": "Cline", "total_tokens": "9000", "total_requests": 2},
        {"rank": 2, "app_id": NOVEL, "app_name": "novel.example", "total_tokens": "1500", "total_requests": 1},
    ]
    assert (await ask(catalog, path, offset=1))["data"] == rows[1:]
    assert [row["app_id"] for row in (await ask(catalog, path, category="creative"))["data"]] == [NOVEL]
    assert [row["rank"] for row in (await ask(catalog, path, subcategory="creative-writing"))["data"]] == [1]
    await catalog.database.write(lambda c: c.execute(update(apps).values(is_hidden=True)) and None)
    assert (await ask(catalog, path))["data"] == []


async def test_trending_apps_are_those_that_grew(catalog: RunningCatalog) -> None:
    await add_apps(catalog)
    await settle(
        catalog,
        used(catalog, app_id=CLINE, tokens=1_000),
        used(catalog, app_id=CLINE, day=YESTERDAY - 1, tokens=6_000),
        used(catalog, app_id=NOVEL, tokens=800),
        used(catalog, app_id=NOVEL, day=YESTERDAY - 2, tokens=1_000),
    )
    yesterday = date_text(YESTERDAY)
    rows = (await ask(catalog, "/datasets/app-rankings", sort="trending", start_date=yesterday))["data"]
    assert [(row["app_id"], row["total_tokens"]) for row in rows] == [(NOVEL, "1200")]


async def test_session_cost_is_the_median_of_enough_sessions(catalog: RunningCatalog) -> None:
    await add_apps(catalog)
    sunday = YESTERDAY - (YESTERDAY + 4) % 7
    calls = [
        used(catalog, day=sunday, app_id=CLINE, session_id=f"s{i}", cost_nanousd=NanoUsd((i + 1) * 1_000_000))
        for i in range(11)
        for _ in range(2)
    ]
    few = [used(catalog, day=sunday, app_id=NOVEL, session_id=f"s{i}") for i in range(9)]
    failed = used(catalog, day=sunday, app_id=CLINE, session_id="broken", status="failed", cost_nanousd=NanoUsd(0))
    await settle(catalog, *calls, *few, failed)
    cells = await catalog.database.read(due_cells, NOON_MS)
    assert cells is not None
    await catalog.database.write(store_cells, cells)

    found = await ask(catalog, "/datasets/session-cost")

    (row,) = found["data"]
    assert row == {
        "app_slug": "cline.bot",
        "app_name": "Cline",
        "model_permaslug": f"{MODEL}-0807",
        "turn_range": "2-9-turns",
        "median_session_cost_usd": 0.012,
    }
    assert (found["meta"]["window_days"], found["meta"]["window_end_date"]) == (30, date_text(sunday))
    assert (await ask(catalog, "/datasets/session-cost", turn_range="1-turn"))["data"] == []
    assert (await ask(catalog, "/datasets/session-cost", app_slug="cline.bot", model=f"{MODEL}-0807"))["data"] == [row]
    assert await catalog.database.read(due_cells, NOON_MS) is None  # once a week


async def test_shares_of_tasks_sum_to_one(catalog: RunningCatalog) -> None:
    tasks = {"code:debugging": 3, "code:general_impl": 5, "math": 2, "other": 7}
    await settle(
        catalog,
        *(used(catalog, task=task) for task, times in tasks.items() for _ in range(times)),
        used(catalog, task="math", model="acme/rocket-1"),
        used(catalog),
    )
    data = (await ask(catalog, "/classifications/task", window="7d"))["data"]
    rows = data["classifications"]
    assert [row["tag"] for row in rows] == ["code:general_impl", "code:debugging", "math"]
    assert rows[0]["display_name"] == "Code Generation" and rows[2]["macro_category"] == "general"
    assert sum(row["usage_share"] for row in rows) == pytest.approx(1, abs=1e-6)
    assert sum(row["category_token_share"] for row in rows[:2]) == pytest.approx(1, abs=1e-6)
    assert [share["id"] for share in rows[2]["models"]] == [MODEL, "acme/rocket-1"]
    assert sum(share["tag_usage_share"] for share in rows[2]["models"]) == pytest.approx(1)
    assert [row["key"] for row in data["macro_categories"]] == ["code", "data", "agent", "general"]
    assert sum(row["usage_share"] for row in data["macro_categories"]) == pytest.approx(1, abs=1e-6)
    assert data["as_of"] == date_text(YESTERDAY)
    await refused(catalog, "/classifications/task", window="30d")


async def test_benchmarks_are_the_catalogs_indices_best_first(catalog: RunningCatalog) -> None:
    found = await ask(catalog, "/benchmarks", source="artificial-analysis", task_type="coding")
    scores = [row["coding_index"] for row in found["data"]]
    assert scores and scores == sorted(scores, reverse=True)
    assert (found["meta"]["source"], found["meta"]["model_count"]) == ("artificial-analysis", len(scores))
    assert (await ask(catalog, "/benchmarks", max_results=1))["meta"]["source"] is None
    for narrow in ({"source": "design-arena"}, {"task_type": "search"}, {"benchmark_type": "search_hle"}):
        assert (await ask(catalog, "/benchmarks", **narrow))["data"] == []
    assert len((await ask(catalog, "/benchmarks", benchmark_type="gpqa_diamond"))["data"]) >= len(scores)
    for wrong in ({"source": "x"}, {"max_results": "0"}, {"arena": "x"}, {"search_surface": "x"}):
        await refused(catalog, "/benchmarks", **wrong)


async def test_public_data_need_an_inference_key_and_are_limited_by_it(catalog: RunningCatalog) -> None:
    for key in (None, "sk-tl-v1-wrong", catalog.first.management_key):
        assert (await catalog.get("/api/v1/benchmarks", key=key)).status_code == 401
    paths = ("/benchmarks", "/datasets/rankings-daily", "/classifications/task")
    async with httpx.AsyncClient(base_url=catalog.url, headers={"Authorization": f"Bearer {catalog.key}"}) as client:
        statuses = [(await client.get(f"/api/v1{paths[i % 3]}")).status_code for i in range(30)]
        limited = await client.get("/api/v1/benchmarks")
    assert statuses == [200] * 30
    assert limited.status_code == 429
    assert limited.headers["x-ratelimit-limit"] == "30"
    assert problems(limited.json(), response_schema("/benchmarks", status=429)) == []


async def test_official_client_reads_activity_and_public_data(catalog: RunningCatalog) -> None:
    await add_apps(catalog)
    await settle(catalog, used(catalog, app_id=CLINE, task="math"))
    async with OpenRouter(api_key=catalog.first.management_key, server_url=f"{catalog.url}/api/v1") as sdk:
        activity = await sdk.analytics.get_user_activity_async()
    assert activity.data[0].prompt_tokens == 100
    async with OpenRouter(api_key=catalog.key, server_url=f"{catalog.url}/api/v1") as sdk:
        assert (await sdk.datasets.get_rankings_daily_async()).data[0].total_tokens == "150"
        assert (await sdk.classifications.get_task_classifications_async()).data.classifications[0].tag == "math"
        assert (await sdk.benchmarks.get_benchmarks_async(max_results=2)).meta.version == "v1"
