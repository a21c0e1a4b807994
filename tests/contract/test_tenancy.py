"""What is of another account answers as what is nowhere: same status, same bytes (accounts-and-governance.md 28)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.instance import KEY, Instance
from tests.sample_files import PDF
from tests.strangers import STRANGER, WORKSPACE, add_stranger

pytestmark = pytest.mark.asyncio(loop_scope="module")
MODEL = "openai/gpt-5-nano"
NOWHERE = {
    "generation": "gen-1790000000-AAAAAAAAAAAAAAAAAAAA",
    "key": "e" * 64,
    "workspace": "0" * 8 + WORKSPACE[8:],
    "file": "or_file_" + "0" * 29,
}


@dataclass(frozen=True)
class Tenants:
    """The owner looks at what a stranger has."""

    instance: Instance
    theirs: dict[str, str]
    stranger: httpx.AsyncClient


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tenants(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Tenants]:
    home: Path = tmp_path_factory.mktemp("tenants")
    async with Instance(home) as instance:
        made = await add_stranger(instance)
        stranger, manager = instance.connect(made["inference"]), instance.connect(made["management"])
        body = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}], "user": "their-end-user"}
        generation = (await stranger.post("/chat/completions", json=body)).json()["id"]
        assert (await stranger.get("/generation", params={"id": generation})).status_code == 200
        key = (await manager.post("/keys", json={"name": "their key"})).json()["data"]["hash"]
        file = (await stranger.post("/files", files={"file": ("theirs.pdf", PDF)})).json()["id"]
        theirs = {"generation": generation, "key": key, "workspace": WORKSPACE, "file": file}
        yield Tenants(instance, theirs, stranger)


CALLS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("generation", "GET", "/generation", {"params": {"id": "{}"}}),
    ("generation", "GET", "/generation/content", {"params": {"id": "{}"}}),
    ("generation", "POST", "/generation/feedback", {"json": {"generation_id": "{}", "category": "other"}}),
    ("key", "GET", "/keys/{}", {}),
    ("key", "PATCH", "/keys/{}", {"json": {"name": "mine", "disabled": True}}),
    ("key", "DELETE", "/keys/{}", {}),
    ("file", "GET", "/files/{}", {}),
    ("file", "GET", "/files/{}/content", {}),
    ("file", "DELETE", "/files/{}", {}),
    ("workspace", "GET", "/files", {"params": {"workspace_id": "{}"}}),
    ("workspace", "GET", "/keys", {"params": {"workspace_id": "{}"}}),
    ("workspace", "POST", "/keys", {"json": {"name": "k", "workspace_id": "{}"}}),
]


def filled(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return {key: filled(member, name) for key, member in value.items()}
    return value.format(name) if isinstance(value, str) else value


@pytest.mark.parametrize(("kind", "method", "path", "options"), CALLS, ids=lambda value: value)
async def test_foreign_and_unknown_ids_cannot_be_told_apart(
    tenants: Tenants, kind: str, method: str, path: str, options: dict[str, Any]
) -> None:
    client = tenants.instance.client if kind in ("generation", "file") else tenants.instance.management

    async def ask(name: str) -> httpx.Response:
        return await client.request(method, path.format(name), **filled(options, name))

    foreign, unknown = await ask(tenants.theirs[kind]), await ask(NOWHERE[kind])
    assert foreign.status_code == unknown.status_code == (400 if kind == "workspace" else 404)
    told, told_of_nothing = foreign.text, unknown.text
    assert told.replace(tenants.theirs[kind], "{}") == told_of_nothing.replace(NOWHERE[kind], "{}")
    assert STRANGER not in told
    same = [
        {n: v for n, v in response.headers.items() if n not in ("x-request-id", "date")}
        for response in (foreign, unknown)
    ]
    assert same[0] == same[1]


def headers_of(response: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name not in ("x-request-id", "date")}


async def test_lists_and_sums_hold_nothing_of_others(tenants: Tenants) -> None:
    management = tenants.instance.management
    for path in ("/keys", "/credits", "/key", "/models/user", "/providers", "/files"):
        text = (await management.get(path)).text
        for theirs in (
            STRANGER,
            "their key",
            tenants.theirs["key"],
            tenants.theirs["generation"],
            tenants.theirs["file"],
            "their-end-user",
            WORKSPACE,
        ):
            assert theirs not in text, path


async def test_what_was_tried_changed_nothing(tenants: Tenants) -> None:
    assert (await tenants.stranger.get("/key")).status_code == 200
    assert KEY not in (await tenants.stranger.get("/key")).text
    assert await tenants.instance.audit() == []
