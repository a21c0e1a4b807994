"""What gateways list becomes endpoints with their prices."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.provider import FakeProvider
from tests.fakes.replies import body
from tests.recorded import exchanges, requires_recorded
from trunkline.catalog.snapshot import build_snapshot
from trunkline.catalog.types import Endpoint, Snapshot
from trunkline.gateway.transport.client import HttpTransport
from trunkline.providers.gateways import any_gateway, list_gateways
from trunkline.providers.registry import build_providers, make_callable
from trunkline.settings import ProviderSettings, Settings

HOME = Path("/nonexistent")
LLAMA = {
    "id": "meta-llama/Llama-3.3-70B-Instruct",
    "architecture": {"input_modalities": ["text"], "output_modalities": ["text"]},
    "providers": [
        {
            "provider": "groq",
            "status": "live",
            "context_length": 131072,
            "pricing": {"input": 0.59, "output": 0.79},
            "supports_tools": True,
        },
        {"provider": "nscale", "status": "live"},
        {"provider": "gone", "status": "error"},
    ],
}


@pytest.fixture
async def gateway() -> AsyncIterator[FakeProvider]:
    async with FakeProvider() as fake:
        yield fake


async def listed(gateway: FakeProvider, slug: str) -> tuple[Settings, Snapshot]:
    """The settings of an instance with that gateway, and its catalog after the gateway was asked."""
    given = ProviderSettings(base_url=gateway.url, api_key="hush")
    settings = Settings(home=HOME, providers={slug: given})
    before = build_snapshot(settings)
    providers = build_providers(settings, before, {})
    assert any_gateway(providers)
    transport = HttpTransport()
    try:
        found = await list_gateways(providers, before, transport)
    finally:
        await transport.close()
    return settings, build_snapshot(settings, [entry for one in found for entry in one.endpoints])


def of(snapshot: Snapshot, slug: str) -> list[Endpoint]:
    return [e for model in snapshot.models.values() for e in model.endpoints if e.provider == slug]


async def test_each_host_of_hugging_face_is_an_endpoint_with_its_own_price(gateway: FakeProvider) -> None:
    gateway.then(body({"object": "list", "data": [LLAMA, {"no": "id"}, 7]}))
    settings, snapshot = await listed(gateway, "huggingface")
    request = gateway.requests[0]
    assert (request.method, request.path, request.headers["authorization"]) == ("GET", "/v1/models", "Bearer hush")
    groq, nscale = sorted(of(snapshot, "huggingface"), key=lambda endpoint: endpoint.tag)
    assert groq.upstream_model == "meta-llama/Llama-3.3-70B-Instruct:groq"
    assert (groq.tag, groq.context_length) == ("huggingface/groq", 131072)
    assert groq.pricing.base["prompt"] == 590_000_000_000  # atto-dollars
    assert "tools" in groq.supported_parameters
    assert not nscale.pricing.priced
    assert "tools" not in nscale.supported_parameters
    is_callable = make_callable(build_providers(settings, snapshot, {}), lambda endpoint: True)
    assert is_callable(groq)


@requires_recorded
async def test_a_recorded_list_of_openrouter_is_read_whole(gateway: FakeProvider) -> None:
    said = next(
        e["response"]["body"] for e in exchanges("openrouter-models.jsonl.gz") if len(e["response"]["body"]) > 100_000
    )
    gateway.then(body(said.encode(), content_type="application/json"))
    _, snapshot = await listed(gateway, "openrouter")
    by_name = {endpoint.upstream_model: endpoint for endpoint in of(snapshot, "openrouter")}
    wanted: dict[str, dict[str, Any]] = {entry["id"]: entry for entry in json.loads(said)["data"]}
    left_out = wanted.keys() - by_name.keys()
    assert all(
        wanted[name]["pricing"]["prompt"].startswith("-") or name.partition(":")[2] not in ("", "free")
        for name in left_out
    )
    assert len(by_name) > 300
    seed = by_name["bytedance-seed/seed-1.6-flash"]
    assert seed.pricing.base["completion"] == 300_000_000_000
    assert (seed.max_output_tokens, seed.input_modalities) == (16384, {"image", "text", "video"})
    free = next(endpoint for name, endpoint in by_name.items() if name.endswith(":free"))
    assert (free.variant, free.tag) == ("free", "openrouter/free")


@pytest.mark.parametrize("reply", [body(b"<html>"), body({"data": None}), body({}, status=401)])
async def test_a_gateway_that_lists_nothing_serves_nothing(gateway: FakeProvider, reply: Any) -> None:
    gateway.then(reply)
    _, snapshot = await listed(gateway, "openrouter")
    assert of(snapshot, "openrouter") == []
