"""A started gateway for real clients. In the end every answer must have had its shape, and the books must agree."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fakes.provider import FakeProvider
from tests.instance import Instance, endpoint
from tests.tap import Tap
from trunkline.settings import ProviderSettings

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
    async with FakeProvider() as provider:
        # It stops billing when it is hung up on, so an abandoned stream need not be read to its end.
        providers = {"acme": ProviderSettings(base_url=provider.url, cancels_billing=True)}
        async with Instance(tmp_path, endpoints=[endpoint(MODEL, provider)], providers=providers, wrap=tap) as instance:
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
