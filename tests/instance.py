"""A whole Trunkline on a real socket, in the test's own loop, in front of fake providers.

    async with Instance(tmp_path, endpoints=[endpoint("acme/rocket", provider)]) as instance:
        answer = await instance.chat("acme/rocket", "Hi")
        record = await instance.generation(answer["id"])

`base_url` and `key` are what a real client needs. Money is checked with `instance.management` (an httpx client that
carries the management key) or by `await instance.audit()`.
"""

import asyncio
import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import httpx
from starlette.types import ASGIApp

from tests.fakes.provider import FakeProvider
from trunkline.app import Application, create_app
from trunkline.billing.audit import audit
from trunkline.cli.serving.server import GatewayServer
from trunkline.core.clock import Clock
from trunkline.settings import Billing, Database, Discovery, Limits, Routing, Sandbox, Server, Settings
from trunkline.storage.database import SqlDatabase

KEY = "sk-tl-v1-" + "a" * 64
MANAGEMENT_KEY = "sk-tl-v1-" + "b" * 64
PRICING = {"prompt": "0.000001", "completion": "0.000002", "input_cache_read": "0.0000001"}


def endpoint(model: str, provider: FakeProvider, name: str = "acme", **members: Any) -> dict[str, Any]:
    """An `[[endpoints]]` entry that sends `model` to a fake provider."""
    return {
        "model": model,
        "provider": name,
        "protocol": "openai-chat",
        "base_url": provider.url,
        "api_key": "upstream-secret",
        "upstream_model": model.split("/")[-1],
        "context_length": 32768,
        "pricing": PRICING,
        **members,
    }


class Instance:
    """Starts on entering, stops on leaving. Settings sections are given as in `trunkline.toml`.

    `wrap` stands between the application and the socket (tests/tap.py).
    """

    def __init__(
        self,
        home: Path,
        *,
        endpoints: list[dict[str, Any]] | None = None,
        database_url: str | None = None,
        routing: Routing | None = None,
        billing: Billing | None = None,
        limits: Limits | None = None,
        sandbox: Sandbox | None = None,
        server: Server | None = None,
        clock: Clock | None = None,
        wrap: Callable[[ASGIApp], ASGIApp] | None = None,
        **settings: Any,
    ) -> None:
        self._wrap = wrap
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.settings = Settings(
            home=home,
            endpoints=tuple(endpoints or ()),
            database=Database(url=database_url),
            routing=routing or Routing(),
            billing=billing or Billing(),
            limits=limits or Limits(requests_per_second=0),
            sandbox=sandbox or Sandbox(mode="off" if endpoints else "auto", first_token_seconds=0, tokens_per_second=0),
            server=server or Server(port=self.port),
            discovery=Discovery(environment=False, local_engines=False),
            **settings,
        )
        self._clock = clock
        self._clients: list[httpx.AsyncClient] = []
        self.app: Application
        self._server: GatewayServer
        self._serving: asyncio.Task[None]
        self.client: httpx.AsyncClient
        self.management: httpx.AsyncClient

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def base_url(self) -> str:
        """The OpenAI-style base URL."""
        return f"{self.origin}/api/v1"

    async def __aenter__(self) -> Self:
        environ = {"TRUNKLINE_BOOTSTRAP_KEY": KEY, "TRUNKLINE_BOOTSTRAP_MANAGEMENT_KEY": MANAGEMENT_KEY}
        self.app = create_app(self.settings, environ, self._clock)
        await self.app.start()
        served = self.app if self._wrap is None else self._wrap(self.app)
        self._server = GatewayServer(served, Server(drain_seconds=30))
        self._serving = asyncio.get_running_loop().create_task(self._server.serve(sockets=[self._listener]))
        while not self._server.started:
            await asyncio.sleep(0.005)
        self.client = self.connect(KEY)
        self.management = self.connect(MANAGEMENT_KEY)
        return self

    async def __aexit__(self, *_: object) -> None:
        for client in self._clients:
            await client.aclose()
        self._server.should_exit = True
        await self._serving
        self._listener.close()
        await self.app.stop()

    def connect(self, key: str | None, **options: Any) -> httpx.AsyncClient:
        """A client of the API root with this key; closed when the instance stops."""
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        client = httpx.AsyncClient(base_url=self.base_url, headers=headers, timeout=30, **options)
        self._clients.append(client)
        return client

    async def post(self, model: str, text: str = "Hi", **members: Any) -> httpx.Response:
        """One chat completion, whatever comes of it."""
        body = {"model": model, "messages": [{"role": "user", "content": text}], **members}
        return await self.client.post("/chat/completions", json=body)

    async def chat(self, model: str, text: str = "Hi", **members: Any) -> dict[str, Any]:
        """A whole answer that must be good."""
        response = await self.post(model, text, **members)
        assert response.status_code == 200, response.text
        return response.json()

    async def stream(self, model: str, text: str = "Hi", **members: Any) -> "Streamed":
        """A stream read to its end."""
        response = await self.post(model, text, stream=True, **members)
        assert response.status_code == 200, response.text
        return Streamed(response)

    async def generation(self, generation_id: str) -> dict[str, Any]:
        """Its record, which must be there."""
        response = await self.client.get("/generation", params={"id": generation_id})
        assert response.status_code == 200, response.text
        return response.json()["data"]

    async def generation_after_hanging_up(self, generation_id: str) -> dict[str, Any]:
        """Its record, as soon as it is there: a client that left was not kept waiting for it."""
        async with asyncio.timeout(10):
            while (await self.client.get("/generation", params={"id": generation_id})).status_code == 404:
                await asyncio.sleep(0.01)
        return await self.generation(generation_id)

    async def usage(self) -> float:
        """What the key has spent."""
        return (await self.client.get("/key")).json()["data"]["usage"]

    async def audit(self) -> list[object]:
        """Differences between ledger, balances, key usage and generations: none."""
        database = self.app._database
        assert isinstance(database, SqlDatabase)
        await database.barrier()
        return list(await database.read(audit))


class Streamed:
    """An event stream's events, comments and end."""

    def __init__(self, response: httpx.Response) -> None:
        self.headers = response.headers
        blocks = [block for block in response.text.split("\n\n") if block]
        self.comments = [block for block in blocks if block.startswith(":")]
        data = [block.removeprefix("data: ") for block in blocks if block.startswith("data: ")]
        assert len(self.comments) + len(data) == len(blocks), blocks
        self.is_done = bool(data) and data[-1] == "[DONE]"
        self.chunks: list[dict[str, Any]] = [json.loads(block) for block in data if block != "[DONE]"]

    @property
    def id(self) -> str:
        return self.chunks[0]["id"]

    @property
    def text(self) -> str:
        return "".join(choice["delta"].get("content") or "" for c in self.chunks for choice in c["choices"])

    @property
    def finish_reasons(self) -> list[str]:
        return [choice["finish_reason"] for c in self.chunks for choice in c["choices"] if choice["finish_reason"]]

    @property
    def usage(self) -> dict[str, Any]:
        return self.chunks[-1]["usage"]

    @property
    def error(self) -> dict[str, Any] | None:
        return next((chunk["error"] for chunk in self.chunks if "error" in chunk), None)
