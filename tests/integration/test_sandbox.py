"""The Sandbox as a client meets it: no provider, no key of any, no network."""

from pathlib import Path

import pytest

from tests.instance import Instance
from trunkline.settings import Sandbox

MODEL = "openai/gpt-5.4-mini"


async def test_every_model_is_answered_and_nobody_is_charged(tmp_path: Path) -> None:
    async with Instance(tmp_path) as instance:
        for model in (MODEL, "anthropic/claude-sonnet-4.5", "google/gemini-2.5-pro"):
            body = await instance.chat(model)
            assert body["provider"] == "Sandbox"
            assert "Sandbox" in body["choices"][0]["message"]["content"].split(".")[0]
            assert body["usage"]["cost"] > 0
            assert (await instance.generation(body["id"]))["provider_name"] == "Sandbox"
        assert await instance.usage() == 0
        assert await instance.audit() == []


@pytest.mark.parametrize(
    ("user", "status"),
    [("sandbox:status=503", 503), ("sandbox:status=429,retry_after=7", 429), ("sandbox:oops=1", 400)],
)
async def test_asked_status_arrives_with_its_hint(tmp_path: Path, user: str, status: int) -> None:
    async with Instance(tmp_path) as instance:
        response = await instance.post(MODEL, user=user)
        assert response.status_code == status
        if status == 429:
            assert response.headers["retry-after"] == "7"


async def test_asked_break_is_an_error_event(tmp_path: Path) -> None:
    async with Instance(tmp_path) as instance:
        streamed = await instance.stream(MODEL, user="sandbox:break_after=5")
        assert streamed.error is not None
        assert streamed.finish_reasons == ["error"]


async def test_reasoning_is_told_counted_and_excluded(tmp_path: Path) -> None:
    async with Instance(tmp_path) as instance:
        body = await instance.chat(MODEL, reasoning={"effort": "low"})
        message = body["choices"][0]["message"]
        assert message["reasoning"]
        assert message["reasoning_details"][0]["type"] == "reasoning.text"
        assert body["usage"]["completion_tokens_details"]["reasoning_tokens"] == 16
        hidden = await instance.chat(MODEL, reasoning={"effort": "low", "exclude": True})
        assert "reasoning" not in hidden["choices"][0]["message"]
        assert "reasoning_details" not in hidden["choices"][0]["message"]
        assert hidden["usage"]["completion_tokens_details"]["reasoning_tokens"] == 16


async def test_several_choices_and_the_same_seed_the_same_answer(tmp_path: Path) -> None:
    async with Instance(tmp_path) as instance:
        first, again = [await instance.chat(MODEL, n=2, seed=5) for _ in range(2)]
        assert [choice["index"] for choice in first["choices"]] == [0, 1]
        assert [c["message"]["content"] for c in first["choices"]] == [
            c["message"]["content"] for c in again["choices"]
        ]


async def test_off_means_that_nobody_answers_and_the_error_says_what_to_set(tmp_path: Path) -> None:
    async with Instance(tmp_path, sandbox=Sandbox(mode="off")) as instance:
        response = await instance.post(MODEL)
        assert response.status_code == 404
        error = response.json()["error"]
        assert error["availability"]["code"] == "no_endpoints"
        assert "OPENAI_API_KEY" in error["message"]


async def test_text_completion_has_its_own_shape(tmp_path: Path) -> None:
    async with Instance(tmp_path) as instance:
        response = await instance.client.post("/completions", json={"model": MODEL, "prompt": "Once", "max_tokens": 4})
        body = response.json()
        assert body["object"] == "text_completion"
        assert body["choices"][0]["finish_reason"] == "length"
        assert body["choices"][0]["text"]


async def test_echo_shows_what_the_provider_is_sent(tmp_path: Path) -> None:
    async with Instance(tmp_path) as instance:
        streamed = await instance.stream(MODEL, debug={"echo_upstream_body": True}, user="alice")
        debug = streamed.chunks[0]
        assert debug["choices"] == []
        assert debug["debug"]["echo_upstream_body"]["messages"] == [{"role": "user", "content": "Hi"}]
        assert "alice" not in str(debug)
