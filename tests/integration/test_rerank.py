"""POST /rerank through a whole instance, in front of fakes of Cohere, Voyage and a local engine."""

from pathlib import Path
from typing import Any

import pytest

from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Reply, body, failure
from tests.instance import KEY, MANAGEMENT_KEY, Instance, endpoint
from trunkline.settings import Billing

MODEL = "cohere/rerank-v3.5"
UNITS = {"prompt": "0", "completion": "0", "units": [{"label": "Search units", "unit": "search_unit", "usd": "0.001"}]}
TOKENS = {"prompt": "0.00000002", "completion": "0"}
DOCUMENTS = ["one", {"text": "two"}, "three"]
ASKED = {"model": MODEL, "query": "which?", "documents": DOCUMENTS}


def scores(*pairs: tuple[int, float], units: int | None = 1) -> Reply:
    results = [{"index": index, "relevance_score": score} for index, score in pairs]
    meta = {"meta": {"billed_units": {"search_units": units}}} if units is not None else {}
    return body({"id": "r1", "results": results, **meta})


def instance_with(
    home: Path,
    provider: FakeProvider,
    name: str = "cohere",
    protocol: str = "cohere-v2",
    pricing: Any = UNITS,
    **more: Any,
) -> Instance:
    entry = endpoint(MODEL, provider, name, protocol=protocol, pricing=pricing)
    return Instance(home, endpoints=[entry], **more)


async def ask(instance: Instance, **members: Any) -> Any:
    return await instance.client.post("/rerank", json=ASKED | members)


async def test_documents_come_back_as_objects_the_best_first(tmp_path: Path) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        provider.then(scores((0, 0.1), (2, 0.9), (1, 0.1)))
        answer = (await ask(instance)).json()
        assert answer["results"] == [
            {"index": 2, "relevance_score": 0.9, "document": {"text": "three"}},
            {"index": 0, "relevance_score": 0.1, "document": {"text": "one"}},
            {"index": 1, "relevance_score": 0.1, "document": {"text": "two"}},
        ]
        assert answer["usage"] == {"search_units": 1, "cost": 0.001}
        assert (answer["model"], answer["provider"]) == (MODEL, "Cohere")
        record = await instance.generation(answer["id"])
        assert (record["api_type"], record["total_cost"]) == ("rerank", 0.001)
        assert provider.requests[0].path == "/v1/rerank"
        sent = {"model": "rerank-v3.5", "query": "which?", "documents": ["one", "two", "three"]}
        assert provider.requests[0].json == sent
        assert not await instance.audit()


async def test_top_n_is_cut_here_if_the_upstream_does_not(tmp_path: Path) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        provider.always(scores((0, 0.1), (2, 0.9), (1, 0.3), units=None))
        assert [r["index"] for r in (await ask(instance, top_n=1)).json()["results"]] == [2]
        assert len((await ask(instance, top_n=50)).json()["results"]) == 3
        assert [request.json["top_n"] for request in provider.requests] == [1, 3]


async def test_voyage_is_asked_in_its_words_and_paid_by_token(tmp_path: Path) -> None:
    reply = {"data": [{"index": 1, "relevance_score": 0.5}], "usage": {"total_tokens": 57}}
    async with (
        FakeProvider() as provider,
        instance_with(tmp_path, provider, "voyageai", "voyage", TOKENS) as instance,
    ):
        provider.then(body(reply))
        answer = (await ask(instance, top_n=1, return_documents=False)).json()
        assert answer["usage"] == {"total_tokens": 57, "cost": 0.00000114}
        assert answer["results"][0]["document"] == {"text": "two"}
        assert provider.requests[0].json["top_k"] == 1
        assert provider.requests[0].json["truncation"] is False


async def test_units_that_nobody_told_are_counted_by_the_documents(tmp_path: Path) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        provider.then(scores(*((index, 0.5) for index in range(250)), units=None))
        answer = (await ask(instance, documents=["d"] * 250)).json()
        assert answer["usage"] == {"cost": 0.003}
        assert not await instance.audit()


@pytest.mark.parametrize(
    "reply",
    [
        body("<html>", content_type="text/html"),
        body({"results": []}),
        scores((3, 0.5)),
        scores((-1, 0.5)),
        scores((1, 0.5), (1, 0.4)),
        body({"results": [{"index": 0}]}),
        body({"error": {"message": "no"}}),
    ],
)
async def test_what_is_no_ranking_of_the_documents_is_a_502_and_free(tmp_path: Path, reply: Reply) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        provider.then(reply)
        assert (await ask(instance)).status_code == 502
        assert await instance.usage() == 0
        assert not await instance.audit()


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"query": ""}, "query"),
        ({"query": None}, "query"),
        ({"documents": []}, "documents"),
        ({"documents": None}, "documents"),
        ({"documents": "x"}, "documents"),
        ({"documents": [{}]}, "documents[0]"),
        ({"documents": ["a", 5]}, "documents[1]"),
        ({"documents": [{"image": "ftp://x"}]}, "documents[0].image"),
        ({"documents": ["x"] * 10_001}, "documents"),
        ({"top_n": 0}, "top_n"),
        ({"top_n": 1.5}, "top_n"),
        ({"model": None}, "model"),
    ],
)
async def test_a_request_that_is_none_is_a_400_that_names_the_field(
    tmp_path: Path, members: dict[str, Any], field: str
) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        refused = await ask(instance, **members)
        assert (refused.status_code, refused.json()["error"]["metadata"]["field"]) == (400, field)
        assert not provider.requests


async def test_an_image_for_a_model_of_texts_is_a_404(tmp_path: Path) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        refused = await ask(instance, documents=[{"image": "https://example.com/a.png"}])
        assert refused.json()["error"].get("availability", {}).get("code") == "no_endpoints", refused.text
        assert (await ask(instance, model="acme/nothing")).status_code == 404
        wrong = await ask(instance, model="openai/gpt-4o-mini")
        assert (wrong.status_code, wrong.json()["error"]["availability"]["code"]) == (400, "wrong_endpoint")


async def test_a_failure_falls_back_and_is_not_paid(tmp_path: Path) -> None:
    async with FakeProvider() as broken, FakeProvider() as good:
        entries = [
            endpoint(MODEL, provider, name, protocol="cohere-v2", pricing=UNITS)
            for name, provider in (("cohere", broken), ("acme", good))
        ]
        async with Instance(tmp_path, endpoints=entries) as instance:
            broken.then(failure(503))
            good.then(scores((0, 0.5)))
            answer = (await ask(instance, provider={"order": ["cohere", "acme"]})).json()
            assert answer["provider"] == "Acme"
            assert await instance.usage() == 0.001
            assert not await instance.audit()


async def test_what_is_not_affordable_is_a_402_that_says_how_much_it_is(tmp_path: Path) -> None:
    async with (
        FakeProvider() as provider,
        instance_with(tmp_path, provider, billing=Billing(mode="prepaid")) as instance,
    ):
        key = await instance.management.post("/keys", json={"name": "k", "limit": 0.0005})
        granted = await instance.management.get("/credits", headers={"Authorization": f"Bearer {MANAGEMENT_KEY}"})
        assert granted.status_code == 200
        poor = instance.connect(key.json()["key"])
        refused = await poor.post("/rerank", json=ASKED)
        assert refused.status_code == 402
        assert "max_tokens" not in refused.text
        assert not provider.requests
        assert KEY not in refused.text


async def test_the_sandbox_ranks_by_common_words(tmp_path: Path) -> None:
    async with Instance(tmp_path) as instance:
        answer = (await ask(instance, query="green tea", documents=["black coffee", "green tea"])).json()
        assert answer["provider"] == "Sandbox"
        assert [result["index"] for result in answer["results"]] == [1, 0]
        assert await instance.usage() == 0
