"""`litellm` as a client, unmodified, in its own environment: one run of litellm_client.py, seen test by test."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.e2e.clients.apart import ask, client_of
from tests.instance import Instance
from tests.tap import Tap

APART = client_of("litellm")
MODEL = "openai/gpt-5-nano"
Said = dict[str, Any]

pytestmark = APART.mark
each_prefix = pytest.mark.parametrize("prefix", ["openai", "openrouter"])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tap() -> Tap:
    return Tap()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def said(tmp_path_factory: pytest.TempPathFactory, tap: Tap) -> AsyncIterator[Said]:
    async with Instance(tmp_path_factory.mktemp("litellm"), wrap=tap) as instance:
        # Its table of prices comes from its package, not from the network.
        yield await ask(APART, instance, MODEL, LITELLM_LOCAL_MODEL_COST_MAP="True")
        assert await instance.audit() == []
    assert tap.problems() == []


@each_prefix
def test_completion_gives_text_finish_and_usage(said: Said, prefix: str) -> None:
    answer = said[f"{prefix} completion"]
    assert MODEL in answer["text"]
    assert answer["finish"] == "length"
    assert answer["tokens"] > 20


@each_prefix
def test_a_stream_is_put_together(said: Said, prefix: str) -> None:
    assert MODEL in said[f"{prefix} stream"]["text"]
    assert said[f"{prefix} stream"]["finish"] == "stop"


@each_prefix
def test_tools_are_called_whole_and_streamed_and_their_results_answered(said: Said, prefix: str) -> None:
    told = said[f"{prefix} tools"]
    assert told["name"] == "get_weather"
    assert isinstance(told["arguments"]["city"], str)
    assert told["then"]
    assert said[f"{prefix} streamed tools"] == ["get_weather"]


@each_prefix
def test_responses_come_whole_and_streamed(said: Said, prefix: str) -> None:
    assert said[f"{prefix} responses"]["status"] == "incomplete"  # 50 tokens are too few
    assert MODEL in said[f"{prefix} responses"]["text"]
    assert MODEL in said[f"{prefix} streamed responses"]["text"]
    assert said[f"{prefix} streamed responses"]["last"] == "response.completed"


@each_prefix
def test_messages_are_asked_by_way_of_another_api(said: Said, prefix: str) -> None:
    assert MODEL in said[f"{prefix} messages"]["text"]
    assert said[f"{prefix} messages"]["stop"] == "max_tokens"


def test_messages_are_asked_natively(said: Said) -> None:
    assert MODEL in said["native messages"]["text"]


@each_prefix
def test_embeddings_are_vectors(said: Said, prefix: str) -> None:
    first, second = said[f"{prefix} embedding"]
    assert first == second > 0


def test_rerank_puts_the_fitting_document_first(said: Said) -> None:
    assert said["rerank"] == [1]


@each_prefix
def test_an_unknown_key_is_its_authentication_error(said: Said, prefix: str) -> None:
    assert said[f"{prefix} refused"] == {"class": "AuthenticationError", "status": 401}


def test_each_api_was_asked_at_its_own_address(said: Said, tap: Tap) -> None:
    asked = {answer.path for answer in tap.answers if answer.status == 200}
    assert asked == {f"/api/v1/{api}" for api in ("chat/completions", "responses", "messages", "embeddings", "rerank")}
