"""POST /audio/transcriptions through a whole instance, in front of fakes of OpenAI, Groq, Mistral and Deepgram."""

import struct
from base64 import b64encode
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.provider import FakeProvider, RecordedRequest
from tests.fakes.replies import Reply, body, failure, stall_before_head
from tests.instance import Instance, endpoint
from trunkline.api import generation_routes
from trunkline.settings import Billing

MODEL = "openai/whisper-1"
MINUTES = {"prompt": "0", "completion": "0", "units": [{"label": "Audio Minutes", "unit": "minute", "usd": "0.006"}]}
TOKENS = {"prompt": "0.00000125", "completion": "0.000005", "audio": "0.000003"}
WAV = b"RIFF" + struct.pack("<I", 36) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 16000, 32000, 2, 16) + b"data"
WAV += struct.pack("<I", 64000) + bytes(64000)
FIELD = b'--x\r\nContent-Disposition: form-data; name="n"\r\n\r\n1\r\n'
SECONDS = {"text": "Hello.", "usage": {"type": "duration", "seconds": 6}}
VERBOSE = {
    "task": "transcribe",
    "text": "Hello.",
    "language": "english",
    "duration": 6.25,
    "segments": [{"id": 7, "seek": 0, "start": 0.0, "end": 1.5, "text": "Hello.", "tokens": [1], "avg_logprob": -0.2}],
    "words": [{"word": "Hello", "start": 0.1, "end": 0.4}],
}
HEARD = {"word": "hello", "punctuated_word": "Hello.", "start": 0.1, "end": 0.4}
DEEPGRAM = {
    "metadata": {"request_id": "d1", "duration": 6.25},
    "results": {
        "channels": [
            {
                "detected_language": "en",
                "alternatives": [
                    {
                        "transcript": "Hello.",
                        "words": [{"word": "hello", "punctuated_word": "Hello.", "start": 0.1, "end": 0.4}],
                    }
                ],
            }
        ],
        "utterances": [{"start": 0.0, "end": 1.5, "transcript": "Hello."}],
    },
}


def instance_with(
    home: Path,
    provider: FakeProvider,
    name: str = "openai",
    pricing: Any = MINUTES,
    protocol: str = "openai-audio",
    **more: Any,
) -> Instance:
    return Instance(home, endpoints=[endpoint(MODEL, provider, name, protocol=protocol, pricing=pricing, **more)])


async def ask(instance: Instance, **members: Any) -> Any:
    audio = {"data": b64encode(WAV).decode(), "format": "wav"}
    return await instance.client.post("/audio/transcriptions", json={"model": MODEL, "input_audio": audio, **members})


async def upload(instance: Instance, content: bytes = WAV, name: str = "a.wav", **fields: Any) -> Any:
    files = {"file": (name, content, "audio/wav")}
    return await instance.client.post("/audio/transcriptions", data={"model": MODEL, **fields}, files=files)


def form_of(request: RecordedRequest) -> dict[str, list[bytes]]:
    """The parts of what the upstream was sent, read by another parser than ours."""
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    fields: dict[str, list[bytes]] = {}
    parts: Any = message_from_bytes(head + request.body).get_payload()
    for part in parts:
        name = part.get_param("name", header="content-disposition")
        fields.setdefault(name, []).append(part.get_payload(decode=True))
    return fields


@pytest.mark.parametrize("as_form", [False, True])
async def test_form_and_json_give_the_same_text_and_reach_the_upstream_alike(tmp_path: Path, as_form: bool) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        provider.then(body(SECONDS))
        given = {"language": "en", "temperature": 0.5}
        answer = await (upload if as_form else ask)(instance, **given)
        assert answer.json() == {"text": "Hello.", "usage": {"seconds": 6, "cost": 0.0006}}
        assert provider.requests[0].path == "/v1/audio/transcriptions"
        assert form_of(provider.requests[0]) == {
            "model": [b"whisper-1"],
            "language": [b"en"],
            "temperature": [b"0.5"],
            "response_format": [b"json"],
            "file": [WAV],
        }
        record = await instance.generation(answer.headers["x-generation-id"])
        assert (record["api_type"], record["total_cost"], record["num_input_audio_prompt"]) == ("stt", 0.0006, 1)
        assert not await instance.audit()


async def test_verbose_answers_have_times_and_words_only_when_asked(tmp_path: Path) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        provider.always(body(VERBOSE))
        answer = (await ask(instance, response_format="verbose_json")).json()
        assert (answer["task"], answer["language"], answer["duration"]) == ("transcribe", "english", 6.25)
        segment = {"id": 0, "start": 0.0, "end": 1.5, "text": "Hello.", "seek": 0, "tokens": [1], "avg_logprob": -0.2}
        assert answer["segments"] == [segment]
        assert "words" not in answer
        assert answer["usage"] == {"seconds": 6.25, "cost": 0.000625}
        wanted = {"response_format": "verbose_json", "timestamp_granularities[]": ["word", "segment"]}
        with_words = (await upload(instance, **wanted)).json()
        assert with_words["words"] == VERBOSE["words"]
        sent = form_of(provider.requests[1])
        assert sent["timestamp_granularities[]"] == [b"segment", b"word"]
        plain = (await ask(instance, timestamp_granularities=["word"])).json()
        assert plain.keys() == {"text", "usage"}


async def test_tokens_are_paid_by_their_kind(tmp_path: Path) -> None:
    details = {"text_tokens": 0, "audio_tokens": 37}
    used = {
        "type": "tokens",
        "input_tokens": 37,
        "output_tokens": 11,
        "total_tokens": 48,
        "input_token_details": details,
    }
    async with FakeProvider() as provider, instance_with(tmp_path, provider, pricing=TOKENS) as instance:
        provider.then(body({"text": "Hello.", "usage": used}))
        usage = (await ask(instance)).json()["usage"]
        assert (usage["input_tokens"], usage["output_tokens"], usage["total_tokens"]) == (37, 11, 48)
        assert usage["cost"] == 37 * 3e-6 + 11 * 5e-6
        assert not await instance.audit()


async def test_who_tells_no_length_otherwise_is_asked_verbosely(tmp_path: Path) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider, "groq") as instance:
        provider.then(body(VERBOSE))
        assert (await ask(instance)).json() == {"text": "Hello.", "usage": {"seconds": 6.25, "cost": 0.000625}}
        assert form_of(provider.requests[0])["response_format"] == [b"verbose_json"]


async def test_a_length_that_nobody_tells_is_the_recordings_own(tmp_path: Path) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        provider.then(body({"text": "Hello."}))
        assert (await ask(instance)).json()["usage"] == {"cost": 0.0002}


async def test_mistral_is_asked_in_its_words(tmp_path: Path) -> None:
    usage = {"prompt_audio_seconds": 3, "prompt_tokens": 3, "total_tokens": 14, "completion_tokens": 11}
    async with FakeProvider() as provider, instance_with(tmp_path, provider, "mistral") as instance:
        provider.then(body({"model": "m", "text": "Hello.", "language": None, "segments": [], "usage": usage}))
        answer = (await ask(instance, response_format="verbose_json")).json()
        assert (answer["segments"], answer["usage"]["seconds"], answer["usage"]["cost"]) == ([], 3, 0.0003)
        sent = form_of(provider.requests[0])
        assert sent["timestamp_granularities"] == [b"segment"]
        assert "response_format" not in sent


async def test_deepgram_gets_the_bare_recording(tmp_path: Path) -> None:
    async with (
        FakeProvider() as provider,
        instance_with(tmp_path, provider, "deepgram", protocol="deepgram") as instance,
    ):
        provider.then(body(DEEPGRAM))
        options = {"options": {"deepgram": {"diarize": True}, "openai": {"prompt": "x"}}}
        members = {"response_format": "verbose_json", "timestamp_granularities": ["word"], "provider": options}
        answer = (await ask(instance, **members)).json()
        assert (answer["text"], answer["language"], answer["duration"]) == ("Hello.", "en", 6.25)
        assert answer["words"] == [{"word": "Hello.", "start": 0.1, "end": 0.4}]
        assert answer["segments"] == [{"id": 0, "start": 0.0, "end": 1.5, "text": "Hello."}]
        assert answer["usage"] == {"seconds": 6.25, "cost": 0.000625}
        sent = provider.requests[0]
        assert sent.path == (
            "/v1/listen?model=whisper-1&smart_format=true&detect_language=true&utterances=true&diarize=true"
        )
        assert (sent.headers["content-type"], sent.body) == ("audio/wav", WAV)


async def test_options_of_a_provider_reach_it_alone(tmp_path: Path) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        provider.then(body(SECONDS))
        await ask(instance, provider={"options": {"openai": {"prompt": "Names"}, "groq": {"x": 1}}})
        sent = form_of(provider.requests[0])
        assert sent["prompt"] == [b"Names"]
        assert "x" not in sent


@pytest.mark.parametrize("format", ["text", "srt", "vtt", "xml"])
@pytest.mark.parametrize("as_form", [False, True])
async def test_other_formats_are_a_400(tmp_path: Path, format: str, as_form: bool) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        refused = await (upload if as_form else ask)(instance, response_format=format)
        assert refused.status_code == 400
        assert refused.json()["error"]["metadata"]["field"] == "response_format"
        assert not provider.requests


async def test_times_of_a_model_that_knows_none_are_a_400(tmp_path: Path) -> None:
    async with (
        FakeProvider() as provider,
        instance_with(tmp_path, provider, upstream_model="gpt-4o-transcribe") as instance,
    ):
        refused = await ask(instance, response_format="verbose_json")
        assert (refused.status_code, provider.requests) == (400, [])


@pytest.mark.parametrize(
    ("audio", "field"),
    [
        (None, "input_audio"),
        ({"data": "%%%%", "format": "wav"}, "input_audio.data"),
        ({"data": "", "format": "wav"}, "input_audio"),
        ({"data": "AAAA"}, "input_audio.format"),
        ({"data": "AAAA", "format": "../x"}, "input_audio.format"),
        ("AAAA", "input_audio"),
    ],
)
async def test_audio_that_is_none_is_a_400_that_names_it(tmp_path: Path, audio: Any, field: str) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        refused = await ask(instance, input_audio=audio)
        assert (refused.status_code, refused.json()["error"]["metadata"]["field"]) == (400, field)


async def test_a_data_url_is_its_data(tmp_path: Path) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        provider.then(body(SECONDS))
        audio = {"data": f"data:audio/wav;base64,{b64encode(WAV).decode()}", "format": "wav"}
        assert (await ask(instance, input_audio=audio)).status_code == 200
        assert form_of(provider.requests[0])["file"] == [WAV]


async def test_a_file_of_more_than_25_mib_is_a_413(tmp_path: Path) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        content = bytes(25 * 1024 * 1024 + 1)
        assert (await upload(instance, content)).status_code == 413
        audio = {"data": b64encode(content).decode(), "format": "wav"}
        assert (await ask(instance, input_audio=audio)).status_code == 413
        assert (await upload(instance, bytes(28 * 1024 * 1024))).status_code == 413
        assert not provider.requests


@pytest.mark.parametrize(
    ("content_type", "content"),
    [
        ("multipart/form-data", b"--x--"),
        ("multipart/form-data; boundary=x", b""),
        ("multipart/form-data; boundary=x", b"--x\r\n"),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Disposition: form-data; name=model\r\n\r\na/b\r\n--x--\r\n",
        ),
        ("multipart/form-data; boundary=" + "x" * 80, b"--x--"),
        ("multipart/mixed; boundary=x", b"--x--\r\n"),
        (
            "multipart/form-data; boundary=x",
            (b'--x\r\nContent-Disposition: form-data; name="n"\r\n\r\n1\r\n' * 40) + b"--x--",
        ),
    ],
)
async def test_a_form_that_is_none_is_a_400(tmp_path: Path, content_type: str, content: bytes) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        refused = await instance.client.post(
            "/audio/transcriptions", content=content, headers={"content-type": content_type}
        )
        assert refused.status_code == 400, refused.text
        assert not provider.requests


async def test_a_provider_that_takes_too_long_is_a_504_that_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert generation_routes.TRANSCRIPTION_LIMIT.seconds == 60
    monkeypatch.setattr(
        generation_routes,
        "TRANSCRIPTION_LIMIT",
        generation_routes.TimeLimit(0.2, generation_routes.TRANSCRIPTION_LIMIT.advice),
    )
    async with FakeProvider() as provider, instance_with(tmp_path, provider) as instance:
        provider.then(stall_before_head())
        refused = await ask(instance)
        assert (refused.status_code, refused.json()["error"]["metadata"]["error_type"]) == (504, "timeout")
        assert "Split" in refused.json()["error"]["message"]
        assert await instance.usage() == 0


@pytest.mark.parametrize("reply", [body("<html>", content_type="text/html"), body({}), body({"text": 5}), failure(503)])
@pytest.mark.parametrize(("name", "protocol"), [("openai", "openai-audio"), ("deepgram", "deepgram")])
async def test_what_is_no_transcript_is_free(tmp_path: Path, name: str, protocol: str, reply: Reply) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider, name, protocol=protocol) as instance:
        provider.then(reply)
        assert (await ask(instance)).status_code in (502, 503)
        assert await instance.usage() == 0
        assert not await instance.audit()


async def test_a_broke_account_is_told_what_it_may_cost(tmp_path: Path) -> None:
    async with FakeProvider() as provider:
        entry = endpoint(MODEL, provider, "openai", protocol="openai-audio", pricing=MINUTES)
        async with Instance(tmp_path, endpoints=[entry], billing=Billing(mode="prepaid")) as instance:
            refused = await ask(instance)
            assert refused.status_code == 402
            assert "max_tokens" not in refused.text


async def test_the_sandbox_says_that_it_got_a_recording(tmp_path: Path) -> None:
    async with Instance(tmp_path) as instance:
        answer = (await upload(instance, response_format="verbose_json")).json()
        assert answer["text"].startswith("The Sandbox got a recording")
        assert answer["segments"][0]["text"] == answer["text"]
        assert await instance.usage() == 0


QWEN = {
    "request_id": "q1",
    "output": {
        "choices": [
            {"message": {"content": [{"text": "Hello."}], "annotations": [{"type": "audio_info", "language": "en"}]}}
        ]
    },
    "usage": {"seconds": 6},
}
CHIRP = {
    "results": [
        {
            "alternatives": [
                {
                    "transcript": "Hello.",
                    "words": [{"word": "Hello", "startOffset": "0.100s", "endOffset": "0.4s"}],
                }
            ],
            "resultEndOffset": "1.500s",
            "languageCode": "en-us",
        },
        {"alternatives": []},
    ],
    "metadata": {"requestId": "g1", "totalBilledDuration": "6s"},
}


async def test_qwen_hears_a_message_with_the_recording(tmp_path: Path) -> None:
    async with (
        FakeProvider() as provider,
        instance_with(tmp_path, provider, "alibaba", protocol="dashscope-transcription") as instance,
    ):
        provider.then(body(QWEN))
        asked = {"model": MODEL, "language": "en", "input_audio": {"data": b64encode(WAV).decode(), "format": "wav"}}
        answer = await instance.client.post("/audio/transcriptions", json=asked)
        assert (answer.json()["text"], answer.json()["usage"]["cost"]) == ("Hello.", 0.0006)
        sent = provider.requests[0]
        assert sent.path == "/v1/services/aigc/multimodal-generation/generation"
        assert sent.json["parameters"] == {"asr_options": {"language": "en"}}
        assert sent.json["input"]["messages"][0]["content"][0]["audio"].startswith("data:audio/wav;base64,UklG")
        verbose = await instance.client.post("/audio/transcriptions", json=asked | {"response_format": "verbose_json"})
        assert (verbose.status_code, verbose.json()["error"]["metadata"]["field"]) == (400, "response_format")
        provider.then(body({"code": "InvalidParameter", "message": "bad", "request_id": "q2"}))
        assert (await instance.client.post("/audio/transcriptions", json=asked)).status_code in (400, 502)
        assert await instance.usage() == 0.0006


async def test_chirp_tells_times_and_what_it_bills(tmp_path: Path) -> None:
    async with (
        FakeProvider() as provider,
        instance_with(
            tmp_path, provider, "google-vertex", protocol="google-speech", upstream_model="chirp_3"
        ) as instance,
    ):
        provider.then(body(CHIRP))
        audio = {"data": b64encode(WAV).decode(), "format": "wav"}
        asked = {
            "model": MODEL,
            "input_audio": audio,
            "response_format": "verbose_json",
            "timestamp_granularities": ["word"],
        }
        answer = (await instance.client.post("/audio/transcriptions", json=asked)).json()
        assert (answer["text"], answer["language"], answer["usage"]["cost"]) == ("Hello.", "en-us", 0.0006)
        assert answer["words"] == [{"word": "Hello", "start": 0.1, "end": 0.4}]
        assert answer["segments"][0]["end"] == 1.5
        sent = provider.requests[0]
        assert sent.path == "/v1/recognizers/_:recognize"
        assert sent.json["config"] == {
            "autoDecodingConfig": {},
            "model": "chirp_3",
            "languageCodes": ["auto"],
            "features": {"enableAutomaticPunctuation": True, "enableWordTimeOffsets": True},
        }
        provider.then(body({"results": [{"alternatives": [{"transcript": 5}]}]}))
        assert (await instance.client.post("/audio/transcriptions", json=asked)).status_code == 502
