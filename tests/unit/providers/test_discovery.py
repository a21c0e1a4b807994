"""Local engines, found by asking real sockets (operating.md OP-12)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from trunkline.catalog.snapshot import build_snapshot
from trunkline.catalog.types import Endpoint, Snapshot
from trunkline.gateway.transport.client import HttpTransport
from trunkline.providers.discovery import Discovered, discover, engines
from trunkline.providers.registry import build_providers, make_callable
from trunkline.settings import Discovery, ProviderSettings, Server, Settings

SETTINGS = Settings(home=Path("/nonexistent"), discovery=Discovery(local_engines=False))


@asynccontextmanager
async def engine(
    body: bytes, *, status: str = "200 OK", silent: bool = False
) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that answers every request with `body`; gives its address and the requests that it saw."""
    seen: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        if silent:
            await reader.read()
        else:
            writer.write(
                f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\ncontent-type: application/json\r\n\r\n".encode()
                + body
            )
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}", seen
    finally:
        server.close()
        await server.wait_closed()


async def found(variables: dict[str, str], settings: Settings = SETTINGS) -> tuple[Discovered, ...]:
    transport = HttpTransport()
    try:
        return await discover(settings, build_snapshot(settings), transport, variables)
    finally:
        await transport.close()


def an_open_model(snapshot: Snapshot) -> tuple[str, str]:
    """(id, Hugging Face id) of some model that anybody may run."""
    return next(
        (m.id, m.hugging_face_id)
        for m in snapshot.models.values()
        if m.hugging_face_id and m.operation == "chat" and m.variant == "standard"
    )


async def test_models_of_an_engine_become_endpoints_that_can_be_called_free_of_charge() -> None:
    model_id, hugging_face_id = an_open_model(build_snapshot(SETTINGS))
    listing = f'{{"data":[{{"id":"{hugging_face_id}","max_model_len":4096}},{{"id":"my/own tune:free"}}]}}'.encode()
    async with engine(listing) as (address, _):
        (engine_found,) = await found({"VLLM_BASE_URL": address})
    assert (engine_found.provider, engine_found.base_url) == ("vllm", f"http://{address}/v1")
    snapshot = build_snapshot(SETTINGS, engine_found.endpoints)
    served: list[Endpoint] = [e for m in snapshot.models.values() for e in m.endpoints if e.provider == "vllm"]
    assert {(e.model_id, e.upstream_model, e.context_length) for e in served if e.model_id == model_id} == {
        (model_id, hugging_face_id, 4096)
    }
    assert {e.model_id for e in served} == {model_id, "vllm/my-own-tune-free"}
    assert all(e.pricing.priced and not any(e.pricing.base.values()) for e in served)
    providers = build_providers(SETTINGS, snapshot, {})
    assert all(map(make_callable(providers, lambda endpoint: endpoint.protocol == "openai-chat"), served))
    assert providers.by_slug["vllm"].source == "discovered"
    assert providers.sandbox is None


async def test_the_engines_key_is_sent() -> None:
    async with engine(b'{"data":[]}') as (address, seen):
        assert await found({"VLLM_BASE_URL": address, "VLLM_API_KEY": "hush"}) == ()
    assert b"get /v1/models " in seen[0].lower()
    assert b"authorization: bearer hush" in seen[0].lower()


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"<html>", "200 OK"), (b"[]", "200 OK"), (b'{"data":null}', "200 OK"), (b"{}", "404 Not Found"), (b"", "200 OK")],
)
async def test_what_does_not_list_models_is_no_engine(body: bytes, status: str) -> None:
    async with engine(body, status=status) as (address, _):
        assert await found({"VLLM_BASE_URL": address}) == ()


async def test_a_closed_port_and_a_silent_server_cost_no_more_than_the_timeout() -> None:
    hasty = replace(SETTINGS, discovery=Discovery(local_engines=False, timeout_seconds=0.1))
    async with engine(b"", silent=True) as (address, _):
        started_s = asyncio.get_running_loop().time()
        assert await found({"VLLM_BASE_URL": address, "SGLANG_BASE_URL": "127.0.0.1:1"}, hasty) == ()
        assert asyncio.get_running_loop().time() - started_s < 2.0


async def test_a_huge_list_is_refused_and_a_long_one_cut() -> None:
    async with engine(b'{"data":[' + b" " * 1_000_001 + b"]}") as (address, _):
        assert await found({"VLLM_BASE_URL": address}) == ()
    many = b",".join(b'{"id":"m%d"}' % number for number in range(1000))
    async with engine(b'{"data":[' + many + b"]}") as (address, _):
        (engine_found,) = await found({"VLLM_BASE_URL": address})
    assert len(engine_found.endpoints) == 500


async def test_embedding_models_that_nobody_knows_are_left_out() -> None:
    async with engine(b'{"data":[{"id":"nobodys-embed-text"},{"id":"nobodys-chat"}]}') as (address, _):
        (engine_found,) = await found({"OLLAMA_HOST": address})
    assert [entry["model"] for entry in engine_found.endpoints] == ["ollama/nobodys-chat"]


def addresses(settings: Settings, environ: dict[str, str] | None = None) -> dict[str, str]:
    return {e.provider.slug: e.base_url for e in engines(settings, build_snapshot(settings), environ or {})}


def test_the_usual_ports_are_asked_but_never_our_own() -> None:
    ours = Settings(home=Path("/nonexistent"), server=Server(port=8080))
    assert addresses(ours) == {
        "ollama": "http://localhost:11434/v1",
        "vllm": "http://localhost:8000/v1",
        "sglang": "http://localhost:30000/v1",
        "lm-studio": "http://localhost:1234/v1",
    }
    elsewhere = Settings(home=Path("/nonexistent"), server=Server(port=9000))
    assert addresses(elsewhere)["llama-cpp"] == "http://localhost:8080/v1"
    assert "tgi" not in addresses(elsewhere)


def test_only_named_engines_are_asked_when_discovery_is_off() -> None:
    named = replace(SETTINGS, providers={"lm-studio": ProviderSettings(), "ollama": ProviderSettings(enabled=False)})
    assert addresses(named, {"VLLM_BASE_URL": "gpu:9", "OLLAMA_HOST": "gpu:8"}) == {
        "vllm": "http://gpu:9/v1",
        "lm-studio": "http://localhost:1234/v1",
    }
