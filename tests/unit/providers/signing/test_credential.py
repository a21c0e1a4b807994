"""A credential is fetched once for all who wait, renewed in time, and its absence is told to everybody."""

import asyncio
import threading
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from tests.fakes.clock import FakeClock
from trunkline.providers.signing.credential import NEVER_MS, CachedCredential, Held
from trunkline.providers.upstream import CredentialsUnavailable

HOUR_MS = 3_600_000


class Source:
    """Hands out token-1, token-2 …, each good for an hour, when the test lets it."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.calls = 0
        self.gate = threading.Event()
        self.gate.set()
        self.failure: Exception | None = None
        self.lifetime_ms = HOUR_MS

    def load(self) -> Held[str]:
        self.calls += 1
        number = self.calls
        assert self.gate.wait(10)
        if self.failure is not None:
            raise self.failure
        return Held(f"token-{number}", self.clock.now_ms() + self.lifetime_ms)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def source(clock: FakeClock) -> Source:
    return Source(clock)


@pytest.fixture
def credential(source: Source, clock: FakeClock) -> CachedCredential[str]:
    return CachedCredential("acme", source.load, clock)


async def until(holds: Callable[[], bool]) -> None:
    """Let the loop hear what a thread has done."""
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0.001)


async def test_a_hundred_requests_at_once_ask_once(credential: CachedCredential[str], source: Source) -> None:
    source.gate.clear()
    waiting = [asyncio.ensure_future(credential.get()) for _ in range(100)]
    await until(lambda: source.calls == 1)
    assert not any(one.done() for one in waiting)
    source.gate.set()
    assert set(await asyncio.gather(*waiting)) == {"token-1"}
    assert source.calls == 1


async def test_what_is_kept_is_handed_out_without_waiting(credential: CachedCredential[str], source: Source) -> None:
    await credential.get()
    source.gate.clear()
    coroutine = credential.get()
    with pytest.raises(StopIteration) as done:
        coroutine.send(None)
    assert done.value.value == "token-1"
    source.gate.set()


async def test_a_new_one_is_fetched_beside_the_requests_before_the_old_one_lapses(
    credential: CachedCredential[str], source: Source, clock: FakeClock
) -> None:
    await credential.get()
    clock.advance(3600 - 181)
    assert await credential.get() == "token-1"
    assert source.calls == 1
    source.gate.clear()
    clock.advance(2)
    assert [await credential.get() for _ in range(3)] == ["token-1"] * 3
    await until(lambda: source.calls == 2)
    source.gate.set()
    tokens: list[str] = []
    async with asyncio.timeout(10):
        while tokens[-1:] != ["token-2"]:
            tokens.append(await credential.get())
            await asyncio.sleep(0.001)
    assert source.calls == 2


async def test_a_minute_before_its_end_it_is_used_no_more(
    credential: CachedCredential[str], source: Source, clock: FakeClock
) -> None:
    await credential.get()
    clock.advance(3600 - 60)
    assert await credential.get() == "token-2"


async def test_a_renewal_that_fails_leaves_the_old_one_until_its_end(
    credential: CachedCredential[str], source: Source, clock: FakeClock
) -> None:
    await credential.get()
    source.failure = OSError("token endpoint is down")
    clock.advance(3600 - 170)
    with capture_logs() as logs:
        assert await credential.get() == "token-1"
        await until(lambda: bool(logs))
    assert await credential.get() == "token-1"
    assert source.calls == 2  # not again within five seconds
    clock.advance(120)
    with pytest.raises(CredentialsUnavailable, match="token endpoint is down"):
        await credential.get()


async def test_after_a_failure_others_fail_at_once_and_it_is_tried_again_a_little_later(
    credential: CachedCredential[str], source: Source, clock: FakeClock
) -> None:
    source.failure = OSError("no route")
    for _ in range(3):
        with pytest.raises(CredentialsUnavailable, match="OSError: no route"):
            await credential.get()
    assert source.calls == 1
    source.failure = None
    clock.advance(5)
    assert await credential.get() == "token-2"


async def test_a_request_that_is_given_up_leaves_the_fetching_to_the_others(
    credential: CachedCredential[str], source: Source
) -> None:
    source.gate.clear()
    gone, stays = asyncio.ensure_future(credential.get()), asyncio.ensure_future(credential.get())
    await until(lambda: source.calls == 1)
    gone.cancel()
    await asyncio.wait((gone,))
    source.gate.set()
    assert await stays == "token-1"


async def test_one_that_is_handed_out_too_old_is_no_credential(
    credential: CachedCredential[str], source: Source
) -> None:
    source.lifetime_ms = 59_000
    with pytest.raises(CredentialsUnavailable, match="expired"):
        await credential.get()


async def test_a_credential_without_an_end_is_fetched_once(clock: FakeClock) -> None:
    calls: list[int] = []

    def load() -> Held[str]:
        calls.append(1)
        return Held("fixed")

    credential = CachedCredential("acme", load, clock)
    assert Held("fixed").expires_ms == NEVER_MS
    await credential.get()
    clock.advance(10 * 365 * 86_400)
    assert await credential.get() == "fixed"
    assert len(calls) == 1


async def test_the_log_says_why_once_and_tells_no_secret(credential: CachedCredential[str], source: Source) -> None:
    source.failure = ValueError("key ya29.a0AfH6SMB1234567890abcdef rejected")
    with capture_logs() as logs:
        for _ in range(2):
            with pytest.raises(CredentialsUnavailable):
                await credential.get()
    assert logs == [
        {
            "event": "no credential for a provider",
            "log_level": "warning",
            "provider": "acme",
            "why": "ValueError: key [redacted] rejected",
        }
    ]
