"""POST /images through a whole instance, in front of upstreams of each format (inference.md 22)."""

import asyncio
import json
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Call, body, failure, sse
from tests.fakes.replies import event as sse_event
from tests.instance import Instance, endpoint
from tests.reference import problems, requires_reference, response_schema
from trunkline.providers.sandbox.images import png
from trunkline.settings import Fetching

MODEL = "openai/gpt-image-1-mini"
PRICES = {"prompt": "0.000002", "completion": "0.000008"}
PNG = png("a cat", 32, 32)
B64 = b64encode(PNG).decode()
USAGE = {"input_tokens": 10, "output_tokens": 100, "total_tokens": 110}
COST = 0.00082


def made(*images: str, usage: Any = USAGE) -> Any:
    return body({"created": 1, "data": [{"b64_json": image} for image in images], "usage": usage})


def openai(home: Path, provider: FakeProvider, **settings: Any) -> Instance:
    entry = endpoint(MODEL, provider, "openai", protocol="openai-images", pricing=PRICES, upstream_model="gpt-image-1")
    return Instance(home, endpoints=[entry], **settings)


async def ask(instance: Instance, **members: Any) -> Any:
    return await instance.client.post("/images", json={"model": MODEL, "prompt": "a cat", **members})


@requires_reference
async def test_images_come_as_base64_with_type_cost_and_record(tmp_path: Path) -> None:
    async with FakeProvider() as provider, openai(tmp_path, provider) as instance:
        provider.then(made(B64, B64))
        response = await ask(instance, n=2, quality="low", user="somebody")
        answer = response.json()
        assert not problems(answer, response_schema("/images", "post"))
        assert answer["data"] == [{"b64_json": B64, "media_type": "image/png"}] * 2
        assert answer["usage"]["cost"] == COST
        record = await instance.generation(response.headers["x-generation-id"])
        assert (record["api_type"], record["num_media_completion"], record["total_cost"]) == ("image", 2, COST)
        assert record["external_user"] == "somebody"
        assert provider.requests[0].path == "/v1/images/generations"
        assert provider.requests[0].json == {"model": "gpt-image-1", "prompt": "a cat", "n": 2, "quality": "low"}
        assert await instance.usage() == COST
        assert not await instance.audit()


async def test_fewer_images_than_asked_for_are_a_success_and_broken_ones_are_left_out(tmp_path: Path) -> None:
    async with FakeProvider() as provider, openai(tmp_path, provider) as instance:
        provider.then(made(B64, "!!!", ""))
        answer = (await ask(instance, n=3)).json()
        assert [image["b64_json"] for image in answer["data"]] == [B64]
        assert answer["usage"]["cost"] == COST


@pytest.mark.parametrize(
    "reply",
    [made("not base64!"), made(), made(""), body("<html>"), body({"data": "x"}), body({"data": [{"b64_json": 5}]})],
    ids=["broken", "none", "empty", "html", "no list", "no text"],
)
async def test_an_answer_without_a_decodable_image_is_502_and_free(tmp_path: Path, reply: Any) -> None:
    async with FakeProvider() as provider, openai(tmp_path, provider) as instance:
        provider.always(reply)
        refused = await ask(instance)
        assert refused.status_code == 502, refused.text
        assert (await instance.generation(refused.headers["x-generation-id"]))["total_cost"] == 0
        assert await instance.usage() == 0
        assert not await instance.audit()


REFERENCE = "input_references[0].image_url.url"
REFUSED: tuple[tuple[dict[str, Any], str], ...] = (
    ({"prompt": ""}, "prompt"),
    ({"prompt": None}, "prompt"),
    ({"n": 0}, "n"),
    ({"n": 11}, "n"),
    ({"n": "2"}, "n"),
    ({"resolution": "8K"}, "resolution"),
    ({"aspect_ratio": "5:1"}, "aspect_ratio"),
    ({"size": "big"}, "size"),
    ({"size": "0x10"}, "size"),
    ({"size": "99999x1"}, "size"),
    ({"size": "1024x1024", "aspect_ratio": "16:9"}, "size"),
    ({"size": "1024x1024", "resolution": "4K"}, "size"),
    ({"size": "2K", "resolution": "1K"}, "size"),
    ({"quality": "best"}, "quality"),
    ({"output_format": "gif"}, "output_format"),
    ({"output_format": "svg"}, "output_format"),
    ({"output_format": "jpeg", "background": "transparent"}, "background"),
    ({"background": "pink"}, "background"),
    ({"output_compression": 101}, "output_compression"),
    ({"seed": "x"}, "seed"),
    ({"stream": "yes"}, "stream"),
    ({"input_references": [{"type": "text"}]}, "input_references[0].type"),
    ({"input_references": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,!"}}]}, REFERENCE),
    ({"input_references": [{"type": "image_url", "image_url": {"url": "ftp://x/y"}}]}, REFERENCE),
    ({"input_references": [{"type": "image_url", "image_url": {"url": "http://x/y"}}] * 17}, "input_references"),
    ({"provider": {"zdr": True}}, "provider.zdr"),
    ({"provider": {"options": {"openai": 5}}}, "provider.options"),
    ({"provider": {"options": 5}}, "provider.options"),
)


async def test_what_is_no_request_for_images_is_a_400_that_names_the_field(tmp_path: Path) -> None:
    async with FakeProvider() as provider, openai(tmp_path, provider) as instance:
        for members, field in REFUSED:
            refused = await ask(instance, **members)
            assert refused.status_code == 400, (members, refused.text)
            assert refused.json()["error"]["metadata"]["field"].startswith(field), members
        assert not provider.requests


async def test_unknown_models_are_404_and_models_for_something_else_are_400(tmp_path: Path) -> None:
    async with FakeProvider() as provider, openai(tmp_path, provider) as instance:
        assert (await ask(instance, model="nobody/nothing")).status_code == 404
        wrong = await ask(instance, model="openai/gpt-4o-mini")
        assert (wrong.status_code, wrong.json()["error"]["availability"]["code"]) == (400, "wrong_endpoint")


async def test_sizes_are_brought_to_the_nearest_that_the_model_has(tmp_path: Path) -> None:
    async with FakeProvider() as provider, openai(tmp_path, provider) as instance:
        provider.always(made(B64))
        for members in ({"aspect_ratio": "21:9"}, {"size": "600x1000"}, {"resolution": "4K"}, {"size": "1024x1024"}):
            assert (await ask(instance, **members)).status_code == 200
        assert [request.json.get("size") for request in provider.requests] == [
            "1536x1024",
            "1024x1536",
            None,
            "1024x1024",
        ]


async def test_transparency_without_a_format_asks_for_png(tmp_path: Path) -> None:
    async with FakeProvider() as provider, openai(tmp_path, provider) as instance:
        provider.always(made(B64))
        await ask(instance, background="transparent", output_compression=50)
        sent = provider.requests[0].json
        assert (sent["background"], sent["output_format"]) == ("transparent", "png")
        assert "output_compression" not in sent


async def test_only_the_called_providers_known_options_are_passed_on(tmp_path: Path) -> None:
    async with FakeProvider() as provider, openai(tmp_path, provider) as instance:
        provider.always(made(B64))
        options = {"openai": {"moderation": "low", "unknown": 1}, "google-vertex": {"input_fidelity": "high"}}
        await ask(instance, provider={"options": options})
        sent = provider.requests[0].json
        assert sent["moderation"] == "low"
        assert not {"unknown", "input_fidelity"} & set(sent)


async def test_references_go_as_a_form_of_files_addresses_fetched(tmp_path: Path) -> None:
    fetching = Fetching(allow_networks=("127.0.0.0/8",))
    async with FakeProvider() as files, FakeProvider() as provider, openai(
        tmp_path, provider, fetching=fetching
    ) as instance:  # fmt: skip
        files.always(body(PNG, content_type="image/png"))
        provider.then(made(B64))
        urls = [f"data:image/png;base64,{B64}", f"{files.origin}/cat.png"]
        references = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
        assert (await ask(instance, input_references=references)).status_code == 200
        sent = provider.requests[0]
        assert sent.path == "/v1/images/edits"
        assert sent.headers["content-type"].startswith("multipart/form-data; boundary=")
        assert sent.body.count(PNG) == 2
        assert b'name="prompt"\r\n\r\na cat\r\n' in sent.body


async def test_references_to_a_model_without_image_input_are_a_400(tmp_path: Path) -> None:
    async with FakeProvider() as provider:
        entry = endpoint(MODEL, provider, "openai", protocol="openai-images", pricing=PRICES, input_modalities=["text"])
        async with Instance(tmp_path, endpoints=[entry]) as instance:
            url = {"url": f"data:image/png;base64,{B64}"}
            refused = await ask(instance, input_references=[{"type": "image_url", "image_url": url}])
            assert (refused.status_code, refused.json()["error"]["metadata"]["field"]) == (400, "input_references")


async def test_more_images_than_a_single_image_model_makes_are_a_400(tmp_path: Path) -> None:
    async with FakeProvider() as provider:
        entry = endpoint(MODEL, provider, "openai", protocol="openai-images", upstream_model="dall-e-3")
        async with Instance(tmp_path, endpoints=[entry]) as instance:
            refused = await ask(instance, n=2)
            assert (refused.status_code, refused.json()["error"]["metadata"]["field"]) == (400, "n")
            assert not await instance.audit()


async def test_addresses_of_upstreams_are_fetched_under_the_guard(tmp_path: Path) -> None:
    async with FakeProvider() as files, FakeProvider() as provider:
        files.always(body(PNG, content_type="text/plain"))
        provider.always(body({"data": [{"url": f"{files.origin}/a.png"}]}))
        async with openai(tmp_path / "open", provider, fetching=Fetching(allow_networks=("127.0.0.0/8",))) as instance:
            answer = (await ask(instance)).json()
            assert answer["data"] == [{"b64_json": B64, "media_type": "image/png"}]
        async with openai(tmp_path / "shut", provider) as instance:
            assert (await ask(instance)).status_code == 502
            assert await instance.usage() == 0
        assert len(files.requests) == 1


async def test_a_failed_provider_is_followed_by_the_next(tmp_path: Path) -> None:
    async with FakeProvider() as first, FakeProvider() as second:
        entries = [
            endpoint(MODEL, first, "openai", protocol="openai-images", pricing=PRICES),
            endpoint(MODEL, second, "azure", protocol="openai-images", pricing=PRICES),
        ]
        first.always(failure(500))
        second.always(made(B64))
        async with Instance(tmp_path, endpoints=entries) as instance:
            answer = await ask(instance, provider={"order": ["openai", "azure"]})
            assert answer.status_code == 200
            assert answer.headers["x-provider-name"].startswith("Azure")
            assert not await instance.audit()


# Streams


def events_of(text: str) -> list[Any]:
    blocks = [block.removeprefix("data: ") for block in text.split("\n\n") if block.startswith("data: ")]
    assert blocks[-1] == "[DONE]"
    return [json.loads(block) for block in blocks[:-1]]


def completed(image: str, **members: Any) -> bytes:
    return sse_event({"type": "image_generation.completed", "b64_json": image, **members})


def preview(index: int) -> bytes:
    return sse_event({"type": "image_generation.partial_image", "partial_image_index": index, "b64_json": B64})


async def test_a_stream_has_previews_then_each_image_with_the_usage_on_the_last(tmp_path: Path) -> None:
    async with FakeProvider() as provider, openai(tmp_path, provider) as instance:
        provider.then(sse([preview(0), preview(1), completed(B64), completed(B64, usage=USAGE)]))
        response = await ask(instance, stream=True, n=2)
        assert response.headers["content-type"].startswith("text/event-stream")
        events = events_of(response.text)
        assert [event["type"].rpartition(".")[2] for event in events] == ["partial_image"] * 2 + ["completed"] * 2
        assert "usage" not in events[2]
        assert events[3]["usage"]["cost"] == COST
        assert events[3]["media_type"] == "image/png"
        assert provider.requests[0].json["stream"] is True
        assert not await instance.audit()


async def test_an_endpoint_that_does_not_stream_answers_json(tmp_path: Path) -> None:
    async with FakeProvider() as provider:
        entry = endpoint(MODEL, provider, "openai", protocol="openai-images", pricing=PRICES, upstream_model="dall-e-3")
        async with Instance(tmp_path, endpoints=[entry]) as instance:
            provider.then(made(B64))
            response = await ask(instance, stream=True)
            assert response.headers["content-type"] == "application/json"
            assert response.json()["data"][0]["b64_json"] == B64
            assert "stream" not in provider.requests[0].json


async def test_a_stream_that_breaks_after_a_preview_ends_with_an_error_and_is_free(tmp_path: Path) -> None:
    async with FakeProvider() as provider, openai(tmp_path, provider) as instance:
        provider.always(sse([preview(0)]))
        response = await ask(instance, stream=True)
        events = events_of(response.text)
        assert [event["type"] for event in events] == ["image_generation.partial_image", "error"]
        assert isinstance(events[1]["error"]["code"], str)
        assert await instance.usage() == 0
        assert not await instance.audit()


async def test_a_stream_that_fails_before_anything_falls_back(tmp_path: Path) -> None:
    async with FakeProvider() as first, FakeProvider() as second:
        entries = [
            endpoint(MODEL, first, "openai", protocol="openai-images", pricing=PRICES, upstream_model="gpt-image-1"),
            endpoint(MODEL, second, "azure", protocol="openai-images", pricing=PRICES, upstream_model="dall-e-3"),
        ]
        first.always(sse([sse_event({"type": "error", "error": {"message": "no", "code": "server_error"}})]))
        second.always(made(B64))
        async with Instance(tmp_path, endpoints=entries) as instance:
            response = await ask(instance, stream=True, provider={"order": ["openai", "azure"]})
            events = events_of(response.text)
            assert [event["type"] for event in events] == ["image_generation.completed"]
            assert events[0]["usage"]["cost"] == COST


@pytest.mark.parametrize("stream", [False, True])
async def test_a_client_that_leaves_is_not_billed(tmp_path: Path, stream: bool) -> None:
    async with FakeProvider() as provider, openai(tmp_path, provider) as instance:
        ready = asyncio.Event()

        async def slow(call: Call) -> None:
            await ready.wait()
            await (sse([completed(B64, usage=USAGE)]) if stream else made(B64))(call)

        provider.always(slow)
        asking = asyncio.create_task(ask(instance, stream=stream))
        await provider.received(1)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        await asyncio.sleep(0.1)  # the hang-up is on its way
        ready.set()
        async with asyncio.timeout(5):
            while instance.app._shared.open_holds():  # until it is settled
                await asyncio.sleep(0.02)
        assert await instance.usage() == 0
        assert not await instance.audit()


# Other formats


async def test_xai_is_asked_by_ratio_and_tier(tmp_path: Path) -> None:
    async with FakeProvider() as provider:
        entry = endpoint(
            MODEL,
            provider,
            "xai",
            protocol="xai-images",
            upstream_model="grok-imagine-image",
            pricing={
                "prompt": "0",
                "completion": "0",
                "units": [{"label": "Image Output", "unit": "image", "usd": "0.02"}],
            },
        )
        async with Instance(tmp_path, endpoints=[entry]) as instance:
            provider.always(body({"data": [{"b64_json": B64}] * 2, "usage": {"cost_in_usd_ticks": 200000000}}))
            reference = {"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}}
            answer = (await ask(instance, n=2, size="1920x1080", input_references=[reference])).json()
            assert answer["usage"]["cost"] == 0.04
            sent = provider.requests[0].json
            assert provider.requests[0].path == "/v1/images/edits"
            assert (sent["aspect_ratio"], sent["resolution"], sent["n"]) == ("16:9", "1k", 2)
            assert sent["image"] == {"type": "image_url", "url": "https://example.com/cat.png"}


async def test_gemini_paints_through_generate_content(tmp_path: Path) -> None:
    async with FakeProvider() as provider:
        entry = endpoint(
            "google/gemini-nano-banana-2.1",
            provider,
            "google-ai-studio",
            protocol="google-gemini",
            upstream_model="gemini-nano-banana-2.1",
            pricing={"prompt": "0.000001", "completion": "0.000002", "image_output": "0.00003"},
        )
        async with Instance(tmp_path, endpoints=[entry]) as instance:
            part = {"inlineData": {"mimeType": "image/png", "data": B64}}
            usage = {
                "promptTokenCount": 10,
                "candidatesTokenCount": 100,
                "totalTokenCount": 110,
                "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 100}],
            }
            candidate = {"content": {"role": "model", "parts": [{"text": "Here."}, part]}, "finishReason": "STOP"}
            provider.then(body({"candidates": [candidate], "usageMetadata": usage}))
            members = {"aspect_ratio": "16:9", "resolution": "2K", "seed": 7}
            answer = (await ask(instance, model="google/gemini-nano-banana-2.1", **members)).json()
            assert answer["data"] == [{"b64_json": B64, "media_type": "image/png"}]
            assert answer["usage"]["cost"] == 0.00301
            config = provider.requests[0].json["generationConfig"]
            assert config["imageConfig"] == {"aspectRatio": "16:9", "imageSize": "2K"}
            assert (config["seed"], config["responseModalities"]) == (7, ["IMAGE", "TEXT"])


async def test_qwen_answers_with_addresses_and_is_billed_by_the_image(tmp_path: Path) -> None:
    async with FakeProvider() as provider:
        entry = endpoint(
            "qwen/qwen-image-3",
            provider,
            "alibaba",
            protocol="dashscope-images",
            upstream_model="qwen-image-3.0",
            pricing={
                "prompt": "0",
                "completion": "0",
                "units": [
                    {"label": "Image Output (1K)", "unit": "image", "usd": "0.04"},
                    {"label": "Image Output (2K)", "unit": "image", "usd": "0.075"},
                    {"label": "Image Input", "unit": "image", "usd": "0.003"},
                ],
            },
        )
        settings = Fetching(allow_networks=("127.0.0.0/8",))
        async with Instance(tmp_path, endpoints=[entry], fetching=settings) as instance:
            content = [{"image": f"{provider.origin}/cat.png"}]
            provider.then(body({"output": {"choices": [{"message": {"content": content}}]}, "request_id": "r"}))
            provider.then(body(PNG, content_type="image/png"))
            reference = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{B64}"}}
            answer = await ask(instance, model="qwen/qwen-image-3", size="2K", input_references=[reference])
            assert answer.json()["usage"]["cost"] == 0.078
            assert provider.requests[0].json["parameters"] == {"size": "2048*2048"}


async def test_models_of_gateways_that_speak_chat_paint_too(tmp_path: Path) -> None:
    async with FakeProvider() as provider:
        entry = endpoint(MODEL, provider, "openrouter", protocol="openai-chat", pricing=PRICES)
        async with Instance(tmp_path, endpoints=[entry]) as instance:
            image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{B64}"}}
            message = {"role": "assistant", "content": "", "images": [image]}
            choice = {"index": 0, "finish_reason": "stop", "message": message}
            usage = {"prompt_tokens": 10, "completion_tokens": 100, "total_tokens": 110}
            provider.then(body({"id": "x", "choices": [choice], "usage": usage}))
            answer = (await ask(instance, aspect_ratio="1:1")).json()
            assert answer["data"] == [{"b64_json": B64, "media_type": "image/png"}]
            assert provider.requests[0].json["image_config"] == {"aspect_ratio": "1:1"}
            assert provider.requests[0].json["modalities"] == ["image", "text"]


# The Sandbox, and discovery


@pytest.mark.parametrize("references", [0, 1])
async def test_the_sandbox_makes_real_pictures_of_the_asked_size_and_charges_nobody(
    tmp_path: Path, references: int
) -> None:
    async with Instance(tmp_path) as instance:
        given = [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{B64}"}}] * references
        answer = (await ask(instance, size="320x160", n=2, input_references=given)).json()
        content = b64decode(answer["data"][1]["b64_json"])
        assert content.startswith(b"\x89PNG") and b"Trunkline Sandbox" in content
        assert (int.from_bytes(content[16:20]), int.from_bytes(content[20:24])) == (320, 160)
        assert len(answer["data"]) == 2
        assert await instance.usage() == 0
        events = events_of((await ask(instance, stream=True, input_references=given)).text)
        assert [event["type"].rpartition(".")[2] for event in events] == ["partial_image", "completed"]


@requires_reference
async def test_image_models_and_their_endpoints_are_listed_without_a_key(tmp_path: Path) -> None:
    async with Instance(tmp_path) as instance:
        client = instance.connect(None)
        listed = (await client.get("/images/models")).json()
        assert not problems(listed, response_schema("/images/models"))
        row = next(row for row in listed["data"] if row["id"] == MODEL)
        assert row["supports_streaming"] and row["supported_parameters"]["n"] == {"type": "range", "min": 1, "max": 10}
        endpoints = (await client.get(row["endpoints"].removeprefix("/api/v1"))).json()
        assert not problems(endpoints, response_schema("/images/models/{author}/{slug}/endpoints"))
        offer = next(offer for offer in endpoints["endpoints"] if offer["provider_slug"] == "openai")
        assert {"billable": "output_image", "unit": "token", "cost_usd": 0.000008} in offer["pricing"]
        for missing in ("nobody/nothing", "openai/gpt-4o-mini"):
            assert (await client.get(f"/images/models/{missing}/endpoints")).status_code == 404


# Black Forest Labs: a task that is asked after


def flux(home: Path, provider: FakeProvider) -> Instance:
    name = "black-forest-labs/flux.2-pro"
    prices = {
        "prompt": "0",
        "completion": "0",
        "units": [{"label": "Image Output", "unit": "megapixel", "usd": "0.03"}],
    }
    entry = endpoint(
        name, provider, "black-forest-labs", protocol="bfl-images", pricing=prices, upstream_model="flux-2-pro"
    )
    return Instance(home, endpoints=[entry], fetching=Fetching(allow_networks=("127.0.0.0/8",)))


def task(provider: FakeProvider, *states: Any) -> None:
    """A task that is in these states, one after the other."""
    left = list(states)

    async def ask(call: Call) -> None:
        await body({"id": "t1", **left.pop(0)})(call)

    address = f"{provider.origin}/v1/get_result?id=t1"
    provider.when(lambda request: request.method == "POST", body({"id": "t1", "polling_url": address}))
    provider.when(lambda request: "get_result" in request.path, ask)
    provider.when(lambda request: request.path == "/made.png", body(PNG, content_type="image/png"))


async def test_a_task_is_asked_after_until_its_image_is_there(tmp_path: Path) -> None:
    async with FakeProvider() as provider, flux(tmp_path, provider) as instance:
        ready = {"status": "Ready", "result": {"sample": f"{provider.origin}/made.png"}}
        task(provider, {"status": "Pending"}, ready)
        members = {"model": "black-forest-labs/flux.2-pro", "size": "1030x770", "seed": 7}
        reference = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{B64}"}}
        answer = await ask(instance, **members, input_references=[reference], output_format="png")
        assert answer.status_code == 200, answer.text
        assert answer.json()["data"] == [{"b64_json": B64, "media_type": "image/png"}]
        assert answer.json()["usage"]["cost"] == 0.03
        sent = provider.requests[0]
        assert (sent.path, sent.json) == (
            "/v1/flux-2-pro",
            {"prompt": "a cat", "output_format": "png", "seed": 7, "width": 1024, "height": 768, "input_image": B64},
        )
        asked = [request for request in provider.requests if "get_result" in request.path]
        assert len(asked) == 2 and {request.method for request in asked} == {"GET"}
        assert await instance.usage() == 0.03
        assert not await instance.audit()


@pytest.mark.parametrize(
    ("state", "status"), [("Content Moderated", 400), ("Error", 502), ("Task not found", 404), ("Ready", 502)]
)
async def test_a_task_that_ends_without_an_image_is_an_error_and_free(tmp_path: Path, state: str, status: int) -> None:
    async with FakeProvider() as provider, flux(tmp_path, provider) as instance:
        task(provider, {"status": state, "result": None})
        assert (await ask(instance, model="black-forest-labs/flux.2-pro")).status_code == status
        assert await instance.usage() == 0


async def test_a_task_elsewhere_is_not_followed_with_the_key(tmp_path: Path) -> None:
    async with FakeProvider() as provider, FakeProvider() as stranger, flux(tmp_path, provider) as instance:
        provider.always(body({"id": "t1", "polling_url": f"{stranger.origin}/get_result?id=t1"}))
        assert (await ask(instance, model="black-forest-labs/flux.2-pro")).status_code == 502
        assert not stranger.connections
