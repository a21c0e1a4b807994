"""POST /audio/speech through a whole instance: raw bytes as they come, and what happens when they stop."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Call, Reply, body, chunked, failure, head
from tests.instance import Instance, endpoint
from trunkline.storage.database import SqlDatabase

MODEL = "openai/gpt-4o-mini-tts"
OTHER = "hexgrad/kokoro-82m"
CHARACTERS = {
    "prompt": "0",
    "completion": "0",
    "units": [{"label": "Characters", "unit": "character", "usd": "0.00001"}],
}
SOUND = bytes(range(256)) * 40
ASKED = {"model": MODEL, "input": "Hello there", "voice": "alloy"}
COST = 11 * 1e-5


def sound(*pieces: bytes | asyncio.Event, breaks: bool = False) -> Reply:
    """Bytes in pieces, with silences in between that the test ends."""

    async def reply(call: Call) -> None:
        await call.send(head(200, {"content-type": "audio/mpeg"}, chunked=True))
        for piece in pieces:
            if isinstance(piece, asyncio.Event):
                await piece.wait()
            else:
                await call.send(chunked(piece))
        if breaks:
            call.end("close")
        else:
            await call.send(chunked(b""))

    return reply


def instance_with(
    home: Path, *providers: FakeProvider, protocol: str = "openai-audio", name: str = "openai", **more: Any
) -> Instance:
    """The second provider serves `OTHER`."""
    entries = [
        endpoint(model, provider, slug, protocol=protocol, pricing=CHARACTERS, **more)
        for provider, model, slug in zip(providers, (MODEL, OTHER), (name, "deepinfra"), strict=False)
    ]
    return Instance(home, endpoints=entries)


async def ask(instance: Instance, **members: Any) -> httpx.Response:
    return await instance.client.post("/audio/speech", json=ASKED | members)


@pytest.mark.parametrize(("format", "media_type"), [("mp3", "audio/mpeg"), ("pcm", "audio/pcm")])
async def test_bytes_come_through_as_they_are_and_the_characters_are_paid(
    tmp_path: Path, format: str, media_type: str
) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        provider.then(sound(SOUND[:5], SOUND[5:7], SOUND[7:]))
        answer = await ask(instance, response_format=format, speed=1.5, instructions="Slowly.")
        assert (answer.content, answer.headers["content-type"]) == (SOUND, media_type)
        sent = provider.requests[0]
        assert (sent.path, sent.headers["accept"]) == ("/v1/audio/speech", "*/*")
        assert sent.json == {
            "model": "gpt-4o-mini-tts",
            "input": "Hello there",
            "response_format": format,
            "voice": "alloy",
            "speed": 1.5,
            "instructions": "Slowly.",
        }
        record = await instance.generation(answer.headers["x-generation-id"])
        assert (record["api_type"], record["total_cost"], record["finish_reason"]) == ("tts", COST, "stop")
        assert answer.headers["x-provider-name"] == "OpenAI"
        assert not await instance.audit()


async def test_the_first_bytes_do_not_wait_for_the_last(tmp_path: Path) -> None:
    gate = asyncio.Event()
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        provider.then(sound(SOUND, gate, SOUND))
        async with instance.client.stream("POST", "/audio/speech", json=ASKED) as answer:
            pieces = answer.aiter_bytes()
            got = await anext(pieces)
            assert SOUND.startswith(got)
            gate.set()
            async for piece in pieces:
                got += piece
        assert got == SOUND * 2


async def test_the_record_is_there_before_the_last_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = asyncio.Event()
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        settle = SqlDatabase.settle

        async def settle_late(self: SqlDatabase, row: Any) -> None:
            await gate.wait()
            await settle(self, row)

        monkeypatch.setattr(SqlDatabase, "settle", settle_late)
        provider.then(sound(SOUND))
        async with instance.client.stream("POST", "/audio/speech", json=ASKED) as answer:
            got, pieces = b"", answer.aiter_bytes()
            while len(got) < len(SOUND) - 1:
                got += await anext(pieces)
            assert len(got) == len(SOUND) - 1
            gate.set()
            assert got + await anext(pieces) == SOUND
            assert (await instance.generation(answer.headers["x-generation-id"]))["total_cost"] == COST


async def test_a_failure_after_the_first_byte_breaks_the_connection_and_is_paid(tmp_path: Path) -> None:
    async with (
        FakeProvider() as provider,
        FakeProvider() as other,
        instance_with(tmp_path, provider, other) as instance,
    ):
        provider.then(sound(SOUND, breaks=True))
        with pytest.raises(httpx.RemoteProtocolError):
            await ask(instance, models=[OTHER])
        assert not other.requests
        assert await instance.usage() == COST
        assert not await instance.audit()


@pytest.mark.parametrize(
    "reply",
    [failure(503), sound(b""), sound(b"", breaks=True), body({"error": {"message": "overloaded"}}), sound(b"\0")],
)
async def test_a_failure_before_sound_falls_back_and_is_free(tmp_path: Path, reply: Reply) -> None:
    async with (
        FakeProvider() as broken,
        FakeProvider() as good,
        instance_with(tmp_path, broken, good) as instance,
    ):
        broken.always(reply)
        good.then(sound(SOUND))
        assert (await ask(instance, models=[OTHER])).content == SOUND
        assert await instance.usage() == COST
        refused = await ask(instance)
        assert refused.status_code in (502, 503)
        assert refused.headers["content-type"] == "application/json"
        assert await instance.usage() == COST
        assert not await instance.audit()


async def test_a_client_that_leaves_ends_the_call_and_pays_for_what_it_heard(tmp_path: Path) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        provider.then(sound(SOUND, asyncio.Event()))
        async with instance.client.stream("POST", "/audio/speech", json=ASKED) as answer:
            await anext(answer.aiter_bytes())
        await provider.client_closed(0)
        asked = {"id": answer.headers["x-generation-id"]}
        while (found := await instance.client.get("/generation", params=asked)).status_code == 404:
            await asyncio.sleep(0.01)
        record = found.json()["data"]
        assert (record["cancelled"], record["total_cost"]) == (True, COST)
        assert not await instance.audit()


async def test_a_client_that_leaves_before_any_sound_pays_nothing(tmp_path: Path) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        provider.then(sound(b"\0", asyncio.Event()))
        asking = asyncio.get_running_loop().create_task(ask(instance))
        await provider.received(1)
        await asyncio.sleep(0.05)
        asking.cancel()
        await provider.client_closed(0)
        assert await instance.usage() == 0
        assert not await instance.audit()


async def test_deepgram_gets_voice_and_form_in_the_address(tmp_path: Path) -> None:
    async with (
        FakeProvider() as provider,
        instance_with(tmp_path, provider, protocol="deepgram", name="deepgram", upstream_model="aura-2") as instance,
    ):
        provider.always(sound(SOUND))
        assert (await ask(instance, voice="orion-en")).content == SOUND
        assert (await ask(instance, voice=None, response_format="mp3")).content == SOUND
        assert [request.path for request in provider.requests] == [
            "/v1/speak?model=aura-2-orion-en&encoding=linear16&sample_rate=24000&container=none",
            "/v1/speak?model=aura-2-thalia-en&encoding=mp3",
        ]
        assert provider.requests[0].json == {"text": "Hello there"}


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"input": None}, "input"),
        ({"input": ""}, "input"),
        ({"input": 5}, "input"),
        ({"model": None}, "model"),
        ({"voice": None}, "voice"),
        ({"voice": ""}, "voice"),
        ({"response_format": "flac"}, "response_format"),
        ({"speed": 9}, "speed"),
        ({"stream_format": "sse"}, "stream_format"),
        ({"input_references": []}, "input_references"),
        ({"input_references": [{"type": "text", "text": "a"}]}, "input_references"),
    ],
)
async def test_a_request_that_is_none_is_a_400_that_names_the_field(
    tmp_path: Path, members: dict[str, Any], field: str
) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        refused = await ask(instance, **members)
        assert (refused.status_code, refused.json()["error"]["metadata"]["field"]) == (400, field)
        assert not provider.requests


async def test_no_endpoint_clones_voices(tmp_path: Path) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        sample = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}
        assert (await ask(instance, input_references=[sample])).status_code == 404


async def test_the_sandbox_speaks_valid_sound(tmp_path: Path) -> None:
    async with Instance(tmp_path) as instance:
        tone = (await ask(instance)).content
        assert len(tone) == 24_000 * 220 // 1000 * 2
        assert len(set(tone)) > 50
        silence = (await ask(instance, response_format="mp3")).content
        assert all(silence[at : at + 4] == b"\xff\xf3\xc4\xc4" for at in range(0, len(silence), 384))
        assert await instance.usage() == 0
