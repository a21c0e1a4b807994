"""One GET of a caller's URL: guarded, bounded, anonymous. Connections are not kept: nothing is shared with others."""

import ssl
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from functools import cached_property
from typing import Final
from urllib.parse import urljoin

from msgspec import Struct

from trunkline import __version__
from trunkline.gateway.fetch_guard import AddressGuard, GuardedResolver, LookupThreads, target_of_url
from trunkline.gateway.transport.dialer import Dialer
from trunkline.gateway.transport.resolver import Lookup
from trunkline.gateway.transport.response import SocketResponse
from trunkline.gateway.transport.target import Target
from trunkline.gateway.transport.tls import client_context
from trunkline.gateway.transport.wire import ResponseReader, request_head
from trunkline.protocols.remote_media import FetchedMedia
from trunkline.providers.upstream import FailureKind, UpstreamFailed

REDIRECTS_MAX: Final = 3
MIB: Final = 1024 * 1024
_SILENCE_S_MAX: Final = 10.0
"""Of a host that is connected to, or read from."""
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_HEADERS: Final = (("accept", "*/*"), ("user-agent", f"Trunkline/{__version__}"))
_REASONS: Final[Mapping[FailureKind, str]] = {
    "dns": "its host has no address that this gateway may connect to (public, or in `fetching.allow_networks`)",
    "connect": "its host does not accept connections",
    "tls": "its host has no valid TLS certificate",
    "protocol": "its host does not answer in proper HTTP",
}
_BROKEN: Final = "the connection to its host broke"


class FetchFailed(Exception):
    """There is no content. `reason` is for the caller, and says nothing of where the gateway stands."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Fetched(Struct, frozen=True):
    """What came. `content_type` is the header's, without parameters and in lower case; `url` where it was in the
    end."""

    url: str
    content_type: str
    body: bytes


class FetchClient:
    """Fetches from addresses that the guard permits. One per process; `close` it."""

    def __init__(self, guard: AddressGuard, *, lookup: Lookup | None = None, tls: ssl.SSLContext | None = None) -> None:
        self._threads = LookupThreads()
        self._dialer = Dialer(GuardedResolver(guard, lookup or self._threads), lambda: self._tls)
        self._given_tls = tls

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return self._given_tls or client_context()

    def close(self) -> None:
        """Let go of what was opened for looking up names."""
        self._threads.close()

    async def get(self, url: str, limit_bytes: int, budget: FetchedMedia) -> Fetched:
        """The content behind `url`, of at most `limit_bytes` and of what `budget` has left. Raises FetchFailed.

        The caller bounds the time of the whole.
        """
        try:
            return await self._follow(url, limit_bytes, budget)
        except UpstreamFailed as failure:
            raise FetchFailed(reason_of(failure)) from None

    async def post(self, url: str, headers: tuple[tuple[str, str], ...], body: bytes) -> int:
        """Tell a caller's address something, without following it anywhere else: the status of its answer.

        Raises FetchFailed. The caller bounds the time of the whole.
        """
        target = target_of_url(url)
        if target is None or not url.lower().startswith("https://"):
            raise FetchFailed("it is no plain https URL")
        try:
            async with self._opened(target, headers, body) as response:
                return response.status
        except UpstreamFailed as failure:
            raise FetchFailed(reason_of(failure)) from None

    @asynccontextmanager
    async def open(
        self, url: str, headers: tuple[tuple[str, str], ...], redirects_max: int = REDIRECTS_MAX
    ) -> AsyncGenerator[SocketResponse]:
        """The answer of an address, redirects followed with the same headers; to be read while it is open.

        Raises FetchFailed, and UpstreamFailed while it is read.
        """
        for _ in range(redirects_max + 1):
            target = target_of_url(url)
            if target is None:
                break
            async with self._opened(target, (*_HEADERS, *headers)) as response:
                if response.status in _REDIRECTS and (location := response.headers.get("location")):
                    url = _joined(url, location)
                    continue
                yield response
                return
        raise FetchFailed("it leads nowhere")

    async def _follow(self, url: str, limit_bytes: int, budget: FetchedMedia) -> Fetched:
        for _ in range(REDIRECTS_MAX + 1):
            target = target_of_url(url)
            if target is None:
                raise FetchFailed("it is no plain http(s) URL without a user name, or leads to one that is none")
            async with self._opened(target) as response:
                if response.status in _REDIRECTS and (location := response.headers.get("location")):
                    url = _joined(url, location)
                    continue
                if response.status != 200:
                    raise FetchFailed(f"its host answered with status {response.status}")
                content_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
                return Fetched(url, content_type, await _read(response, limit_bytes, budget))
        raise FetchFailed(f"it redirects more than {REDIRECTS_MAX} times")

    @asynccontextmanager
    async def _opened(
        self, target: Target, headers: tuple[tuple[str, str], ...] = _HEADERS, body: bytes | None = None
    ) -> AsyncGenerator[SocketResponse]:
        connection = await self._dialer.dial(target.origin, _SILENCE_S_MAX)
        try:
            response = SocketResponse(connection, ResponseReader(), _SILENCE_S_MAX)
            method, size = ("GET", None) if body is None else ("POST", len(body))
            await response.exchange(request_head(method, target.path, target.host_header, headers, size), body or b"")
            try:
                yield response
            finally:
                response.cancel()
        finally:
            connection.abort()


def reason_of(failure: UpstreamFailed) -> str:
    """Why nothing came, in words for whoever named the address."""
    return _REASONS.get(failure.kind, _BROKEN)


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        raise FetchFailed("it redirects to something that is no URL") from None


async def _read(response: SocketResponse, limit_bytes: int, budget: FetchedMedia) -> bytes:
    length = response.headers.get("content-length", "")
    if length.isdecimal() and int(length) > limit_bytes:
        raise _too_large(limit_bytes)
    parts: list[bytes] = []
    size = 0
    while data := await response.read():
        size += len(data)
        budget.left_bytes -= len(data)
        if size > limit_bytes:
            raise _too_large(limit_bytes)
        if budget.left_bytes < 0:
            raise FetchFailed("together with the request's other media it is too large")
        parts.append(data)
    return b"".join(parts)


def _too_large(limit_bytes: int) -> FetchFailed:
    return FetchFailed(f"it is larger than {limit_bytes // MIB} MiB")
