"""Clients that live in an environment of their own, as one run of their script against a scripted provider."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.clients.conftest import MODEL
from tests.fakes.provider import FakeProvider, RecordedRequest
from tests.instance import KEY, Instance, endpoint
from tests.tap import Tap

ROOT = Path(__file__).resolve().parents[3]
TIMEOUT_S = 100


@dataclass(frozen=True)
class Apart:
    """A client's Python, and its script: it takes the base URL, a key and a model, and prints one JSON object."""

    python: Path
    script: Path

    @property
    def mark(self) -> pytest.MarkDecorator:
        return pytest.mark.skipif(
            not self.python.is_file(), reason=f"scripts/test has not made {self.python.parents[1].name}"
        )


def client_of(name: str) -> Apart:
    """`<name>_client.py` beside this file, in `.venv-<name>` (scripts/test makes it)."""
    script = Path(__file__).with_name(f"{name.replace('-', '_')}_client.py")
    return Apart(ROOT / f".venv-{name}" / "bin" / "python", script)


class Run:
    """What the client said in each scenario, and what the provider was sent."""

    def __init__(self, said: dict[str, Any], requests: list[RecordedRequest]) -> None:
        self.said = said
        self._requests = [request.json for request in requests]

    def sent(self, scenario: str) -> list[dict[str, Any]]:
        """The upstream requests of a scenario."""
        return [sent for sent in self._requests if prompt_of(sent) == scenario]


def prompt_of(sent: Mapping[str, Any]) -> str:
    """A scenario is the text of its first message."""
    return sent["messages"][0]["content"] if "messages" in sent else ""


async def ask(client: Apart, instance: Instance, model: str, **environment: str) -> dict[str, Any]:
    """What the client's script printed; it must have ended well."""
    process = await asyncio.create_subprocess_exec(
        *(str(client.python), str(client.script), instance.base_url, KEY, model),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment or None,
    )
    try:
        output, errors = await asyncio.wait_for(process.communicate(), TIMEOUT_S)
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, errors.decode()[-4000:]
    return json.loads(output)


@asynccontextmanager
async def run_apart(client: Apart, home: Path, script: Callable[[FakeProvider], None]) -> AsyncIterator[Run]:
    """A run against a provider that `script` has told what to say. The answers have their shape, the books agree."""
    tap = Tap()
    async with (
        FakeProvider() as provider,
        Instance(home, endpoints=[endpoint(MODEL, provider)], wrap=tap) as instance,
    ):
        script(provider)
        said = await ask(client, instance, MODEL)
        assert await instance.audit() == []
        yield Run(said, provider.requests)
    assert tap.problems() == []
