"""Every recorded answer of providers' rerank against an independent reading of the same bytes."""

import json
from typing import Any

import pytest

from tests.recorded import exchanges, requires_recorded
from tests.reports import REPORT
from trunkline.protocols.answers import AnswerIdentity, UpstreamTarget
from trunkline.protocols.rerank.request import parse_rerank
from trunkline.protocols.rerank.upstreams import RERANK
from trunkline.protocols.validation import ParseLimits

pytestmark = requires_recorded
IDENTITY = AnswerIdentity(generation_id="gen-1", created_s=1, model="a/m", provider="Acme")
FORMATS = {"cohere": "cohere-v2", "llamacpp": "cohere-v2", "voyage": "voyage", "openrouter": "cohere-v2"}
EVERY = [e for file in ("rerank.jsonl.gz", "openrouter-rerank.jsonl.gz") for e in exchanges(file)]
KNOWN = {"id", "model", "object", "provider", "results", "data", "meta", "usage"}


def target_of(exchange: dict[str, Any]) -> UpstreamTarget:
    return UpstreamTarget(
        provider=exchange["provider"], upstream_model=exchange["model"], supported_parameters=frozenset()
    )


def asked_of(exchange: dict[str, Any]) -> Any:
    sent = exchange["request"]["body"]
    limit = sent.get("top_n", sent.get("top_k"))
    top_n = {"top_n": limit} if limit else {}
    return parse_rerank(
        json.dumps({"model": "a/m", "query": sent["query"], "documents": sent["documents"], **top_n}).encode(),
        ParseLimits(),
    )


@pytest.mark.parametrize("exchange", EVERY, ids=lambda e: f"{e['provider']}-{e['id']}")
def test_every_score_and_count_of_a_recorded_answer_reaches_the_client(exchange: dict[str, Any]) -> None:
    codec, request = RERANK[FORMATS[exchange["provider"]]], asked_of(exchange)
    body = codec.open_body([exchange["response"]["body"].encode()], request, target_of(exchange), IDENTITY)
    upstream = json.loads(exchange["response"]["body"])
    results = upstream.get("results", upstream.get("data"))
    if not results:
        assert body.facts.fault is not None
        return
    answer = json.loads(body.render(REPORT))
    told = {result["index"]: result["relevance_score"] for result in results}
    assert {result["index"]: result["relevance_score"] for result in answer["results"]} == told
    assert all(r["document"]["text"] == request.documents[r["index"]].text for r in answer["results"])
    units = upstream.get("meta", {}).get("billed_units", {}).get("search_units")
    assert answer["usage"].get("search_units") == units
    assert answer["usage"].get("total_tokens") == upstream.get("usage", {}).get("total_tokens")
    assert upstream.keys() <= KNOWN


@pytest.mark.parametrize("exchange", EVERY, ids=lambda e: f"{e['provider']}-{e['id']}")
def test_a_recorded_request_written_again_says_the_same(exchange: dict[str, Any]) -> None:
    codec, request, sent = RERANK[FORMATS[exchange["provider"]]], asked_of(exchange), exchange["request"]["body"]
    ours = json.loads(codec.encode(request, target_of(exchange), {}).body)
    theirs = {name: value for name, value in sent.items() if value}
    assert ours | {"truncation": True} == theirs | {"truncation": True}


def test_our_answer_has_every_field_of_the_recorded_one() -> None:
    exchange = exchanges("openrouter-rerank.jsonl.gz")[0]
    body = RERANK["cohere-v2"].open_body(
        [exchange["response"]["body"].encode()], asked_of(exchange), target_of(exchange), IDENTITY
    )
    ours, theirs = json.loads(body.render(REPORT)), json.loads(exchange["response"]["body"])
    assert (ours.keys(), ours["usage"].keys()) == (theirs.keys(), theirs["usage"].keys())
    assert ours["results"] == theirs["results"]
