"""POST /audio/speech in front of the providers' own formats (inference.md 23): events, JSON, and their own errors."""

import struct
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Reply, body, sse
from tests.fakes.replies import event as sse_event
from tests.instance import Instance, endpoint

CHARACTERS = {"prompt": "0", "completion": "0", "units": [{"label": "Characters", "unit": "character", "usd": "0.01"}]}
TOKENS = {"prompt": "0.001", "completion": "0.01", "audio_output": "0.02"}
SOUND = bytes(range(200))
HALF = len(SOUND) // 2
ASKED = {"input": "Hello there", "response_format": "pcm"}
CHARACTERS_COST = 0.11
GEMINI_COUNTS = {
    "promptTokenCount": 4,
    "candidatesTokenCount": 10,
    "candidatesTokensDetails": [{"modality": "AUDIO", "tokenCount": 10}],
}


def b64(sound: bytes) -> str:
    return b64encode(sound).decode()


def floats(sound: bytes) -> bytes:
    """Samples of 16 bits as the 32 bits that Mistral sends."""
    samples = struct.unpack(f"<{len(sound) // 2}h", sound)
    return struct.pack(f"<{len(samples)}f", *(sample / 32767 for sample in samples))


def minimax(sound: bytes, *, last: bool) -> Any:
    status = 2 if last else 1
    return {"data": {"audio": SOUND.hex() if last else sound.hex(), "status": status}, "base_resp": {"status_code": 0}}


def mistral(sound: bytes, *, last: bool) -> Any:
    if last:
        return {"type": "speech.audio.done", "usage": {"prompt_tokens": 3}}
    return {"type": "speech.audio.delta", "audio_data": b64(floats(sound))}


def dashscope(sound: bytes, *, last: bool) -> Any:
    return {"output": {"audio": {"data": "" if last else b64(sound)}, "finish_reason": "stop" if last else "null"}}


def gemini(sound: bytes, *, last: bool) -> Any:
    parts = [] if last else [{"inlineData": {"mimeType": "audio/L16;codec=pcm;rate=24000", "data": b64(sound)}}]
    ended = {"finishReason": "STOP"} if last else {}
    return {"candidates": [{"content": {"parts": parts}, **ended}], "usageMetadata": GEMINI_COUNTS}


Written = Callable[..., Any]
FORMATS: dict[str, tuple[str, str, Written, Any, str, Any]] = {
    "minimax-speech": (
        "minimax/speech-2.8-hd",
        "minimax",
        minimax,
        CHARACTERS,
        "/v1/t2a_v2",
        {
            "model": "speech-2.8-hd",
            "text": "Hello there",
            "stream": True,
            "stream_options": {"exclude_aggregated_audio": True},
            "voice_setting": {"voice_id": "kore"},
            "audio_setting": {"format": "pcm", "sample_rate": 24000, "channel": 1},
        },
    ),
    "mistral-speech": (
        "mistralai/voxtral-mini-tts-2603",
        "mistral",
        mistral,
        CHARACTERS,
        "/v1/audio/speech",
        {
            "model": "voxtral-mini-tts-2603",
            "input": "Hello there",
            "voice_id": "kore",
            "response_format": "pcm",
            "stream": True,
        },
    ),
    "dashscope-speech": (
        "qwen/qwen-audio-3.0-tts-plus",
        "alibaba",
        dashscope,
        CHARACTERS,
        "/v1/services/audio/tts/SpeechSynthesizer",
        {
            "model": "qwen-audio-3.0-tts-plus",
            "input": {"text": "Hello there", "voice": "kore", "format": "pcm", "sample_rate": 24000},
        },
    ),
    "vertex-gemini": (
        "google/gemini-3.1-flash-tts-preview",
        "google-vertex",
        gemini,
        TOKENS,
        "/v1/publishers/google/models/gemini-3.1-flash-tts-preview:streamGenerateContent?alt=sse",
        {
            "contents": [{"role": "user", "parts": [{"text": "Hello there"}]}],
            "generationConfig": {
                "responseModalities": ["AUDIO"],
                "speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "kore"}}},
            },
        },
    ),
}
FALLBACK = "hexgrad/kokoro-82m"


def events(written: Written, *pieces: bytes, ends: bool = True) -> list[bytes]:
    told = [written(piece, last=False) for piece in pieces] + ([written(b"", last=True)] if ends else [])
    return [sse_event(one) for one in told]


def instance_with(home: Path, provider: FakeProvider, other: FakeProvider, protocol: str) -> Instance:
    model, name, _, pricing, _, _ = FORMATS[protocol]
    entries = [
        endpoint(model, provider, name, protocol=protocol, pricing=pricing),
        endpoint(FALLBACK, other, "deepinfra", protocol="openai-audio", pricing=CHARACTERS),
    ]
    return Instance(home, endpoints=entries)


async def ask(instance: Instance, protocol: str, **members: Any) -> httpx.Response:
    asked = {"model": FORMATS[protocol][0], "voice": "kore", **ASKED, **members}
    return await instance.client.post("/audio/speech", json=asked)


@pytest.mark.parametrize("protocol", FORMATS)
async def test_every_format_speaks_is_paid_and_breaks_off_where_its_sound_does(tmp_path: Path, protocol: str) -> None:
    _, _, written, pricing, path, sent = FORMATS[protocol]
    cost = CHARACTERS_COST if pricing is CHARACTERS else 0.204
    async with (
        FakeProvider() as provider,
        FakeProvider() as other,
        instance_with(tmp_path, provider, other, protocol) as instance,
    ):
        provider.then(sse(events(written, SOUND[:HALF], SOUND[HALF:])))
        answer = await ask(instance, protocol)
        assert answer.content == SOUND, answer.text
        assert (provider.requests[0].path, provider.requests[0].json) == (path, sent)
        record = await instance.generation(answer.headers["x-generation-id"])
        assert record["total_cost"] == pytest.approx(cost)
        assert await instance.usage() == pytest.approx(cost)

        # What broke off is heard up to there, and paid; nobody else can go on with it.
        for reply in (
            sse(events(written, SOUND[:HALF], ends=False), ending="reset"),
            sse(events(written, SOUND[:HALF], ends=False)),
        ):
            provider.then(reply)
            with pytest.raises(httpx.RemoteProtocolError):
                await ask(instance, protocol, models=[FALLBACK])
        assert not other.requests
        paid = await instance.usage()
        assert paid > cost

        # Before any sound, somebody else may speak; and without anybody else there is an error.
        for reply in (
            sse([]),
            sse(events(written, ends=True)),
            body({"error": {"message": "overloaded", "code": 503}}),
        ):
            provider.then(reply)
            other.then(body(SOUND, content_type="audio/pcm"))
            assert (await ask(instance, protocol, models=[FALLBACK])).content == SOUND
        provider.then(sse([]))
        refused = await ask(instance, protocol)
        assert (refused.status_code, refused.headers["content-type"]) == (502, "application/json")
        assert not await instance.audit()


OWN_ERRORS: dict[str, tuple[Reply, int]] = {
    "minimax-speech": (
        body({"base_resp": {"status_code": 1002, "status_msg": "rate limit"}}, content_type="application/json"),
        429,
    ),
    "mistral-speech": (sse([sse_event({"error": {"code": 429, "message": "slow down"}})]), 429),
    "dashscope-speech": (sse([sse_event({"code": "Throttling", "message": "Requests rate limit exceeded"})]), 502),
    "vertex-gemini": (
        sse([sse_event({"error": {"code": 429, "message": "slow", "status": "RESOURCE_EXHAUSTED"}})]),
        429,
    ),
}


@pytest.mark.parametrize("protocol", FORMATS)
async def test_a_formats_own_error_keeps_its_status_and_costs_nothing(tmp_path: Path, protocol: str) -> None:
    reply, status = OWN_ERRORS[protocol]
    async with (
        FakeProvider() as provider,
        FakeProvider() as other,
        instance_with(tmp_path, provider, other, protocol) as instance,
    ):
        provider.always(reply)
        assert (await ask(instance, protocol)).status_code == status
        assert await instance.usage() == 0


async def test_gemini_speaks_no_mp3_and_says_so(tmp_path: Path) -> None:
    async with (
        FakeProvider() as provider,
        FakeProvider() as other,
        instance_with(tmp_path, provider, other, "vertex-gemini") as instance,
    ):
        refused = await ask(instance, "vertex-gemini", response_format="mp3")
        assert (refused.status_code, refused.json()["error"]["metadata"]["field"]) == (400, "response_format")
        assert not provider.requests


async def test_xai_is_asked_for_a_codec_and_answers_with_the_sound_itself(tmp_path: Path) -> None:
    async with FakeProvider() as provider:
        entry = endpoint("x-ai/grok-voice-tts-1.0", provider, "xai", protocol="xai-speech", pricing=CHARACTERS)
        async with Instance(tmp_path, endpoints=[entry]) as instance:
            provider.then(body(SOUND, content_type="audio/mpeg"))
            asked = {"model": "x-ai/grok-voice-tts-1.0", "input": "Hello there", "voice": "Ara", "speed": 1.2}
            answer = await instance.client.post("/audio/speech", json=asked | {"response_format": "mp3"})
            assert answer.content == SOUND
            assert provider.requests[0].path == "/v1/tts"
            assert provider.requests[0].json == {
                "text": "Hello there",
                "voice_id": "ara",
                "language": "auto",
                "output_format": {"codec": "mp3", "sample_rate": 24000},
                "speed": 1.2,
            }
            assert await instance.usage() == CHARACTERS_COST
