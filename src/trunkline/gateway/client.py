"""The client's side of the connection: an answer that commits late, stays awake, and notices when nobody listens.

ASGI in raw form: `send` and `receive` of the server, no framework between (architecture, "The hot path").
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

from msgspec import Struct

from trunkline.core.ready import Later, Ready
from trunkline.core.tasks import TaskSet

# The ASGI specification types its messages as mappings of anything: the border where `Any` is the truth.
Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]
RawHeaders = Sequence[tuple[bytes, bytes]]

_UNBUFFERED = ((b"cache-control", b"no-cache"), (b"x-accel-buffering", b"no"))


class Form(Struct, frozen=True):
    """What an answer that is sent piece by piece is made of."""

    headers: RawHeaders
    heartbeat: bytes
    """Says nothing, and shows that the connection lives. Empty: there is no such thing."""


_EVENT_HEADERS = ((b"content-type", b"text/event-stream"), *_UNBUFFERED)
PADDED_JSON = Form(((b"content-type", b"application/json"), *_UNBUFFERED), b"\n         \n")
"""White space before a late body (observed-openrouter-responses.md 1.1)."""


def events_form(heartbeat: bytes) -> Form:
    """Server-sent events, with the sign of life of the client's format."""
    return Form(_EVENT_HEADERS, heartbeat)


class ClientStream:
    """An answer that goes to the client piece by piece (inference.md 4.3).

    Headers are committed by the first `write`, or by the first heartbeat when the answer takes long; a failure before
    either is still a plain JSON error. One timer for the whole stream, re-armed only when it fires; nothing per chunk.
    """

    __slots__ = (
        "_beating",
        "_commit_s",
        "_form",
        "_handle",
        "_headers",
        "_heartbeat_s",
        "_is_direct",
        "_last_write_s",
        "_loop",
        "_on_commit",
        "_on_tick",
        "_send",
        "_stopped",
        "_tasks",
        "_writing",
        "committed",
        "provider",
    )

    def __init__(
        self,
        send: Send,
        headers: RawHeaders,
        tasks: TaskSet,
        form: Form,
        *,
        commit_s: float,
        heartbeat_s: float,
        on_commit: Callable[[], None],
        on_tick: Callable[[], None],
    ) -> None:
        self._send = send
        self._tasks = tasks
        self._form = form
        self._commit_s = commit_s
        self._heartbeat_s = heartbeat_s
        self._on_commit = on_commit
        self._on_tick = on_tick
        self._loop = asyncio.get_running_loop()
        self._last_write_s = self._loop.time()
        self._handle = self._loop.call_later(commit_s, self._tick)
        self._beating: asyncio.Task[None] | None = None
        self._stopped = False
        self._writing = False
        """The client is slow: a piece waits to be taken."""
        self._is_direct = False
        """The server writes at once when it is asked to, and need not be awaited for that (`core.ready`)."""
        self.committed = False
        self._headers = headers
        self.provider: str | None = None
        """Display name of who answers, told in a header when it is known by then."""

    async def write(self, data: bytes) -> None:
        """Send whole events; the first call sends the head before them."""
        if not self.committed:
            await self._commit()
        await self._sent(self._send({"type": "http.response.body", "body": data, "more_body": True}))

    def offer(self, data: bytes) -> Awaitable[None] | None:
        """The same without waiting. None: it is sent; else what must be awaited before anything else is written."""
        if not self._is_direct:
            return Later(self.write, data)
        sent = self._send({"type": "http.response.body", "body": data, "more_body": True})
        if not isinstance(sent, Ready):
            return Later(self._sent, sent)
        self._last_write_s = self._loop.time()
        return None

    async def _sent(self, sent: Awaitable[None]) -> None:
        self._writing = True
        await sent
        self._writing = False
        self._last_write_s = self._loop.time()

    async def finish(self, data: bytes) -> None:
        """Send the last events and end the body."""
        self.stop()
        if self._beating is not None and not self._beating.done():
            await asyncio.wait((self._beating,))  # it waits for a slow client, and nothing may follow the end
        if not self.committed:
            await self._commit()
        await self._send({"type": "http.response.body", "body": data, "more_body": False})

    def stop(self) -> None:
        """No heartbeat any more. Idempotent."""
        self._stopped = True
        self._handle.cancel()

    async def _commit(self) -> None:
        self.committed = True
        self._on_commit()
        headers = [*self._form.headers, *self._headers]
        if self.provider is not None:
            headers.append(provider_header(self.provider))
        sent = self._send({"type": "http.response.start", "status": 200, "headers": headers})
        self._is_direct = isinstance(sent, Ready)
        await sent

    def _tick(self) -> None:
        silent_s = self._loop.time() - self._last_write_s
        wait_s = self._heartbeat_s if self.committed else self._commit_s
        self._on_tick()
        if silent_s >= wait_s * 0.999:
            if self._beating is None or self._beating.done():
                self._beating = self._tasks.start(self._beat(), "heartbeat")
            wait_s = self._heartbeat_s
        else:
            wait_s -= silent_s
        self._handle = self._loop.call_later(wait_s, self._tick)

    async def _beat(self) -> None:
        """A sign of life, unless the answer has ended or a client that reads nothing still owes the last piece."""
        if self._form.heartbeat and not self._stopped and not self._writing:
            await self.write(self._form.heartbeat)


class DisconnectWatch:
    """Calls back once when the client of a stream leaves.

    A server that gives back a future needs no task for that; any other way of receiving needs one.
    """

    __slots__ = ("_on_gone", "_receive", "_waiting")

    def __init__(self, receive: Receive, on_gone: Callable[[], None]) -> None:
        self._receive = receive
        self._on_gone = on_gone
        self._waiting = self._watch()

    def _watch(self) -> "asyncio.Future[Message]":
        message = self._receive()
        if isinstance(message, asyncio.Future):
            waiting = message
        else:
            waiting = asyncio.get_running_loop().create_task(_received(message), name="disconnect-watch")
        waiting.add_done_callback(self._on_message)
        return waiting

    def _on_message(self, waiting: "asyncio.Future[Message]") -> None:
        if waiting.cancelled():
            return
        if waiting.result()["type"] == "http.disconnect":
            self._on_gone()
        else:
            self._waiting = self._watch()

    def stop(self) -> None:
        """The answer is over; what the client does now is no matter."""
        self._waiting.remove_done_callback(self._on_message)
        self._waiting.cancel()


async def _received(message: Awaitable[Message]) -> Message:
    return await message


async def send_whole(send: Send, status: int, headers: RawHeaders, body: bytes) -> None:
    """A complete JSON answer in two messages."""
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", b"application/json"),
                (b"content-length", b"%d" % len(body)),
                *headers,
            ],
        }
    )
    await send({"type": "http.response.body", "body": body, "more_body": False})


def provider_header(name: str) -> tuple[bytes, bytes]:
    """`X-Provider-Name` (inference.md 1.3)."""
    return b"x-provider-name", name.encode("latin-1", "replace")
