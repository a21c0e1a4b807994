"""What is no conversation, through the official clients, unmodified: embeddings, rerank, speech and transcription."""

from collections.abc import AsyncIterator

import openai
import pytest
from openai import AsyncOpenAI
from openrouter import OpenRouter

from tests.instance import KEY, Instance

EMBEDDINGS = "openai/text-embedding-3-small"


@pytest.fixture
async def client(sandbox: Instance) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=sandbox.base_url, api_key=KEY, max_retries=0) as client:
        yield client


@pytest.fixture
async def router(sandbox: Instance) -> AsyncIterator[OpenRouter]:
    async with OpenRouter(api_key=KEY, server_url=sandbox.base_url) as router:
        yield router


async def test_the_sdks_default_of_base64_gives_the_floats(client: AsyncOpenAI) -> None:
    by_default = await client.embeddings.create(model=EMBEDDINGS, input=["a", "b"], dimensions=16)
    as_floats = await client.embeddings.create(
        model=EMBEDDINGS, input=["a", "b"], dimensions=16, encoding_format="float"
    )
    assert len(by_default.data) == 2
    for one, other in zip(by_default.data, as_floats.data, strict=True):
        assert one.embedding == pytest.approx(other.embedding, abs=1e-7)
    assert by_default.usage.prompt_tokens == as_floats.usage.prompt_tokens > 0


async def test_a_chat_model_is_no_model_for_embeddings(client: AsyncOpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="/chat/completions"):
        await client.embeddings.create(model="openai/gpt-5-nano", input="a")


async def test_speech_and_its_transcription_through_the_sdk(client: AsyncOpenAI) -> None:
    spoken = await client.audio.speech.create(
        model="openai/gpt-4o-mini-tts", input="Hello there", voice="alloy", response_format="mp3"
    )
    sound = spoken.read()
    assert sound.startswith(b"\xff\xf3")
    heard = await client.audio.transcriptions.create(model="openai/whisper-1", file=("a.mp3", sound))
    assert heard.text.startswith("The Sandbox got a recording")
    with_times = await client.audio.transcriptions.create(
        model="openai/whisper-1",
        file=("a.mp3", sound),
        response_format="verbose_json",
        timestamp_granularities=["word", "segment"],
    )
    assert with_times.words is not None
    assert with_times.segments is not None
    with pytest.raises(openai.BadRequestError, match="srt"):
        await client.audio.transcriptions.create(model="openai/whisper-1", file=("a.mp3", sound), response_format="srt")


async def test_the_routers_sdk_embeds_and_lists_models(router: OpenRouter) -> None:
    answer = await router.embeddings.generate_async(model=EMBEDDINGS, input="a", dimensions=4)
    assert not isinstance(answer, str)
    assert len(answer.data[0].embedding) == 4
    listed = await router.embeddings.list_models_async()
    assert EMBEDDINGS in {model.id for model in listed.result.data}


async def test_the_routers_sdk_ranks_documents(router: OpenRouter) -> None:
    answer = await router.rerank.rerank_async(
        model="cohere/rerank-v3.5", query="green tea", documents=["black coffee", "green tea"], top_n=1
    )
    assert not isinstance(answer, str)
    assert [(result.index, result.document.text) for result in answer.results] == [(1, "green tea")]
