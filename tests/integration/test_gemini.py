"""Chat clients in front of a provider that speaks Gemini: what they see, what the provider is sent, what it costs."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.provider import FakeProvider
from tests.fakes.replies import body, sse
from tests.instance import Instance, endpoint

MODEL = "google/gemini-3-flash-preview"
SIGNATURE = "CiQBvj72+x/RfMmd=="
TOOLS = [{"type": "function", "function": {"name": "add", "parameters": {"type": "object", "properties": {}}}}]


@pytest.fixture
async def provider() -> AsyncIterator[FakeProvider]:
    async with FakeProvider() as fake:
        yield fake


@pytest.fixture
async def instance(tmp_path: Path, provider: FakeProvider) -> AsyncIterator[Instance]:
    served = endpoint(MODEL, provider, "google-ai-studio", protocol="google-gemini")
    async with Instance(tmp_path, endpoints=[served]) as running:
        yield running
        assert await running.audit() == []


def chunk(*parts: dict[str, Any], finish: str | None = None, **usage: int) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": list(parts)}, "index": 0}
    if finish is not None:
        candidate["finishReason"] = finish
    return {"candidates": [candidate], "usageMetadata": usage, "responseId": "r1", "modelVersion": "gemini-3"}


def events(*chunks: dict[str, Any]) -> list[bytes]:
    return [b"data: " + json.dumps(one).encode() + b"\r\n\r\n" for one in chunks]


USAGE = {"promptTokenCount": 100, "cachedContentTokenCount": 40, "candidatesTokenCount": 6, "thoughtsTokenCount": 4}


async def test_whole_answer_is_asked_for_converted_priced_and_recorded(
    provider: FakeProvider, instance: Instance
) -> None:
    provider.then(body(chunk({"text": "Hm.", "thought": True}, {"text": "Hello."}, finish="STOP", **USAGE)))
    answer = await instance.chat(MODEL, "Hi", reasoning={"effort": "low"}, max_tokens=500)
    message = answer["choices"][0]["message"]
    assert (message["content"], message["reasoning"]) == ("Hello.", "Hm.")
    assert answer["choices"][0]["native_finish_reason"] == "STOP"
    # 60 × 1000 + 40 × 100 + 10 × 2000 nano-dollars
    assert answer["usage"]["cost"] == 0.000084
    assert answer["usage"]["completion_tokens_details"]["reasoning_tokens"] == 4
    request = provider.requests[0]
    assert request.path == "/v1/models/gemini-3-flash-preview:generateContent"
    assert request.headers["x-goog-api-key"] == "upstream-secret"
    assert request.json["contents"] == [{"role": "user", "parts": [{"text": "Hi"}]}]
    assert request.json["generationConfig"] == {
        "maxOutputTokens": 500,
        "thinkingConfig": {"thinkingLevel": "low", "includeThoughts": True},
    }
    assert (await instance.generation(answer["id"]))["total_cost"] == 0.000084


async def test_stream_with_thoughts_and_a_call_ends_as_tool_calls_and_its_signature_comes_back(
    provider: FakeProvider, instance: Instance
) -> None:
    call = {"functionCall": {"name": "add", "args": {"a": 2}}, "thoughtSignature": SIGNATURE}
    provider.then(
        sse(
            events(
                chunk({"text": "Hm.", "thought": True}), chunk({"text": "One "}), chunk(call, finish="STOP", **USAGE)
            )
        )
    )
    streamed = await instance.stream(MODEL, "2+2?", tools=TOOLS)
    assert provider.requests[0].path == "/v1/models/gemini-3-flash-preview:streamGenerateContent?alt=sse"
    assert (streamed.text, streamed.finish_reasons[0], streamed.is_done) == ("One ", "tool_calls", True)
    assert streamed.usage["completion_tokens"] == 10
    deltas = [choice["delta"] for one in streamed.chunks for choice in one["choices"]]
    details = [detail for delta in deltas for detail in delta.get("reasoning_details", ())]
    calls = [fragment for delta in deltas for fragment in delta.get("tool_calls", ())]
    call_id = calls[0]["id"]
    assert call_id.startswith("tool_add_")
    assert "".join(fragment["function"]["arguments"] for fragment in calls) == '{"a":2}'
    assert [(detail["type"], detail.get("id"), detail.get("data")) for detail in details] == [
        ("reasoning.text", None, None),
        ("reasoning.encrypted", call_id, SIGNATURE),
    ]

    provider.then(body(chunk({"text": "4"}, finish="STOP", **USAGE)))
    function = {"name": "add", "arguments": '{"a":2}'}
    history = [
        {"role": "user", "content": "2+2?"},
        {
            "role": "assistant",
            "content": "One ",
            "tool_calls": [{"id": call_id, "type": "function", "function": function}],
            "reasoning_details": details,
        },
        {"role": "tool", "tool_call_id": call_id, "content": "4"},
    ]
    response = await instance.client.post(
        "/chat/completions", json={"model": MODEL, "messages": history, "tools": TOOLS}
    )
    assert response.status_code == 200, response.text
    assert provider.requests[1].json["contents"] == [
        {"role": "user", "parts": [{"text": "2+2?"}]},
        {
            "role": "model",
            "parts": [
                {"text": "One "},
                {
                    "functionCall": {"name": "add", "args": {"a": 2}, "id": call_id},
                    "thoughtSignature": SIGNATURE,
                },
            ],
        },
        {
            "role": "user",
            "parts": [{"functionResponse": {"name": "add", "response": {"output": "4"}, "id": call_id}}],
        },
    ]


async def test_refused_prompt_is_a_content_policy_violation(provider: FakeProvider, instance: Instance) -> None:
    provider.then(body({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 9}}))
    response = await instance.post(MODEL)
    assert response.status_code == 400
    metadata = response.json()["error"]["metadata"]
    assert (metadata["error_type"], metadata["provider_code"]) == ("content_policy_violation", "SAFETY")
    assert await instance.usage() == 0


async def test_error_answers_keep_their_kind_and_their_hint(provider: FakeProvider, instance: Instance) -> None:
    retry = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.4s"}
    error = {"code": 429, "message": "quota", "status": "RESOURCE_EXHAUSTED", "details": [retry]}
    provider.then(body([{"error": error}], status=429))
    response = await instance.post(MODEL)
    assert response.status_code == 429
    assert response.headers["retry-after"] == "35"


async def test_cut_stream_is_told_inside_the_stream_and_costs_nothing(
    provider: FakeProvider, instance: Instance
) -> None:
    provider.then(sse(events(chunk({"text": "Hel"}, promptTokenCount=9)), ending="reset"))
    streamed = await instance.stream(MODEL)
    assert streamed.text == "Hel"
    assert streamed.error is not None
    assert await instance.usage() == 0


async def test_error_inside_a_stream_before_content_has_its_own_status(
    provider: FakeProvider, instance: Instance
) -> None:
    provider.then(sse(events({"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}})))
    response = await instance.post(MODEL, stream=True)
    assert response.status_code == 503


async def test_address_that_must_be_fetched_is_refused_by_name(provider: FakeProvider, instance: Instance) -> None:
    content = [{"type": "video_url", "video_url": {"url": "https://example.com/a.mp4"}}]
    response = await instance.client.post(
        "/chat/completions", json={"model": MODEL, "messages": [{"role": "user", "content": content}]}
    )
    assert response.status_code == 400
    assert response.json()["error"]["metadata"]["field"] == "messages[0].content[0].video_url.url"
    assert not provider.requests
