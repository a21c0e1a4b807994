"""POST /embeddings in front of fakes of every other upstream format: what they are sent, and what becomes of it."""

from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Reply, body
from tests.instance import Instance, endpoint
from tests.sample_files import PNG

MODEL = "acme/vectors"
ROWS = ((0.5, -0.25), (1.0, 0.125))
PRICES = {"prompt": "0.000001", "completion": "0", "image_token": "0.000002"}
IMAGE = f"data:image/png;base64,{b64encode(PNG).decode()}"

COHERE = {
    "id": "e1",
    "embeddings": {"float": ROWS},
    "texts": ["a", "b"],
    "meta": {"api_version": {"version": "2"}, "billed_units": {"input_tokens": 7}},
}
GEMINI = {"embeddings": [{"values": row} for row in ROWS], "usageMetadata": {"promptTokenCount": 7}}
PREDICTED = [
    {"predictions": [{"embeddings": {"values": row, "statistics": {"token_count": count, "truncated": False}}}]}
    for row, count in zip(ROWS, (3, 4), strict=True)
]
VOYAGE = {"data": [{"embedding": row, "index": i} for i, row in enumerate(ROWS)], "usage": {"total_tokens": 7}}
GIVEN = {"input": ["a", "b"], "dimensions": 2, "input_type": "search_query"}


def instance_with(home: Path, provider: FakeProvider, name: str, protocol: str, model: str = "e-1") -> Instance:
    entry = endpoint(MODEL, provider, name, protocol=protocol, pricing=PRICES, upstream_model=model)
    every = ("text", "image", "audio", "video", "file")
    models = ({"id": MODEL, "operation": "embeddings", "input_modalities": every, "output_modalities": ["embeddings"]},)
    return Instance(home, endpoints=[entry], models=models)


async def ask(instance: Instance, **members: Any) -> Any:
    return await instance.client.post("/embeddings", json={"model": MODEL, **members})


@pytest.mark.parametrize(
    ("name", "protocol", "replies", "path", "sent"),
    [
        (
            "cohere",
            "cohere-v2",
            [COHERE],
            "/v1/embed",
            {
                "model": "e-1",
                "input_type": "search_query",
                "embedding_types": ["float"],
                "truncate": "NONE",
                "texts": ["a", "b"],
                "output_dimension": 2,
            },
        ),
        (
            "voyageai",
            "voyage",
            [VOYAGE],
            "/v1/embeddings",
            {
                "model": "e-1",
                "input": ["a", "b"],
                "encoding_format": "base64",
                "truncation": False,
                "output_dimension": 2,
                "input_type": "query",
            },
        ),
        (
            "google-ai-studio",
            "google-gemini",
            [GEMINI],
            "/v1/models/e-1:batchEmbedContents",
            {
                "requests": [
                    {
                        "model": "models/e-1",
                        "content": {"parts": [{"text": text}]},
                        "taskType": "RETRIEVAL_QUERY",
                        "outputDimensionality": 2,
                    }
                    for text in ("a", "b")
                ]
            },
        ),
        (
            "nvidia",
            "openai-embeddings",
            [VOYAGE],
            "/v1/embeddings",
            {
                "model": "e-1",
                "input": ["a", "b"],
                "encoding_format": "float",
                "truncate": "NONE",
                "dimensions": 2,
                "input_type": "query",
            },
        ),
    ],
    ids=["cohere", "voyage", "gemini", "nvidia"],
)
async def test_texts_become_vectors_and_their_tokens_are_paid(
    tmp_path: Path, name: str, protocol: str, replies: list[Any], path: str, sent: dict[str, Any]
) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider, name, protocol) as instance:
        for reply in replies:
            provider.then(body(reply))
        answer = (await ask(instance, **GIVEN)).json()
        assert [item["embedding"] for item in answer["data"]] == [list(row) for row in ROWS]
        assert (answer["usage"]["prompt_tokens"], answer["usage"]["cost"]) == (7, 7e-6)
        assert (provider.requests[0].path, provider.requests[0].json) == (path, sent)
        assert not await instance.audit()


async def test_vertex_is_called_once_for_each_text_of_a_predicted_model(tmp_path: Path) -> None:
    async with (
        FakeProvider() as provider,
        instance_with(tmp_path, provider, "google-vertex", "vertex-gemini", "gemini-embedding-001") as instance,
    ):
        first, second = [body(reply) for reply in PREDICTED]
        provider.when(lambda request: _text_of(request.json) == "a", first)
        provider.when(lambda request: _text_of(request.json) == "b", second)
        answer = (await ask(instance, **GIVEN)).json()
        assert [item["embedding"] for item in answer["data"]] == [list(row) for row in ROWS]
        assert answer["usage"]["prompt_tokens"] == 7
        assert {request.path for request in provider.requests} == {
            "/v1/publishers/google/models/gemini-embedding-001:predict"
        }
        sent = next(request.json for request in provider.requests if _text_of(request.json) == "a")
        assert sent == {
            "instances": [{"content": "a", "task_type": "RETRIEVAL_QUERY"}],
            "parameters": {"autoTruncate": False, "outputDimensionality": 2},
        }


def _text_of(request: Any) -> str:
    return request["instances"][0]["content"]


async def test_gemini_embeds_media_and_tells_their_tokens_apart(tmp_path: Path) -> None:
    content = [
        {"type": "text", "text": "a cat"},
        {"type": "image_url", "image_url": {"url": IMAGE}},
        {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
        {"type": "input_video", "input_video": {"data": "AAAAGA==", "format": "mp4"}},
        {"type": "input_file", "input_file": {"data": "JVBERi0x", "format": "pdf"}},
    ]
    counts = [{"modality": "TEXT", "tokenCount": 2}, {"modality": "IMAGE", "tokenCount": 258}]
    used = {"promptTokenCount": 260, "promptTokensDetails": counts}
    async with (
        FakeProvider() as provider,
        instance_with(tmp_path, provider, "google-vertex", "vertex-gemini", "gemini-embedding-2") as instance,
    ):
        provider.then(body({"embedding": {"values": ROWS[0]}, "usageMetadata": used}))
        answer = (await ask(instance, input=[{"content": content}])).json()
        assert [item["embedding"] for item in answer["data"]] == [list(ROWS[0])]
        assert answer["usage"]["prompt_tokens_details"] == {"text_tokens": 2, "image_tokens": 258}
        assert answer["usage"]["cost"] == 2e-6 + 258 * 2e-6
        sent: Any = provider.requests[0].json
        assert provider.requests[0].path.endswith("gemini-embedding-2:embedContent")
        assert [next(iter(part)) for part in sent["content"]["parts"]] == ["text"] + ["inlineData"] * 4
        assert [part["inlineData"]["mimeType"] for part in sent["content"]["parts"][1:]] == [
            "image/png",
            "audio/wav",
            "video/mp4",
            "application/pdf",
        ]


async def test_cohere_embeds_text_and_image_as_one(tmp_path: Path) -> None:
    content = [{"type": "text", "text": "a cat"}, {"type": "image_url", "image_url": {"url": IMAGE}}]
    billed = {"billed_units": {"input_tokens": 2, "image_tokens": 100}}
    async with FakeProvider() as provider, instance_with(tmp_path, provider, "cohere", "cohere-v2") as instance:
        provider.then(body({"embeddings": {"float": [ROWS[0]]}, "meta": billed}))
        answer = (await ask(instance, input=[{"content": content}])).json()
        assert answer["usage"]["prompt_tokens_details"] == {"text_tokens": 2, "image_tokens": 100}
        assert provider.requests[0].json["inputs"] == [{"content": content}]
        assert provider.requests[0].json["input_type"] == "search_document"


async def test_bytes_of_perplexity_are_numbers(tmp_path: Path) -> None:
    reply = {"data": [{"embedding": "Af+A", "index": 0}], "usage": {"prompt_tokens": 3, "total_tokens": 3}}
    async with (
        FakeProvider() as provider,
        instance_with(tmp_path, provider, "perplexity", "openai-embeddings") as instance,
    ):
        provider.then(body(reply))
        answer = (await ask(instance, input="a")).json()
        assert answer["data"][0]["embedding"] == [1.0, -1.0, -128.0]


@pytest.mark.parametrize(
    ("name", "protocol", "given"),
    [
        ("cohere", "cohere-v2", [1, 2]),
        ("google-ai-studio", "google-gemini", [1, 2]),
        ("voyageai", "voyage", [{"content": [{"type": "image_url", "image_url": {"url": IMAGE}}]}]),
    ],
)
async def test_what_a_format_cannot_say_is_a_400_that_names_the_input(
    tmp_path: Path, name: str, protocol: str, given: Any
) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider, name, protocol) as instance:
        refused = await ask(instance, input=given)
        assert (refused.status_code, refused.json()["error"]["metadata"]["field"]) == (400, "input[0]")
        assert not provider.requests


@pytest.mark.parametrize(
    "reply",
    [
        body("<html>", content_type="text/html"),
        body({"embeddings": {"float": "x"}}),
        body({"error": {"message": "overloaded"}}),
        body(b"[" * 10_000),
        body(b'{"embeddings":{"float":[["a"]]},"data":[{"embedding":"!"}],"predictions":1}'),
    ],
)
@pytest.mark.parametrize(
    ("name", "protocol"),
    [
        ("openai", "openai-embeddings"),
        ("cohere", "cohere-v2"),
        ("google-ai-studio", "google-gemini"),
        ("google-vertex", "vertex-gemini"),
    ],
)
async def test_an_answer_without_vectors_is_a_502_and_free(
    tmp_path: Path, name: str, protocol: str, reply: Reply
) -> None:
    async with FakeProvider() as provider, instance_with(tmp_path, provider, name, protocol) as instance:
        provider.always(reply)
        refused = await ask(instance, input=["a"])
        assert refused.status_code == 502, refused.text
        assert await instance.usage() == 0
