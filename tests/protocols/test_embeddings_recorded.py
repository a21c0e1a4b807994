"""Every recorded answer of providers' embeddings against an independent reading of the same bytes."""

import base64
import json
import struct
from typing import Any

import pytest

from tests.recorded import exchanges, requires_recorded
from tests.reports import REPORT
from trunkline.protocols.answers import AnswerIdentity, UpstreamTarget
from trunkline.protocols.embeddings.request import parse_embeddings
from trunkline.protocols.embeddings.upstreams import EMBEDDINGS
from trunkline.protocols.faults.classify import classify
from trunkline.protocols.validation import ParseLimits

pytestmark = requires_recorded
IDENTITY = AnswerIdentity(generation_id="gen-1", created_s=1, model="a/m", provider="Acme")
SPOKEN = {
    "openai": ("openai", "openai-embeddings"),
    "azure": ("azure", "azure-openai"),
    "mistral": ("mistral", "openai-embeddings"),
    "doubleword": ("doubleword", "openai-embeddings"),
    "perplexity": ("perplexity", "openai-embeddings"),
    "google-vertex": ("google-vertex", "vertex-gemini"),
    "openrouter": ("openrouter", "openai-embeddings"),
}
"""Who answered → provider slug and format. Cohere was recorded with its first version, which nobody speaks here."""
IGNORED = {"object", "model", "id", "provider"}


def good() -> list[dict[str, Any]]:
    files = ("embeddings.jsonl.gz", "gemini-embed.jsonl.gz", "openrouter-embeddings.jsonl.gz")
    every = [e for file in files for e in exchanges(file) if e["response"]["status"] == 200]
    return [e for e in every if e["provider"] in SPOKEN]


def texts_of(request: dict[str, Any]) -> Any:
    return request["input"] if "input" in request else request["content"]["parts"][0]["text"]


def vectors_of(exchange: dict[str, Any]) -> list[list[float]]:
    answer = json.loads(exchange["response"]["body"])
    rows = [answer["embedding"]["values"]] if "embedding" in answer else [item["embedding"] for item in answer["data"]]
    return [row if isinstance(row, list) else unpacked(row, exchange["provider"]) for row in rows]


def unpacked(text: str, provider: str) -> list[float]:
    data = base64.b64decode(text)
    return (
        [float(n) for n in struct.unpack(f"{len(data)}b", data)]
        if provider == "perplexity"
        else [*struct.unpack(f"<{len(data) // 4}f", data)]
    )


@pytest.mark.parametrize("exchange", good(), ids=lambda e: f"{e['provider']}-{e['id']}")
def test_every_vector_and_count_of_a_recorded_answer_reaches_the_client(exchange: dict[str, Any]) -> None:
    provider, protocol = SPOKEN[exchange["provider"]]
    request = parse_embeddings(
        json.dumps({"model": "a/m", "input": texts_of(exchange["request"]["body"])}).encode(), ParseLimits()
    )
    target = UpstreamTarget(
        provider=provider, upstream_model=exchange["model"] or "gemini-embedding-2", supported_parameters=frozenset()
    )
    body = EMBEDDINGS[protocol].open_body([exchange["response"]["body"].encode()], request, target, IDENTITY)
    assert body.facts.fault is None
    answer = json.loads(body.render(REPORT))
    assert [item["embedding"] for item in answer["data"]] == vectors_of(exchange)
    upstream = json.loads(exchange["response"]["body"])
    told = upstream.get("usage") or upstream["usageMetadata"]
    assert body.facts.usage is not None
    assert body.facts.usage.prompt_tokens == told.get("prompt_tokens", told.get("promptTokenCount"))
    assert upstream.keys() - IGNORED <= {"data", "usage", "embedding", "usageMetadata"}


def test_our_answer_has_every_field_of_the_recorded_one() -> None:
    exchange = next(e for e in exchanges("openrouter-embeddings.jsonl.gz") if e["response"]["status"] == 200)
    request = parse_embeddings(b'{"model":"a/m","input":"x"}', ParseLimits())
    target = UpstreamTarget(provider="openrouter", upstream_model="m", supported_parameters=frozenset())
    body = EMBEDDINGS["openai-embeddings"].open_body([exchange["response"]["body"].encode()], request, target, IDENTITY)
    ours, theirs = json.loads(body.render(REPORT)), json.loads(exchange["response"]["body"])
    assert ours.keys() == theirs.keys()
    assert ours["usage"].keys() == theirs["usage"].keys()
    assert ours["usage"]["cost_details"].keys() == theirs["usage"]["cost_details"].keys()
    assert ours["data"][0].keys() == theirs["data"][0].keys()


def test_recorded_refusals_are_classified() -> None:
    every = [e for file in ("embeddings.jsonl.gz", "gemini-embed.jsonl.gz") for e in exchanges(file)]
    refused = [e for e in every if e["response"]["status"] != 200]
    seen = {
        (e["provider"], classify(e["response"]["status"], {}, e["response"]["body"].encode()).error_type)
        for e in refused
    }
    assert seen == {
        ("openai", "provider_unavailable"),
        ("doubleword", "invalid_request"),
        ("venice", "not_found"),
        ("llamacpp", "server"),
        ("llamacpp", "invalid_request"),
        ("voyage", "invalid_request"),
        ("google", "not_found"),
    }
