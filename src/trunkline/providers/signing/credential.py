"""A credential that lapses: kept, renewed before it does, and asked for once however many requests wait for it.

Vendors' libraries block, so they are called in a thread; a request that finds a good credential waits for nothing.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Final, Generic, TypeVar

import structlog
from msgspec import Struct

from trunkline.core.clock import Clock
from trunkline.protocols.faults.redaction import redact
from trunkline.providers.upstream import CredentialsUnavailable

T = TypeVar("T")

NEVER_MS: Final = 1 << 62
EXPIRES_EARLY_MS: Final = 60_000
"""Nobody is sent a credential that may lapse on the way."""
RENEW_BEFORE_MS: Final = 3 * 60_000
"""From here on a new one is fetched beside the requests, which still use the old one. Not earlier: Google's metadata
server hands out the same token until four minutes before its end."""
WAIT_S_MAX: Final = 15.0
FAILURE_KEPT_S: Final = 5.0
"""After a failure others fail at once, instead of asking again each by each."""
_DETAIL_CHARS_MAX: Final = 400

_log = structlog.get_logger("trunkline.providers.signing")


class Held(Struct, Generic[T], frozen=True):
    """A credential as it was loaded. `expires_ms` is Unix time."""

    value: T
    expires_ms: int = NEVER_MS

    def __repr__(self) -> str:
        return f"Held(expires_ms={self.expires_ms})"


class CachedCredential(Generic[T]):
    """One credential of one provider. Used from one event loop only.

    `load` is called in a thread of its own, never two at a time; whatever it raises means that there is none.
    """

    __slots__ = ("_clock", "_failed_s", "_failure", "_held", "_load", "_loading", "_name")

    def __init__(self, name: str, load: Callable[[], Held[T]], clock: Clock) -> None:
        self._name = name
        self._load = load
        self._clock = clock
        self._held: Held[T] | None = None
        self._loading: asyncio.Future[None] | None = None
        self._failure: str | None = None
        self._failed_s = 0.0

    async def get(self) -> T:
        """The credential, good for a minute at least. Raises CredentialsUnavailable."""
        held = self._usable()
        if held is None:
            return await self._wait()
        if held.expires_ms - RENEW_BEFORE_MS <= self._clock.now_ms() and not self._failed_lately():
            self._begin()
        return held.value

    def _usable(self) -> Held[T] | None:
        held = self._held
        return held if held is not None and held.expires_ms - EXPIRES_EARLY_MS > self._clock.now_ms() else None

    async def _wait(self) -> T:
        if not self._failed_lately():
            try:
                async with asyncio.timeout(WAIT_S_MAX):
                    await asyncio.shield(self._begin())
            except TimeoutError:
                raise CredentialsUnavailable(f"no answer within {WAIT_S_MAX:g} s") from None
        held = self._usable()
        if held is None:
            raise CredentialsUnavailable(self._failure or "what was handed out has expired")
        return held.value

    def _failed_lately(self) -> bool:
        return self._failure is not None and self._clock.monotonic_s() - self._failed_s < FAILURE_KEPT_S

    def _begin(self) -> asyncio.Future[None]:
        """The load that runs; a new one where none does. A daemon thread: it must not hold up a shutdown."""
        if self._loading is None:
            loop = asyncio.get_running_loop()
            self._loading = loop.create_future()
            name = f"credential-{self._name}"
            threading.Thread(target=self._load_in_thread, args=(loop,), name=name, daemon=True).start()
        return self._loading

    def _load_in_thread(self, loop: asyncio.AbstractEventLoop) -> None:
        outcome: Held[T] | str
        try:
            outcome = self._load()
        except CredentialsUnavailable as failure:
            outcome = failure.detail
        except Exception as error:  # noqa: BLE001 -- a thread's boundary: whoever waits must hear of it
            outcome = f"{type(error).__name__}: {redact(str(error))[:_DETAIL_CHARS_MAX]}"
        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(self._loaded, outcome)

    def _loaded(self, outcome: Held[T] | str) -> None:
        loading, self._loading = self._loading, None
        if isinstance(outcome, str):
            self._failure, self._failed_s = outcome, self._clock.monotonic_s()
            _log.warning("no credential for a provider", provider=self._name, why=outcome)
        else:
            self._held, self._failure = outcome, None
        if loading is not None and not loading.done():
            loading.set_result(None)
