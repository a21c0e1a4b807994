"""What is no conversation, through the official clients, unmodified: embeddings, rerank, audio, images, videos."""

import asyncio
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator

import openai
import pytest
from openai import AsyncOpenAI
from openrouter import OpenRouter

from tests.instance import KEY, Instance
from trunkline.providers.sandbox.images import png

PAINTER = "openai/gpt-image-1-mini"
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


async def test_the_sdk_makes_images_whole_and_streamed(client: AsyncOpenAI) -> None:
    made = await client.images.generate(model=PAINTER, prompt="a cat", n=2, size="1024x1024")
    assert made.data is not None and len(made.data) == 2
    assert b64decode(made.data[0].b64_json or "").startswith(b"\x89PNG")
    stream = await client.images.generate(model=PAINTER, prompt="a cat", stream=True)
    assert [event.type async for event in stream] == ["image_generation.partial_image", "image_generation.completed"]


async def test_the_sdk_edits_images_whole_and_streamed(client: AsyncOpenAI) -> None:
    picture = ("cat.png", png("a cat", 32, 32), "image/png")
    made = await client.images.edit(model=PAINTER, image=picture, prompt="with a hat", n=2, size="1024x1024")
    assert made.data is not None and len(made.data) == 2
    stream = await client.images.edit(model=PAINTER, image=[picture, picture], prompt="with a hat", stream=True)
    assert [event.type async for event in stream][-1] == "image_generation.completed"
    with pytest.raises(openai.BadRequestError, match="mask"):
        await client.images.edit(model=PAINTER, image=picture, mask=picture, prompt="with a hat")
    with pytest.raises(openai.BadRequestError, match="known type"):
        await client.images.edit(model=PAINTER, image=("cat.txt", b"no picture"), prompt="with a hat")


async def test_the_routers_sdk_makes_images_and_lists_their_models(router: OpenRouter) -> None:
    answer = await router.images.generate_async(model=PAINTER, prompt="a cat", stream=False)
    assert b64decode(answer.data[0].b64_json).startswith(b"\x89PNG")
    listed = await router.images.list_models_async()
    assert PAINTER in {model.id for model in listed.data}
    served = await router.images.list_model_endpoints_async(author="openai", slug="gpt-image-1-mini")
    assert {endpoint.provider_slug for endpoint in served.endpoints} >= {"openai", "sandbox"}


async def test_the_routers_sdk_reads_all_events_of_a_stream_of_images(router: OpenRouter) -> None:
    stream = await router.images.generate_async(model=PAINTER, prompt="a cat", stream=True)
    types = [event.type async for event in stream]
    assert types == ["image_generation.partial_image", "image_generation.completed"]


async def test_the_routers_sdk_speaks_and_transcribes(router: OpenRouter) -> None:
    spoken = await router.tts.create_speech_async(
        model="openai/gpt-4o-mini-tts", input="Hello.", voice="alloy", response_format="mp3"
    )
    sound = await spoken.aread()
    assert (spoken.headers["content-type"], sound[:2]) == ("audio/mpeg", b"\xff\xf3")
    model = "openai/whisper-1"
    heard = await router.stt.create_transcription_async(
        model=model, input_audio={"data": b64encode(sound).decode(), "format": "mp3"}, language="en"
    )
    assert "recording" in heard.text and heard.usage is not None
    sent = await router.stt.create_transcription_multipart_async(
        model=model,
        file={"file_name": "a.mp3", "content": sound, "content_type": "audio/mpeg"},
        response_format="verbose_json",
        timestamp_granularities=["word", "segment"],
        temperature=0.5,
    )
    assert "recording" in sent.text and sent.segments and sent.words


async def test_the_routers_sdk_lives_through_a_video_job(router: OpenRouter) -> None:
    job = await router.video_generation.generate_async(model="google/veo-3.1", prompt="waves")
    async with asyncio.timeout(20):
        while job.status in ("pending", "in_progress"):
            await asyncio.sleep(0.2)
            job = await router.video_generation.get_generation_async(job_id=job.id)
    assert job.status == "completed" and job.unsigned_urls
    film = await router.video_generation.get_video_content_async(job_id=job.id)
    assert (await film.aread())[4:8] == b"ftyp"
    listed = await router.video_generation.list_videos_models_async()
    assert "google/veo-3.1" in {model.id for model in listed.data}
