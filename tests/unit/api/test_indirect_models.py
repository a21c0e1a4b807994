"""Rows of `GET /models` that are no models: aliases and routers (routing-and-catalog.md 12.4 and 20.1)."""

from tests.catalog_api import RunningCatalog, catalog, database_kind

__all__ = ["catalog", "database_kind"]


async def test_an_alias_has_the_row_of_the_model_that_it_means_now(catalog: RunningCatalog) -> None:
    rows = {row["id"]: row for row in (await catalog.get("/api/v1/models")).json()["data"]}
    alias = rows["~anthropic/claude-opus-latest"]
    target = rows[alias["alias_target"]["slug"]]
    assert target["id"].startswith("anthropic/claude-opus-")
    assert alias["alias_target"] == {"name": target["name"], "slug": target["id"]}
    same = {"pricing", "context_length", "architecture", "supported_parameters", "top_provider", "created"}
    assert {key: alias[key] for key in same} == {key: target[key] for key in same}
    assert "alias_target" not in target
    opus = {row["created"] for row in rows.values() if row["id"].startswith("anthropic/claude-opus-")}
    assert alias["created"] == max(opus)
    served = (await catalog.get("/api/v1/models/~anthropic/claude-opus-latest/endpoints")).json()["data"]
    there = (await catalog.get(f"/api/v1/models/{target['id']}/endpoints")).json()["data"]
    assert [row["tag"] for row in served["endpoints"]] == [row["tag"] for row in there["endpoints"]]


async def test_a_router_is_listed_without_the_price_that_depends_on_its_choice(catalog: RunningCatalog) -> None:
    rows = {row["id"]: row for row in (await catalog.get("/api/v1/models")).json()["data"]}
    assert rows["openrouter/auto"]["pricing"] == {"prompt": "-1", "completion": "-1"}
    assert rows["openrouter/free"]["pricing"] == {"prompt": "0", "completion": "0"}
    assert rows["openrouter/bodybuilder"]["pricing"] == {"prompt": "0", "completion": "0"}
    for router in ("openrouter/auto", "openrouter/auto-beta", "openrouter/free", "openrouter/pareto-code"):
        assert rows[router]["architecture"]["tokenizer"] == "Router"
        assert "reasoning" not in rows[router]
    own_name = (await catalog.get("/api/v1/model/trunkline/auto")).json()["data"]
    assert own_name == rows["openrouter/auto"]
    assert (await catalog.get("/api/v1/models/openrouter/auto/endpoints")).json()["data"]["endpoints"] == []
    cheap = (await catalog.get("/api/v1/models?max_price=0.1")).json()["data"]
    assert "openrouter/auto" not in {row["id"] for row in cheap}
