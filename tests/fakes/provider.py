"""A provider that does what the test says: a real server on a real socket, with every byte in the test's hand.

    async with FakeProvider() as provider:
        provider.then(status=429, retry_after=1).then(answer("Hi"))     # in order; see tests/fakes/replies.py
        provider.when(lambda request: request.json["model"] == "slow", stall_before_head())
        ... send requests to provider.url ...
        assert provider.requests[1].json["messages"] == [...]
        await provider.client_closed(0)                                  # the client of request 0 hung up

Without a script it answers like OpenAI, streaming when asked. Synchronous tests run it in a thread:

    with FakeProvider.in_thread() as provider: ...
"""

import asyncio
import socket
import ssl
import struct
import threading
from collections import deque
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Self, cast

import msgspec

from tests.fakes.openai_chat import Json
from tests.fakes.replies import Ending, Reply, body, failure, like_openai

Check = Callable[["RecordedRequest"], str | None]
"""Looks at a request; text is a complaint, answered with 400 and kept in `FakeProvider.complaints`."""


class RecordedRequest:
    """One request as it came. Header names are in lower case."""

    def __init__(self, method: str, path: str, headers: dict[str, str], content: bytes, raw_head: bytes) -> None:
        self.method = method
        self.path = path
        self.headers = headers
        self.body = content
        self.raw_head = raw_head
        self.closed = asyncio.Event()
        """Set when the connection of this request is gone."""
        self.answered = False
        """Whether the reply had been sent to its end."""
        self.connection_number = 0
        """Requests with equal numbers shared a connection."""

    @property
    def json(self) -> Json:
        """The body as a JSON object, `{}` if it is none."""
        try:
            return msgspec.json.decode(self.body, type=dict[str, object])
        except msgspec.MsgspecError:
            return {}


class FakeProvider:
    """A scriptable HTTP/1.1 server on a free loopback port."""

    def __init__(self, *, check: Check | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[RecordedRequest] = []
        self.complaints: list[str] = []
        self.connections = 0
        """How many were accepted so far."""
        self.bytes_sent = 0
        self.mistakes: list[BaseException] = []
        """What replies raised; `stop` raises the first."""
        self._check = check
        self._tls = tls
        self._script: deque[Reply] = deque()
        self._rules: list[tuple[Callable[[RecordedRequest], bool], Reply]] = []
        self._always: Reply = like_openai
        self._arrived = asyncio.Condition()
        self._open: set[_ServerConnection] = set()
        self._server: asyncio.Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.origin = ""
        """`http://127.0.0.1:<port>`."""

    @property
    def url(self) -> str:
        """The base URL to configure: origin and `/v1`."""
        return f"{self.origin}/v1"

    # The script

    def then(
        self,
        reply: Reply | None = None,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        body: object = None,
    ) -> Self:
        """The next request that no rule takes gets `reply`; `status` (with the rest) is short for `failure(…)`."""
        if reply is None:
            assert status is not None, "say what to reply: a reply or a status"
            reply = failure(status, retry_after=retry_after, content=body)
        self._script.append(reply)
        return self

    def when(self, matches: Callable[[RecordedRequest], bool], reply: Reply) -> Self:
        """Every request that `matches` gets `reply`; rules are asked before the script, in their order."""
        self._rules.append((matches, reply))
        return self

    def always(self, reply: Reply) -> Self:
        """What is done when rules and script are silent (default: answer like OpenAI)."""
        self._always = reply
        return self

    # What happened

    async def received(self, count: int) -> list[RecordedRequest]:
        """Wait until `count` requests have come."""
        async with self._arrived:
            await self._arrived.wait_for(lambda: len(self.requests) >= count)
        return self.requests

    async def client_closed(self, index: int) -> None:
        """Wait until the connection of request `index` is gone."""
        await self.received(index + 1)
        await self.requests[index].closed.wait()

    def drop_idle_connections(self) -> None:
        """Close (FIN) every connection on which no request is being answered."""
        for connection in tuple(self._open):
            connection.close_if_idle()

    async def refuse_for(self, seconds: float) -> None:
        """Nobody listens for a while: idle connections end, and new ones are refused by the machine itself."""
        assert self._server is not None
        port = self._server.sockets[0].getsockname()[1]
        self._server.close()
        self.drop_idle_connections()
        try:
            await asyncio.sleep(seconds)
        finally:
            await self.start(port)

    def set(self, event: asyncio.Event) -> None:
        """Set an event that a reply waits for, from another thread."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(event.set)

    # Running

    async def start(self, port: int = 0) -> Self:
        """Listen. `port` 0 takes a free one."""
        self._loop = asyncio.get_running_loop()
        self._server = await self._loop.create_server(
            lambda: _ServerConnection(self), "127.0.0.1", port, ssl=self._tls, family=socket.AF_INET
        )
        self.origin = f"{'https' if self._tls else 'http'}://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def stop(self) -> None:
        """Stop listening and break what is open."""
        assert self._server is not None
        self._server.close()
        for connection in tuple(self._open):
            connection.end("reset")
        while self._open:
            await asyncio.sleep(0)
        await self._server.wait_closed()
        if self.mistakes:
            raise self.mistakes[0]

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @classmethod
    @contextmanager
    def in_thread(cls, *, check: Check | None = None) -> Generator[Self, None, None]:
        """The same for synchronous code: the server runs in a loop of its own, in a thread."""
        ready: threading.Event = threading.Event()
        loop = asyncio.new_event_loop()
        provider = cls(check=check)

        async def begin() -> None:
            await provider.start()
            ready.set()

        def run() -> None:
            loop.run_until_complete(begin())
            loop.run_forever()

        thread = threading.Thread(target=run, name="fake-provider", daemon=True)
        thread.start()
        assert ready.wait(10)
        try:
            yield provider
        finally:
            asyncio.run_coroutine_threadsafe(provider.stop(), loop).result(10)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(10)
            loop.close()

    # For the connections

    async def take_up(self, request: RecordedRequest) -> Reply:
        """Record a request and decide what it gets."""
        self.requests.append(request)
        async with self._arrived:
            self._arrived.notify_all()
        if self._check is not None and (complaint := self._check(request)):
            self.complaints.append(complaint)
            return body({"error": {"message": complaint, "type": "invalid_request_error"}}, status=400)
        for matches, reply in self._rules:
            if matches(request):
                return reply
        return self._script.popleft() if self._script else self._always

    def opened(self, connection: "_ServerConnection") -> int:
        self._open.add(connection)
        self.connections += 1
        return self.connections

    def lost(self, connection: "_ServerConnection") -> None:
        self._open.discard(connection)


class _ServerConnection(asyncio.Protocol):
    """Reads requests, answers one after the other; implements `replies.Call` for the one at hand."""

    def __init__(self, provider: FakeProvider) -> None:
        self._provider = provider
        self._buffer = bytearray()
        self._request: RecordedRequest | None = None
        self._replying: asyncio.Task[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._bytewise = False
        self._ending: Ending = "keep"
        self._transport: asyncio.Transport | None = None
        self._number = 0

    # asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are no subclasses
        self._number = self._provider.opened(self)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._next_request()

    def connection_lost(self, exc: Exception | None) -> None:
        self._provider.lost(self)
        if self._request is not None:
            self._request.closed.set()
        if self._replying is not None:
            self._replying.cancel()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    # replies.Call

    @property
    def path(self) -> str:
        assert self._request is not None
        return self._request.path

    @property
    def json(self) -> Json:
        assert self._request is not None
        return self._request.json

    async def send(self, data: bytes) -> None:
        assert self._transport is not None
        pieces = [data[i : i + 1] for i in range(len(data))] if self._bytewise else [data]
        for piece in pieces:
            await self._writable.wait()
            self._transport.write(piece)
            self._provider.bytes_sent += len(piece)
            if self._bytewise:
                await asyncio.sleep(0)

    def slow_down(self) -> None:
        self._bytewise = True

    def end(self, ending: Ending) -> None:
        self._ending = ending
        transport = self._transport
        assert transport is not None
        if ending == "close":
            transport.close()
        elif ending == "reset":
            # No lingering: the kernel answers with RST instead of FIN.
            connection = transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()

    # Requests

    def close_if_idle(self) -> None:
        if self._replying is None:
            self.end("close")

    def _next_request(self) -> None:
        if self._replying is not None:
            return
        request = _parse_request(self._buffer)
        if request is None:
            return
        request.connection_number = self._number
        self._request = request
        self._replying = asyncio.get_running_loop().create_task(self._reply(request))
        self._replying.add_done_callback(self._replied)

    def _replied(self, task: asyncio.Task[None]) -> None:
        """A reply that fails is a mistake in the test: break the connection and say so when the provider stops."""
        if not task.cancelled() and (error := task.exception()) is not None:
            self._provider.mistakes.append(error)
            self.end("reset")

    async def _reply(self, request: RecordedRequest) -> None:
        reply = await self._provider.take_up(request)
        await reply(self)
        if self._ending == "hang":
            await asyncio.Event().wait()
        request.answered = True
        self._bytewise = False
        self._replying = None
        self._next_request()


def _parse_request(buffer: bytearray) -> RecordedRequest | None:
    """Take one complete request off the buffer, or None. Only bodies with Content-Length: ours always have it."""
    head_end = buffer.find(b"\r\n\r\n")
    if head_end < 0:
        return None
    raw_head = bytes(buffer[:head_end])
    request_line, *lines = raw_head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body_start = head_end + 4
    body_end = body_start + int(headers.get("content-length", "0"))
    if len(buffer) < body_end:
        return None
    content = bytes(buffer[body_start:body_end])
    del buffer[:body_end]
    method, path, _ = request_line.split(" ", 2)
    return RecordedRequest(method, path, headers, content, raw_head)
