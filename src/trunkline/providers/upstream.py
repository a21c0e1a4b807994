"""The seam to upstreams: open, read, cancel. `transport.py` implements it over sockets, the Sandbox in the process."""

from collections.abc import Callable, Mapping
from math import inf
from typing import Literal, Protocol

from msgspec import Struct

FailureKind = Literal[
    "connect", "dns", "tls", "reset", "timeout_connect", "timeout_read", "timeout_total", "protocol", "credentials"
]


class UpstreamFailed(Exception):
    """The connection did not carry a whole answer. `kind` says how it failed, `detail` is for logs only."""

    def __init__(self, kind: FailureKind, detail: str) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind: FailureKind = kind
        self.detail = detail


class CredentialsUnavailable(UpstreamFailed):
    """A request could not be signed: no credential was to be had. `detail` names no secret."""

    def __init__(self, detail: str) -> None:
        super().__init__("credentials", detail)


class RequestSigner(Protocol):
    """What proves to a provider who asks, where no plain key does."""

    async def sign(self, request: "UpstreamRequest") -> "UpstreamRequest":
        """The request with what proves it. Waits only while a credential is fetched. Raises CredentialsUnavailable."""
        ...


class UpstreamRequest(Struct, frozen=True, kw_only=True):
    """One POST to a provider. `headers` are complete but for Host, Content-Length, Connection and Accept-Encoding."""

    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    connect_timeout_s: float
    read_timeout_s: float
    """Without any byte, SSE comments counting as bytes (routing 6)."""
    method: str = "POST"
    proxy_url: str | None = None
    signer: RequestSigner | None = None
    """Whose signature it still needs before it is sent."""

    def __repr__(self) -> str:
        """Without headers and body: there are secrets in both."""
        return f"UpstreamRequest({self.method} {self.url})"


Sink = Callable[[bytes], bool]
"""Takes bytes where they come in, in the event loop's own call: it must not raise. False: enough for now."""


class UpstreamResponse(Protocol):
    """An answer whose head has arrived."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case; of repeated headers the last."""

    async def read(self, wake_after_s: float | None = None, into: Sink | None = None) -> bytes | None:
        """The next bytes of the body as they came, `b""` at its proper end.

        While it waits, what comes may be handed to `into` at once and is not returned then; an implementation that has
        no use for it leaves it alone.
        None: `wake_after_s` passed without a byte (nothing is lost; call again), `wake()` was called, or `into` said
        that it is enough. Raises UpstreamFailed when the connection breaks before the body's end, or stays silent too
        long.
        """
        ...

    async def read_all(self, limit_bytes: int, deadline_s: float = inf) -> bytes:
        """The whole rest of the body.

        Raises UpstreamFailed, as "protocol" past `limit_bytes`, as "timeout_total" at `deadline_s` (loop time).
        """
        ...

    def wake(self) -> None:
        """Make a waiting `read` return None now (the client left, the server drains). Safe at any time."""
        ...

    def cancel(self) -> None:
        """Close the connection at once: the provider must notice that nobody listens. Idempotent."""
        ...


class Upstream(Protocol):
    """Something that answers requests of a provider."""

    async def open(self, request: UpstreamRequest) -> UpstreamResponse:
        """Send the request and wait for the head. Raises UpstreamFailed."""
        ...
