"""Counts instead of times (performance.md 4): a change that makes the hot path longer is seen when it is made.

Counted are the Python functions of ours that run; on the reference machine one costs about half a microsecond.
"""

import asyncio
import sys
from collections import Counter
from types import FrameType

from tests.fakes.provider import FakeProvider
from tests.fakes.replies import sse
from tests.unit.gateway.transport.conftest import Ask
from trunkline.gateway.transport.client import HttpTransport

CALLS_PER_REQUEST_MAX = 44
CALLS_PER_CHUNK_MAX = 16
CHUNKS = 50


class Calls:
    """Counts calls of our functions while it is entered."""

    def __init__(self) -> None:
        self.by_name: Counter[str] = Counter()

    def __enter__(self) -> "Calls":
        sys.setprofile(self._count)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _count(self, frame: FrameType, event: str, _: object) -> None:
        if event == "call" and "/trunkline/" in frame.f_code.co_filename:
            self.by_name[frame.f_code.co_qualname] += 1


async def test_a_request_on_a_kept_connection_stays_within_its_calls(
    provider: FakeProvider, transport: HttpTransport, ask: Ask
) -> None:
    await (await transport.open(ask())).read_all(1000)
    with Calls() as calls:
        await (await transport.open(ask())).read_all(1000)
    assert calls.by_name.total() <= CALLS_PER_REQUEST_MAX, calls.by_name


async def test_a_chunk_stays_within_its_calls(provider: FakeProvider, transport: HttpTransport, ask: Ask) -> None:
    ticks = [asyncio.Event() for _ in range(CHUNKS)]
    chunks = [piece for tick in ticks for piece in (tick, b"data: {}\n\n")]
    provider.then(sse(chunks, ending="hang"))
    response = await transport.open(ask())
    with Calls() as calls:
        for tick in ticks:
            tick.set()
            assert await response.read(10.0) == b"data: {}\n\n"
    response.cancel()
    assert calls.by_name.total() <= CALLS_PER_CHUNK_MAX * CHUNKS, calls.by_name


async def test_a_stream_makes_one_timer_and_not_one_per_chunk(
    provider: FakeProvider, transport: HttpTransport, ask: Ask
) -> None:
    ticks = [asyncio.Event() for _ in range(CHUNKS)]
    provider.then(sse([piece for tick in ticks for piece in (tick, b"data: {}\n\n")]))
    response = await transport.open(ask())
    with Calls() as calls:
        for tick in ticks:
            tick.set()
            await response.read(10.0)
    assert calls.by_name["SocketResponse._arm"] <= 1
    response.cancel()
