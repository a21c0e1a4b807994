"""A started gateway for real clients. In the end every answer must have had its shape, and the books must agree."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fakes.provider import FakeProvider
from tests.instance import Instance, endpoint
from tests.tap import Tap

MODEL = "acme/rocket"


@dataclass(frozen=True)
class Gateway:
    """What a client needs (`instance.base_url`, `KEY`), and the provider behind it."""

    instance: Instance
    provider: FakeProvider


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    """A gateway in front of a scripted provider of `MODEL`."""
    tap = Tap()
    async with (
        FakeProvider() as provider,
        Instance(tmp_path, endpoints=[endpoint(MODEL, provider)], wrap=tap) as instance,
    ):
        yield Gateway(instance, provider)
        assert await instance.audit() == []
    assert tap.problems() == []


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Instance]:
    """A gateway as it is right after installation: the Sandbox answers for every model of the catalog."""
    tap = Tap()
    async with Instance(tmp_path, wrap=tap) as instance:
        yield instance
        assert await instance.audit() == []
    assert tap.problems() == []
