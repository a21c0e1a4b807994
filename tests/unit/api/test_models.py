"""`GET /models` and its neighbours over a real socket (routing-and-catalog.md 20)."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import httpx
import pytest
from msgspec.structs import replace

from tests.catalog_api import RunningCatalog, catalog, database_kind, is_indirect
from trunkline.catalog.price_sheets import UNPRICED
from trunkline.catalog.types import Model

__all__ = ["catalog", "database_kind"]


def model(catalog: RunningCatalog, model_id: str) -> Model:
    return catalog.view.current.models[model_id]


async def test_whole_list_has_every_text_model_newest_first(catalog: RunningCatalog) -> None:
    body = (await catalog.get("/api/v1/models")).json()

    expected = [row for row in catalog.view.current.models.values() if "text" in row.output_modalities]
    assert [row["id"] for row in body["data"] if not is_indirect(row["id"])] == [row.id for row in expected]
    assert [row["created"] for row in body["data"]] == sorted((row["created"] for row in body["data"]), reverse=True)
    assert body["total_count"] == len(body["data"])
    assert body["links"] == {"next": None}


async def test_row_has_the_recorded_members_in_the_recorded_order(catalog: RunningCatalog) -> None:
    rows = (await catalog.get("/api/v1/models")).json()["data"]

    row = next(row for row in rows if row["id"] == "openai/gpt-5.4-mini")
    assert list(row) == [
        "id",
        "canonical_slug",
        "hugging_face_id",
        "name",
        "created",
        "description",
        "context_length",
        "architecture",
        "pricing",
        "top_provider",
        "per_request_limits",
        "supported_parameters",
        "default_parameters",
        "supported_voices",
        "knowledge_cutoff",
        "expiration_date",
        "links",
        "reasoning",
    ]
    assert list(row["architecture"]) == [
        "modality",
        "input_modalities",
        "output_modalities",
        "tokenizer",
        "instruct_type",
    ]
    assert row["links"] == {"details": "/api/v1/models/openai/gpt-5.4-mini/endpoints"}
    assert row["pricing"]["prompt"] == "0.00000075"


async def test_small_price_is_written_without_exponent(catalog: RunningCatalog) -> None:
    row = (await catalog.get("/api/v1/model/acme/rocket-1")).json()["data"]

    assert row["pricing"] == {"prompt": "0.0000003", "completion": "0.000002"}


async def test_pages_follow_one_another_and_cover_every_row_once(catalog: RunningCatalog) -> None:
    path, query = "/api/v1/models", {"limit": "100", "output_modalities": "all", "sort": "newest"}
    seen: list[str] = []
    total = 0
    for _ in range(20):
        body = (await catalog.get(path, **query)).json()
        seen += [row["id"] for row in body["data"]]
        total = body["total_count"]
        if body["links"]["next"] is None:
            break
        following = urlsplit(body["links"]["next"])
        path, query = following.path, {key: values[0] for key, values in parse_qs(following.query).items()}

    assert len(seen) == len(set(seen)) == total
    assert {each for each in seen if not is_indirect(each)} == catalog.view.current.models.keys()


async def test_next_link_keeps_the_filters(catalog: RunningCatalog) -> None:
    body = (await catalog.get("/v1/models/", limit=1, model_authors="openai")).json()

    assert body["links"]["next"].startswith("/v1/models")
    assert parse_qs(urlsplit(body["links"]["next"]).query) == {
        "model_authors": ["openai"],
        "offset": ["1"],
        "limit": ["1"],
    }


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("limit", "0"),
        ("limit", "1001"),
        ("limit", "x"),
        ("offset", "-1"),
        ("offset", "1.5"),
        ("sort", "random"),
        ("category", "cooking"),
        ("output_modalities", "smell"),
        ("input_modalities", "smell"),
        ("supported_parameters", "tool"),
        ("context", "0"),
        ("max_price", "NaN"),
        ("min_tool_success_rate", "1.5"),
        ("distillable", "maybe"),
        ("region", "mars"),
    ],
)
async def test_unusable_value_is_refused_by_name(catalog: RunningCatalog, name: str, given: str) -> None:
    assert f"`{name}`" in await catalog.refusal(**{name: given})


async def test_count_equals_the_list_for_every_output(catalog: RunningCatalog) -> None:
    for wanted in ("all", "text", "embeddings", "image,audio"):
        count = (await catalog.get("/api/v1/models/count", output_modalities=wanted)).json()["data"]["count"]
        listed = (await catalog.get("/api/v1/models", output_modalities=wanted)).json()
        assert count == len(listed["data"]) == listed["total_count"]


async def test_any_output_but_all_inputs_are_asked_for(catalog: RunningCatalog) -> None:
    outputs = await catalog.ids(output_modalities="image,embeddings")
    inputs = await catalog.ids(input_modalities="image,audio")

    assert outputs and all({"image", "embeddings"} & {*model(catalog, i).output_modalities} for i in outputs)
    assert inputs and all({"image", "audio"} <= {*model(catalog, i).input_modalities} for i in inputs)


async def test_all_parameters_must_be_supported(catalog: RunningCatalog) -> None:
    found = await catalog.ids(supported_parameters="tools,seed,logprobs")

    assert found and all({"tools", "seed", "logprobs"} <= {*model(catalog, i).supported_parameters} for i in found)


async def test_search_looks_into_names_and_slugs_whatever_the_case(catalog: RunningCatalog) -> None:
    assert await catalog.ids(q="RoCkEt") == ["acme/rocket-1"]
    assert "anthropic/claude-opus-4.5" in await catalog.ids(q="4.5-opus-20251124")


async def test_price_bounds_are_dollars_per_million_and_inclusive(catalog: RunningCatalog) -> None:
    assert await catalog.ids(q="rocket", min_price="0.3", max_price="0.3") == ["acme/rocket-1"]
    assert await catalog.ids(q="rocket", max_price="0.29") == []
    assert await catalog.ids(q="rocket", min_output_price="2", max_output_price="2.0") == ["acme/rocket-1"]
    assert await catalog.ids(q="rocket", min_output_price="2.01") == []


async def test_context_is_a_minimum(catalog: RunningCatalog) -> None:
    assert await catalog.ids(q="rocket", context=32768) == ["acme/rocket-1"]
    assert await catalog.ids(q="rocket", context=32769) == []


async def test_authors_providers_and_families_select(catalog: RunningCatalog) -> None:
    by_author = await catalog.ids(model_authors="openai,anthropic")
    by_provider = await catalog.ids(providers="Google AI Studio,acme")
    by_family = await catalog.ids(arch="claude")

    assert {i.split("/")[0] for i in by_author} == {"openai", "anthropic"}
    assert "acme/rocket-1" in by_provider and "anthropic/claude-opus-4.5" not in by_provider
    assert by_family and all(model(catalog, i).tokenizer == "Claude" for i in by_family)


async def test_region_and_retention_look_at_any_endpoint(catalog: RunningCatalog) -> None:
    regional, private = await catalog.ids(region="eu"), await catalog.ids(zdr="true")

    assert regional and all(any("eu" in e.data_regions for e in model(catalog, i).endpoints) for i in regional)
    assert private and all(any(e.data_policy.zdr for e in model(catalog, i).endpoints) for i in private)
    assert await catalog.ids(distillable="true") == []


async def test_age_is_counted_in_days_since_release(catalog: RunningCatalog) -> None:
    row = model(catalog, "openai/gpt-5.4-mini")
    age = (catalog.clock.now_ms() - row.created_s * 1000) // 86_400_000

    assert row.id in await catalog.ids(min_age_days=age, max_age_days=age)
    assert row.id not in await catalog.ids(min_age_days=age + 1)


async def test_models_without_the_score_fail_its_bounds(catalog: RunningCatalog) -> None:
    found = await catalog.ids(min_coding_index="10")

    assert "deepseek/deepseek-r1" in found
    assert all(any(b.name.endswith("Coding Index") for b in model(catalog, i).benchmarks) for i in found)
    assert await catalog.ids(max_intelligence_index="100") == []


async def test_tool_success_is_that_of_the_best_endpoint(catalog: RunningCatalog) -> None:
    catalog.view.tool_success["acme/rocket-1|acme"] = 0.9

    assert await catalog.ids(min_tool_success_rate="0.9") == ["acme/rocket-1"]
    assert await catalog.ids(min_tool_success_rate="0.91") == []


async def test_price_sorts_put_models_without_price_last_both_ways(catalog: RunningCatalog) -> None:
    scores = {row.id: row for row in catalog.view.current.models.values()}
    cheap, dear = await catalog.ids(sort="pricing-low-to-high"), await catalog.ids(sort="pricing-high-to-low")

    assert cheap[0] in scores and all(i.endswith(":free") for i in cheap[:10])
    assert dear[-1].endswith(":free") and sorted(cheap) == sorted(dear)


async def test_context_sort_is_descending_with_ties_by_id(catalog: RunningCatalog) -> None:
    order = [(-(model(catalog, i).context_length or 0), i) for i in await catalog.ids(sort="context-high-to-low")]

    assert order == sorted(order)


async def test_most_used_models_come_first_and_unused_ones_by_id(catalog: RunningCatalog) -> None:
    catalog.view.tokens[None] = {"acme/rocket-1": 5, "openai/gpt-5.4-mini": 9}

    for sort in ("most-popular", "top-weekly"):
        found = await catalog.ids(sort=sort)
        assert found[:2] == ["openai/gpt-5.4-mini", "acme/rocket-1"]
        assert found[2:] == sorted(found[2:])


async def test_category_lists_what_was_used_for_it(catalog: RunningCatalog) -> None:
    catalog.view.tokens["programming"] = {"acme/rocket-1": 5}

    assert await catalog.ids(category="programming") == ["acme/rocket-1"]
    assert await catalog.ids(category="legal") == []


async def test_measured_speed_sorts(catalog: RunningCatalog) -> None:
    for _ in range(12):
        catalog.view.health.record(
            "acme/rocket-1|acme", outcome="success", latency_s=0.2, output_tokens=100, duration_s=1.0
        )

    assert (await catalog.ids(sort="throughput-high-to-low"))[0] == "acme/rocket-1"
    assert (await catalog.ids(sort="latency-low-to-high"))[0] == "acme/rocket-1"


async def test_feed_has_an_item_for_each_row(catalog: RunningCatalog) -> None:
    response = await catalog.get("/api/v1/models", q="rocket", use_rss="true")

    assert response.headers["content-type"].startswith("application/rss+xml")
    (item,) = ElementTree.fromstring(response.content).iter("item")
    assert item.findtext("title") == "Acme: Rocket 1"
    assert item.findtext("guid") == "acme/rocket-1"
    assert item.findtext("link") == f"{catalog.view.public_url()}/acme/rocket-1"
    published = datetime.fromtimestamp(model(catalog, "acme/rocket-1").created_s, UTC)
    assert item.findtext("pubDate") == published.strftime("%a, %d %b %Y %H:%M:%S GMT")


async def test_feed_is_switched_by_any_value_but_no(catalog: RunningCatalog) -> None:
    chat = await catalog.get("/api/v1/models", q="rocket", use_rss_chat_links="1")

    assert "/chat?models=acme/rocket-1" in chat.text
    for no in ("", "0", "false"):
        assert (await catalog.get("/api/v1/models", q="rocket", use_rss=no)).json()["total_count"] == 1


async def test_model_is_found_by_alias_variant_and_free_row(catalog: RunningCatalog) -> None:
    async def found(path: str) -> str:
        return (await catalog.get(f"/api/v1/model/{path}")).json()["data"]["id"]

    assert await found("anthropic/claude-opus-4-5") == "anthropic/claude-opus-4.5"
    assert await found("OpenAI/gpt-5.4-mini:nitro") == "openai/gpt-5.4-mini"
    assert await found("openai/gpt-oss-20b:free") == "openai/gpt-oss-20b:free"


async def test_unknown_model_is_not_found(catalog: RunningCatalog) -> None:
    for path in ("/model/acme/rocket-2", "/models/acme/rocket-2/endpoints", "/model/acme/rocket-1:free"):
        response = await catalog.get(f"/api/v1{path}")
        assert response.status_code == 404, path
        assert response.json()["error"]["code"] == 404


async def test_endpoints_have_percentiles_for_callers_with_a_key_only(catalog: RunningCatalog) -> None:
    for _ in range(20):
        catalog.view.health.record(
            "acme/rocket-1|acme", outcome="success", latency_s=0.25, output_tokens=50, duration_s=1.0
        )

    async def endpoint(key: str | None) -> dict[str, object]:
        body = (await catalog.get("/api/v1/models/acme/rocket-1/endpoints", key=key)).json()
        return body["data"]["endpoints"][0]

    for nobody in (await endpoint(None), await endpoint("sk-tl-v1-wrong")):
        assert nobody["latency_last_30m"] is nobody["throughput_last_30m"] is None
        assert nobody["uptime_last_30m"] == 100
    somebody = await endpoint(catalog.key)
    assert somebody["latency_last_30m"] == {"p50": 250, "p75": 250, "p90": 250, "p99": 250}
    assert somebody["throughput_last_30m"] == {"p50": 50, "p75": 50, "p90": 50, "p99": 50}


async def test_answer_for_a_key_is_not_for_shared_caches(catalog: RunningCatalog) -> None:
    path = "/api/v1/models/acme/rocket-1/endpoints"

    assert "public" in (await catalog.get(path)).headers["cache-control"]
    assert "no-store" in (await catalog.get(path, key=catalog.key)).headers["cache-control"]


async def test_endpoint_of_a_provider_that_is_not_enabled_stays_listed_as_down(catalog: RunningCatalog) -> None:
    catalog.view.enabled = frozenset({"openai"})

    body = (await catalog.get("/api/v1/models/openai/gpt-5.4-mini/endpoints")).json()

    status = {e["tag"]: e["status"] for e in body["data"]["endpoints"]}
    assert status["openai"] == 0
    assert status["azure"] == -2


async def test_top_provider_is_the_cheapest_that_can_be_called(catalog: RunningCatalog) -> None:
    row = model(catalog, "deepseek/deepseek-r1")
    dearest = max(row.endpoints, key=lambda e: e.pricing.base["completion"])

    catalog.view.enabled = frozenset({dearest.provider})
    catalog.clock.advance(seconds=60)
    listed = (await catalog.get("/api/v1/model/deepseek/deepseek-r1")).json()["data"]

    assert listed["top_provider"]["context_length"] == dearest.context_length


async def test_unpriced_model_does_not_look_free(catalog: RunningCatalog) -> None:
    row = model(catalog, "acme/rocket-1")
    unpriced = replace(row, endpoints=(replace(row.endpoints[0], pricing=UNPRICED),))
    catalog.view.current = replace(catalog.view.current, models={row.id: unpriced})

    rows = {listed["id"]: listed for listed in (await catalog.get("/api/v1/models")).json()["data"]}
    assert rows[row.id]["pricing"] == {"prompt": "-1", "completion": "-1"}
    assert await catalog.ids(max_price="100") == []


async def test_peak_price_is_on_top_while_it_counts(catalog: RunningCatalog) -> None:
    path = "/api/v1/model/deepseek/deepseek-v4-pro-0813"
    monday = int(datetime(2026, 11, 23, tzinfo=UTC).timestamp())
    catalog.view.enabled = frozenset({"deepseek"})

    catalog.clock.advance(seconds=monday - catalog.clock.now_ms() // 1000)
    night = (await catalog.get(path)).json()["data"]["pricing"]
    catalog.clock.advance(seconds=2 * 3600)
    peak = (await catalog.get(path)).json()["data"]["pricing"]

    assert (night["prompt"], peak["prompt"]) == ("0.00000066", "0.00000132")
    assert night["overrides"] == peak["overrides"]
    assert [(o["utc_start"], o["utc_end"]) for o in peak["overrides"]] == [
        (100, 400),
        (400, 600),
        (600, 1000),
        (1000, 100),
    ]


async def test_list_follows_the_catalog_and_the_clock(catalog: RunningCatalog) -> None:
    first = await catalog.get("/api/v1/models")
    rocket = model(catalog, "acme/rocket-1")
    catalog.view.current = replace(catalog.view.current, models={rocket.id: rocket})

    assert first.json()["total_count"] > 300
    assert await catalog.ids() == ["acme/rocket-1"]


async def test_list_for_the_caller_needs_a_key_and_has_all_outputs(catalog: RunningCatalog) -> None:
    refused = await catalog.get("/api/v1/models/user")
    wrong = await catalog.get("/api/v1/models/user", key="sk-tl-v1-wrong")
    listed = await catalog.get("/api/v1/models/user", key=catalog.key)

    assert (refused.status_code, refused.json()["error"]["message"]) == (401, "Missing Authentication header")
    assert wrong.status_code == 401
    found = {each["id"] for each in listed.json()["data"]}
    assert {each for each in found if not is_indirect(each)} == catalog.view.current.models.keys()


async def test_embeddings_list_has_embeddings_alone(catalog: RunningCatalog) -> None:
    body = (await catalog.get("/api/v1/embeddings/models", limit=5)).json()

    assert len(body["data"]) == 5 < body["total_count"]
    assert all("embeddings" in row["architecture"]["output_modalities"] for row in body["data"])


async def test_zdr_endpoints_are_those_whose_policy_says_so(catalog: RunningCatalog) -> None:
    listed = (await catalog.get("/api/v1/endpoints/zdr")).json()["data"]

    expected = {
        (row.canonical_slug, e.tag)
        for row in catalog.view.current.models.values()
        for e in row.endpoints
        if e.data_policy.zdr
    }
    assert {(e["model_id"], e["tag"]) for e in listed} == expected


async def test_other_methods_are_told_which_there_are(catalog: RunningCatalog) -> None:
    async with httpx.AsyncClient(base_url=catalog.url) as client:
        response = await client.post("/api/v1/models")

    assert response.status_code == 405
    assert "GET" in response.headers["allow"]
