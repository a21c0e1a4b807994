"""Every operation of the published description against what is served: which there are, whether answers and errors fit
their schemas, and whether `/openapi.json` asks for no more than the published one (API-07)."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.instance import MANAGEMENT_KEY, Instance
from tests.reference import document, problems, requires_reference, response_schema
from tests.sample_files import PDF

pytestmark = [pytest.mark.asyncio(loop_scope="module"), requires_reference]
MODEL = "openai/gpt-5-nano"
CHAT = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 5}
RESPONSE = {"model": MODEL, "input": "Hi", "max_output_tokens": 20}
MESSAGE = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 5}
EMBED = {"model": "openai/text-embedding-3-small", "input": "Hi", "dimensions": 4}
RANK = {"model": "cohere/rerank-v3.5", "query": "tea?", "documents": ["coffee", {"text": "tea"}]}
PAINTER = "openai/gpt-image-1-mini"
PAINT = {"model": PAINTER, "prompt": "A cat", "size": "64x64"}
METHODS = ("get", "post", "put", "patch", "delete")

OURS_ALONE = {"post /messages/count_tokens", "post /completions", "get /auth/key", "post /route/explain"}
"""Served, and not in the published description: the legacy completions (inference.md 19), and an old name of `/key`."""
KNOWN_DIFFERENCES = {
    "get /generation": "`provider_responses[].provider_name` is a closed list of names; ours is open",
}
"""Operation → why its answers do not fit the published schema."""

REFUSED_BY_NATURE = {
    "get /generation/content": 404,
    "post /credits/coinbase": 410,
    "get /files/{file_id}/content": 400,
}
"""Operations that never have a good answer here: nothing is stored; the original took it out of service; uploads are
not given back, and nothing else makes files yet."""

Operations = dict[str, dict[str, Any]]


def operations(description: dict[str, Any]) -> Operations:
    return {
        f"{method} {path}": operation
        for path, item in description["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def instance(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Instance]:
    home: Path = tmp_path_factory.mktemp("operations")
    async with Instance(home) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(instance: Instance) -> Operations:
    response = await instance.client.get(f"{instance.origin}/openapi.json")
    return operations(response.json())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def answers(instance: Instance) -> dict[str, httpx.Response]:
    """A real good answer of every operation that is served."""
    client, management = instance.client, instance.management
    chat = await client.post("/chat/completions", json=CHAT)
    generation = {"id": chat.json()["id"]}
    created = await management.post("/keys", json={"name": "contract", "limit": 1})
    key = f"/keys/{created.json()['data']['hash']}"
    feedback = {"generation_id": generation["id"], "category": "other"}
    uploaded = await client.post("/files", files={"file": ("a.pdf", PDF)})
    file = f"/files/{uploaded.json()['id']}"
    return {
        "post /chat/completions": chat,
        "post /completions": await client.post("/completions", json={"model": MODEL, "prompt": "Hi", "max_tokens": 5}),
        "post /responses": await client.post("/responses", json=RESPONSE),
        "post /messages": await client.post("/messages", json=MESSAGE),
        "post /messages/count_tokens": await client.post("/messages/count_tokens", json=MESSAGE),
        "post /embeddings": await client.post("/embeddings", json=EMBED),
        "post /rerank": await client.post("/rerank", json=RANK),
        "post /images": await client.post("/images", json=PAINT),
        "get /images/models": await client.get("/images/models"),
        "get /images/models/{author}/{slug}/endpoints": await client.get(f"/images/models/{PAINTER}/endpoints"),
        "get /generation": await client.get("/generation", params=generation),
        "get /generation/content": await client.get("/generation/content", params=generation),
        "post /generation/feedback": await client.post("/generation/feedback", json=feedback),
        "post /files": uploaded,
        "get /files": await client.get("/files"),
        "get /files/{file_id}": await client.get(file),
        "get /files/{file_id}/content": await client.get(f"{file}/content"),
        "delete /files/{file_id}": await client.delete(file),
        "post /presets/{slug}/chat/completions": await client.post("/presets/contract/chat/completions", json=CHAT),
        "post /route/explain": await client.post("/route/explain", json=CHAT),
        "post /presets/{slug}/messages": await client.post("/presets/contract/messages", json=CHAT),
        "post /presets/{slug}/responses": await client.post("/presets/contract/responses", json={"model": MODEL}),
        "get /presets": await client.get("/presets"),
        "get /presets/{slug}": await client.get("/presets/contract"),
        "get /presets/{slug}/versions": await client.get("/presets/contract/versions"),
        "get /presets/{slug}/versions/{version}": await client.get("/presets/contract/versions/1"),
        "get /key": await client.get("/key"),
        "get /auth/key": await client.get("/auth/key"),
        "post /credits/coinbase": await client.post("/credits/coinbase", json={}),
        "get /credits": await management.get("/credits"),
        "post /keys": created,
        "get /keys": await management.get("/keys"),
        "get /keys/{hash}": await management.get(key),
        "patch /keys/{hash}": await management.patch(key, json={"name": "renamed"}),
        "delete /keys/{hash}": await management.delete(key),
        "get /models": await client.get("/models"),
        "get /models/count": await client.get("/models/count"),
        "get /models/user": await client.get("/models/user"),
        "get /embeddings/models": await client.get("/embeddings/models"),
        "get /models/{author}/{slug}/endpoints": await client.get(f"/models/{MODEL}/endpoints"),
        "get /model/{author}/{slug}": await client.get(f"/model/{MODEL}"),
        "get /endpoints/zdr": await client.get("/endpoints/zdr"),
        "get /providers": await client.get("/providers"),
        "get /activity": await management.get("/activity"),
        "get /datasets/rankings-daily": await client.get("/datasets/rankings-daily"),
        "get /datasets/app-rankings": await client.get("/datasets/app-rankings"),
        "get /datasets/session-cost": await client.get("/datasets/session-cost"),
        "get /benchmarks": await client.get("/benchmarks"),
        "get /classifications/task": await client.get("/classifications/task"),
    }


async def refusals(instance: Instance) -> dict[str, list[httpx.Response]]:
    """Real errors of operations, one for each status that is easy to have."""
    client, management, nobody = instance.client, instance.management, instance.connect(None)
    unknown = {"id": "gen-1-unknown"}
    return {
        "post /chat/completions": [
            await nobody.post("/chat/completions", json=CHAT),
            await client.post("/chat/completions", json={}),
            await client.post("/chat/completions", json={**CHAT, "provider": {"only": ["nobody"]}}),
            await client.post("/chat/completions", json={**CHAT, "user": "sandbox:status=503"}),
            await client.post("/chat/completions", json={**CHAT, "user": "sandbox:status=429"}),
        ],
        "post /images": [
            await nobody.post("/images", json=PAINT),
            await client.post("/images", json={**PAINT, "n": 11}),
            await client.post("/images", json={**PAINT, "model": MODEL}),
            await client.post("/images", json={**PAINT, "model": "acme/nothing"}),
            await client.post("/images", json={**PAINT, "user": "sandbox:status=429"}),
        ],
        "get /images/models/{author}/{slug}/endpoints": [await client.get("/images/models/a/b/endpoints")],
        "post /rerank": [
            await nobody.post("/rerank", json=RANK),
            await client.post("/rerank", json={**RANK, "documents": []}),
            await client.post("/rerank", json={**RANK, "model": "acme/nothing"}),
        ],
        "post /embeddings": [
            await nobody.post("/embeddings", json=EMBED),
            await client.post("/embeddings", json={**EMBED, "input": []}),
            await client.post("/embeddings", json={**EMBED, "model": MODEL}),
            await client.post("/embeddings", json={**EMBED, "model": "acme/nothing"}),
        ],
        "post /responses": [
            await nobody.post("/responses", json=RESPONSE),
            await client.post("/responses", json={}),
            await client.post("/responses", json={**RESPONSE, "store": True}),
            await client.post("/responses", json={**RESPONSE, "user": "sandbox:status=503"}),
            await client.post("/responses", json={**RESPONSE, "user": "sandbox:status=429"}),
        ],
        "get /generation": [await nobody.get("/generation"), await client.get("/generation", params=unknown)],
        "get /generation/content": [await client.get("/generation/content", params=unknown)],
        "post /generation/feedback": [await client.post("/generation/feedback", json={})],
        "post /files": [
            await nobody.post("/files", files={"file": ("a.pdf", PDF)}),
            await management.post("/files", files={"file": ("a.pdf", PDF)}),
            await client.post("/files", json={}),
            await client.post("/files", params={"provider": "openai"}, files={"file": ("a.pdf", PDF)}),
            await client.post("/files", files={"file": ("a.txt", b"a" * (101 * 1024 * 1024))}),
        ],
        "get /files": [await nobody.get("/files"), await client.get("/files", params={"order": "desc"})],
        "get /files/{file_id}": [await nobody.get("/files/x"), await client.get("/files/x")],
        "get /files/{file_id}/content": [await client.get("/files/x/content")],
        "delete /files/{file_id}": [await client.delete("/files/x")],
        "post /presets/{slug}/chat/completions": [
            await nobody.post("/presets/x/chat/completions", json=CHAT),
            await client.post("/presets/X/chat/completions", json=CHAT),
        ],
        "get /presets": [await nobody.get("/presets"), await client.get("/presets", params={"limit": 0})],
        "get /presets/{slug}": [await client.get("/presets/nobody")],
        "get /presets/{slug}/versions": [await client.get("/presets/nobody/versions")],
        "get /presets/{slug}/versions/{version}": [await client.get("/presets/contract/versions/x")],
        "get /key": [await nobody.get("/key")],
        "get /credits": [await nobody.get("/credits"), await client.get("/credits")],
        "post /keys": [await client.post("/keys", json={"name": "k"}), await management.post("/keys", json={})],
        "get /keys": [await client.get("/keys")],
        "get /keys/{hash}": [await management.get(f"/keys/{'0' * 64}"), await nobody.get(f"/keys/{'0' * 64}")],
        "patch /keys/{hash}": [await management.patch(f"/keys/{'0' * 64}", json={})],
        "delete /keys/{hash}": [await management.delete(f"/keys/{'0' * 64}")],
        "get /models": [await client.get("/models", params={"sort": "nonsense"})],
        "get /models/{author}/{slug}/endpoints": [await client.get("/models/a/b/endpoints")],
        "get /activity": [await client.get("/activity"), await management.get("/activity", params={"date": "x"})],
        "get /datasets/rankings-daily": [await nobody.get("/datasets/rankings-daily")],
        "get /benchmarks": [await nobody.get("/benchmarks"), await client.get("/benchmarks", params={"source": "x"})],
    }


async def test_every_served_operation_has_an_answer_here(
    served: Operations, answers: dict[str, httpx.Response]
) -> None:
    assert served.keys() == answers.keys()


async def test_table_of_operations(served: Operations, answers: dict[str, httpx.Response]) -> None:
    """Printed for who wants to know how far we are (`pytest -s`)."""
    published = operations(document())
    lines = [
        f"{name:55} " + ("absent" if name not in served else "conforming" if not misfits(name, answers) else "present")
        for name in sorted(published)
    ]
    print("\n".join(lines))
    assert served.keys() - published.keys() <= OURS_ALONE
    assert {line.split(" ")[-1] for line in lines} <= {"absent", "conforming", "present"}


def misfits(name: str, answers: dict[str, httpx.Response]) -> list[str]:
    response = answers[name]
    if name in REFUSED_BY_NATURE:
        return [] if response.status_code == REFUSED_BY_NATURE[name] else [response.text]
    if response.status_code >= 400:
        return [response.text]
    method, path = name.split(" ")
    return problems(response.json(), response_schema(path, method, response.status_code))


async def test_good_answers_fit_the_published_schemas(answers: dict[str, httpx.Response]) -> None:
    published = operations(document())
    found = {name: wrong for name in answers if name in published and (wrong := misfits(name, answers))}
    assert found.keys() == KNOWN_DIFFERENCES.keys(), found


async def test_errors_fit_the_published_schemas_and_carry_their_status(instance: Instance) -> None:
    published = operations(document())
    for name, responses in (await refusals(instance)).items():
        method, path = name.split(" ")
        for response in responses:
            assert response.status_code >= 400, name
            assert str(response.status_code) in published[name]["responses"], (name, response.text)
            wrong = problems(response.json(), response_schema(path, method, response.status_code))
            assert wrong == [], (name, response.status_code, wrong)
            assert response.json()["error"]["code"] == response.status_code
            assert response.headers["content-type"] == "application/json"
            assert response.headers["x-request-id"]


async def test_our_description_asks_for_no_more_and_names_operations_the_same(
    instance: Instance, served: Operations
) -> None:
    published, theirs = operations(document()), document()["components"]["schemas"]
    ours = (await instance.client.get(f"{instance.origin}/openapi.json")).json()["components"]["schemas"]
    for name in served.keys() & published.keys():
        assert served[name]["operationId"] == published[name]["operationId"]
        assert required_of(served[name], ours) <= required_of(published[name], theirs), name


def required_of(operation: dict[str, Any], components: dict[str, Any]) -> set[str]:
    """Names of the parameters and members of the body that a caller must send."""
    parameters = {parameter["name"] for parameter in operation.get("parameters", []) if parameter.get("required")}
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    while "$ref" in schema:
        schema = components[schema["$ref"].rpartition("/")[2]]
    return parameters | set(schema.get("required", ()))


async def test_management_key_opens_no_generation(instance: Instance) -> None:
    client = instance.connect(MANAGEMENT_KEY)
    assert (await client.post("/chat/completions", json=CHAT)).status_code == 403
