"""What people and programs load that rests on rollups, over HTTP from an instance of its own."""

import time
from pathlib import Path

import httpx
from msgspec import Struct

from bench.rollups.filler import MODELS, NOW_MS, PROVIDERS
from trunkline.accounts import repository, secrets
from trunkline.accounts.service import issue_key
from trunkline.accounts.types import KeyKind, NewKey
from trunkline.app import create_app
from trunkline.core.calendar import DAY_MS
from trunkline.core.json import JsonValue
from trunkline.settings import Database, Discovery, Limits, Sandbox, Settings
from trunkline.storage.engine import open_engine, parse_url
from trunkline.web.forms import TOKEN_FIELD

_SECRETS: dict[KeyKind, str] = {"inference": "sk-tl-v1-" + "a" * 64, "management": "sk-tl-v1-" + "b" * 64}
_LINK = "a-one-time-link-of-the-bench"
_MODEL = "acme/model-001"
PAGES = (
    "/rankings", "/apps", "/status", f"/{_MODEL}", f"/{_MODEL}/performance", f"/{_MODEL}/uptime", f"/{_MODEL}/activity",
    f"/{_MODEL}/apps", "/activity", "/activity?period=day&group=key",
)  # fmt: skip
DATA: dict[str, KeyKind] = {
    "/api/v1/activity": "management",
    "/api/v1/datasets/rankings-daily": "inference",
    "/api/v1/datasets/app-rankings": "inference",
    "/api/v1/models?sort=most-popular": "inference",
}
LOADED = 5
"""Times: the fastest counts, as others use the machine too."""


class _Noon:
    """Implements `trunkline.core.clock.Clock`: the day after the last that is filled."""

    def now_ms(self) -> int:
        return NOW_MS

    def monotonic_s(self) -> float:
        return time.monotonic()


class Load(Struct, frozen=True):
    """From a request to the last byte of its answer: milliseconds, and those of the processor, all threads."""

    ms: float
    cpu_ms: float


async def loads(home: Path, url: str) -> dict[str, Load]:
    """Of each address."""
    endpoints = [_endpoint(model, provider) for model in range(MODELS) for provider in range(PROVIDERS)]
    settings = Settings(
        home=home,
        database=Database(url=url),
        endpoints=tuple(endpoints),
        sandbox=Sandbox(mode="off"),
        limits=Limits(requests_per_second=0),
        discovery=Discovery(environment=False, local_engines=False),
    )
    _let_in(url)
    app = create_app(settings, {}, _Noon())
    await app.start()
    try:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=settings.public_url, timeout=60) as client:
            await _sign_in(client)
            found = {path: await _fastest(client, path) for path in PAGES}
            for path, kind in DATA.items():
                client.headers["Authorization"] = f"Bearer {_SECRETS[kind]}"
                found[path] = await _fastest(client, path)
            return found
    finally:
        await app.stop(0.0)


def _let_in(url: str) -> None:
    """Keys and a one-time link of the account with half of the traffic."""
    engine = open_engine(parse_url(url), "writer")
    with engine.begin() as connection:
        for kind, secret in _SECRETS.items():
            key = issue_key("user_0", None, kind, NewKey(name="bench"), NOW_MS, secret)
            repository.insert_key(connection, key)
        repository.insert_sign_in_link(connection, secrets.hash_secret(_LINK), "user_0", NOW_MS + DAY_MS)
    engine.dispose()


async def _sign_in(client: httpx.AsyncClient) -> None:
    page = await client.get("/sign-in", params={"token": _LINK})
    token = page.text.rpartition(f'name="{TOKEN_FIELD}" value="')[2].partition('"')[0]
    await client.post("/sign-in", data={TOKEN_FIELD: token, "token": _LINK}, headers={"Origin": str(client.base_url)})


async def _fastest(client: httpx.AsyncClient, path: str) -> Load:
    took_ms: list[float] = []
    cpu_ms: list[float] = []
    for _ in range(LOADED):
        began_s, began_cpu_s = time.perf_counter(), time.process_time()
        response = await client.get(path)
        took_ms.append((time.perf_counter() - began_s) * 1000)
        cpu_ms.append((time.process_time() - began_cpu_s) * 1000)
        if response.status_code != 200:
            raise RuntimeError(f"{path} is answered {response.status_code}")
    return Load(min(took_ms), min(cpu_ms))


def _endpoint(model: int, provider: int) -> dict[str, JsonValue]:
    return {
        "model": f"acme/model-{model:03}",
        "provider": f"p{provider}",
        "protocol": "openai-chat",
        "base_url": "http://127.0.0.1:9",
        "api_key": "none",
        "context_length": 32768,
        "pricing": {"prompt": "0.000001", "completion": "0.000002"},
    }
