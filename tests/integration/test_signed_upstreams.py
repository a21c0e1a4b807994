"""A chat client in front of clouds that want requests signed: Vertex in its three shapes, Bedrock with AWS's keys."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import anthropic_messages, bedrock_converse
from tests.fakes import replies as openai
from tests.fakes.google_tokens import GoogleTokens
from tests.fakes.provider import FakeProvider, RecordedRequest
from tests.fakes.replies import Reply, body, sse
from tests.fakes.sigv4 import SigV4Verifier
from tests.instance import Instance, endpoint
from trunkline.core.clock import SystemClock
from trunkline.settings import ProviderSettings

PROJECT = "/v1/projects/acme-prod/locations/global"
TOOLS = [{"type": "function", "function": {"name": "get_temp", "parameters": {"type": "object"}}}]
GEMINI, CLAUDE, LLAMA, BEDROCK = "acme/gemini", "acme/claude", "acme/llama", "acme/nova"
CHUNK = {
    "candidates": [{"content": {"role": "model", "parts": [{"text": "It is 7 °C."}]}, "finishReason": "STOP"}],
    "usageMetadata": {"promptTokenCount": 10, "candidatesTokenCount": 5, "trafficType": "ON_DEMAND"},
}
PATHS = {
    GEMINI: ("publishers/google/models/gemini-2.5-flash:generateContent", ":streamGenerateContent?alt=sse"),
    CLAUDE: ("publishers/anthropic/models/claude-sonnet-4-5@20250929:rawPredict", ":streamRawPredict"),
    LLAMA: ("endpoints/openapi/chat/completions", "endpoints/openapi/chat/completions"),
}


def said(model: str, *, stream: bool) -> Reply:
    """The same words in the format of each."""
    match model:
        case "acme/gemini":
            return sse([b"data: " + json.dumps(CHUNK).encode() + b"\n\n"]) if stream else body(CHUNK)
        case "acme/claude":
            return (anthropic_messages.stream if stream else anthropic_messages.answer)(anthropic_messages.TEXT)
        case "acme/nova":
            return (bedrock_converse.stream if stream else bedrock_converse.answer)(bedrock_converse.TEXT)
        case _:
            return openai.stream("It is 7 °C.") if stream else openai.answer("It is 7 °C.")


class World:
    """Vertex and Bedrock, each as strict about who asks as the real one; `spare` serves Gemini for a plain key."""

    def __init__(self, tokens: GoogleTokens) -> None:
        self.tokens = tokens
        keys = SigV4Verifier({"AKIDEXAMPLE": "s3cr3t"}, region="eu-west-1", service="bedrock", clock=SystemClock())
        self.vertex = FakeProvider(check=self._complaint)
        self.bedrock = FakeProvider(check=keys.complaint)
        self.spare = FakeProvider()
        self.instance: Instance

    def _complaint(self, request: RecordedRequest) -> str | None:
        if "x-goog-api-key" in request.headers or "x-api-key" in request.headers:
            return "a key beside the token"
        return self.tokens.takes(request) or (None if request.path.startswith(PROJECT) else f"path {request.path}")


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    credentials = tmp_path / "credentials"
    credentials.write_text("[team]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = s3cr3t\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(credentials))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    async with AsyncExitStack() as stack:
        made = World(await stack.enter_async_context(GoogleTokens(tmp_path)))
        for fake in (made.vertex, made.bedrock, made.spare):
            await stack.enter_async_context(fake)
        vertex = ProviderSettings(credentials=str(made.tokens.file), base_url=made.vertex.origin + PROJECT)
        bedrock = ProviderSettings(credentials="team", base_url=made.bedrock.origin, address={"region": "eu-west-1"})
        entries = [
            _of_provider(GEMINI, made.vertex, "google-vertex", "vertex-gemini", "gemini-2.5-flash"),
            _of_provider(CLAUDE, made.vertex, "google-vertex", "vertex-anthropic", "claude-sonnet-4-5@20250929"),
            _of_provider(LLAMA, made.vertex, "google-vertex", "vertex-openai", "meta/llama-4-maverick-maas"),
            _of_provider(BEDROCK, made.bedrock, "amazon-bedrock", "bedrock-converse", "eu.amazon.nova-pro-v1:0"),
        ]
        providers = {"google-vertex": vertex, "amazon-bedrock": bedrock}
        spare = endpoint(GEMINI, made.spare, "google-ai-studio", protocol="google-gemini")
        instance = Instance(tmp_path, endpoints=[*entries, spare], providers=providers)
        made.instance = await stack.enter_async_context(instance)
        yield made
        assert await made.instance.audit() == []


def _of_provider(model: str, fake: FakeProvider, slug: str, protocol: str, name: str) -> dict[str, Any]:
    """An endpoint at its provider's address, for its provider's credentials."""
    entry = endpoint(model, fake, slug, protocol=protocol, upstream_model=name, input_modalities=["text", "image"])
    return {key: value for key, value in entry.items() if key not in ("base_url", "api_key")}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("model", PATHS)
async def test_vertex_takes_each_of_its_three_shapes_with_a_token(world: World, model: str, stream: bool) -> None:
    world.vertex.then(said(model, stream=stream))
    members: dict[str, Any] = {"tools": TOOLS, "max_tokens": 50, "provider": {"only": ["google-vertex"]}}
    if stream:
        streamed = await world.instance.stream(model, **members)
        assert streamed.text == "It is 7 °C."
        assert streamed.is_done
    else:
        got = await world.instance.chat(model, **members)
        assert got["choices"][0]["message"]["content"] == "It is 7 °C."
        assert got["provider"] == "Google Vertex AI"
    (request,) = world.vertex.requests
    whole, streaming = PATHS[model]
    expected = whole if not stream else whole.partition(":")[0] + streaming if ":" in whole else streaming
    assert request.path == f"{PROJECT}/{expected}"
    assert world.tokens.issued == ["ya29.test-1"]
    _examine(model, request.json, stream=stream)


def _examine(model: str, sent: dict[str, Any], *, stream: bool) -> None:
    """The members by which the shapes differ from their formats elsewhere."""
    if model == CLAUDE:
        assert sent["anthropic_version"] == "vertex-2023-10-16"
        assert "model" not in sent
        assert sent.get("stream", False) is stream
    elif model == LLAMA:
        assert sent["model"] == "meta/llama-4-maverick-maas"
        assert sent["messages"] == [{"role": "user", "content": "Hi"}]
    else:
        assert sent["contents"] == [{"role": "user", "parts": [{"text": "Hi"}]}]
        assert "model" not in sent


async def test_vertex_is_told_no_ids_of_calls_which_it_refuses(world: World) -> None:
    world.vertex.then(said(GEMINI, stream=False))
    call = {"id": "call_1", "type": "function", "function": {"name": "get_temp", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": "How cold?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "7"},
    ]
    asked = {"model": GEMINI, "messages": messages, "tools": TOOLS, "provider": {"only": ["google-vertex"]}}
    response = await world.instance.client.post("/chat/completions", json=asked)
    assert response.status_code == 200, response.text
    _, turn, result = world.vertex.requests[0].json["contents"]
    assert turn["parts"][0]["functionCall"] == {"name": "get_temp", "args": {}}
    assert result["parts"][0]["functionResponse"] == {"name": "get_temp", "response": {"output": "7"}}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
async def test_bedrock_takes_what_a_profile_signs(world: World, stream: bool) -> None:
    world.bedrock.then(said(BEDROCK, stream=stream))
    if stream:
        streamed = await world.instance.stream(BEDROCK, "How cold is Oslo, in °C?")
        assert streamed.text == "It is 7 °C."
    else:
        got = await world.instance.chat(BEDROCK, "How cold is Oslo, in °C?")
        assert got["choices"][0]["message"]["content"] == "It is 7 °C."
    assert world.bedrock.complaints == []
    (request,) = world.bedrock.requests
    operation = "converse-stream" if stream else "converse"
    assert request.path == f"/model/eu.amazon.nova-pro-v1%3A0/{operation}"


async def test_without_a_token_another_endpoint_answers(world: World) -> None:
    world.tokens.refusal = "account disabled"
    world.spare.then(said(GEMINI, stream=False))
    got = await world.instance.chat(GEMINI, provider={"order": ["google-vertex"]})
    assert got["provider"] == "Google AI Studio"
    record = await world.instance.generation(got["id"])
    assert [attempt["status"] for attempt in record["provider_responses"]] == [None, 200]
    assert world.vertex.requests == []


async def test_without_a_token_and_another_endpoint_the_provider_is_unavailable_and_no_401_is_told(
    world: World,
) -> None:
    world.tokens.refusal = "account gateway@acme-prod disabled"
    response = await world.instance.post(CLAUDE)
    assert response.status_code == 502
    assert response.json()["error"]["metadata"]["error_type"] == "provider_unavailable"
    assert "acme-prod" not in response.text
    assert "disabled" not in response.text


async def test_one_token_serves_all_shapes_and_is_fetched_again_only_when_it_lapses(world: World) -> None:
    for model in (GEMINI, CLAUDE, LLAMA):
        world.vertex.then(said(model, stream=False))
        await world.instance.chat(model, provider={"only": ["google-vertex"]})
    assert world.tokens.issued == ["ya29.test-1"]
