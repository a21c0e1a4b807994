"""A load generator that reads every answer to its end and checks it: status, framing, number, text, end marker."""

import asyncio
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from itertools import count
from time import perf_counter
from typing import cast

from msgspec import Struct

from bench.work import CHUNK_TEXT, CHUNKS, NONCE_BYTES, NONCE_MARK, WHOLE_TEXT, Work

_CLIENT_HEADERS = (
    "accept: application/json\r\ncontent-type: application/json\r\nuser-agent: OpenAI/Python 1.99.0\r\n"
    "x-stainless-lang: python\r\nx-stainless-package-version: 1.99.0\r\nx-stainless-os: Linux\r\n"
    "x-stainless-arch: x64\r\nx-stainless-runtime: CPython\r\nx-stainless-runtime-version: 3.11.9\r\n"
    "x-stainless-async: false\r\nx-stainless-retry-count: 0\r\naccept-encoding: identity\r\n"
)
_GOOD = b"HTTP/1.1 200 "
_TIMEOUT_S = 300.0


class WrongAnswer(Exception):
    """What came back is not what the upstream said."""


class Sample(Struct):
    """What one run showed. Times in seconds; latencies of each answer, first bytes of each stream."""

    requests: int
    elapsed_s: float
    latencies_s: list[float]
    first_s: list[float]


class Target(Struct, frozen=True):
    """Where to send: `path` with the API's root, `key` as bearer token."""

    port: int
    path: str
    key: str

    def head(self, body_bytes: int) -> bytes:
        text = (
            f"POST {self.path} HTTP/1.1\r\nhost: 127.0.0.1:{self.port}\r\nauthorization: Bearer {self.key}\r\n"
            f"{_CLIENT_HEADERS}content-length: {body_bytes}\r\n\r\n"
        )
        return text.encode()


class Client(asyncio.Protocol):
    """One connection: `ask`, and `done(self)` is called when the answer is complete and right."""

    def __init__(self, loop: asyncio.AbstractEventLoop, work: Work, head: bytes, run: "Run") -> None:
        self._loop = loop
        self._work = work
        self._head = head
        self._run = run
        self._pieces: list[bytes] = []
        self._size = 0
        self._end: int | None = None
        self._nonce = b""
        self._transport: asyncio.Transport
        self.asked_s = 0.0
        """When the request was due (not: when it could be sent)."""
        self.first_s: float | None = None
        self.busy = False
        self.requests = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.busy:
            self._run.failed(WrongAnswer(f"the connection broke: {exc}"))

    def close(self) -> None:
        self.busy = False
        self._transport.abort()

    def ask(self, due_s: float) -> None:
        self._nonce = b"%010d" % next(self._run.nonces)
        self._pieces.clear()
        self._size, self._end, self.first_s = 0, None, None
        self.asked_s = due_s
        self.busy = True
        self.requests += 1
        self._transport.write(self._head + self._work.body(self._nonce))

    def data_received(self, data: bytes) -> None:
        if not self._pieces and not data.startswith(_GOOD):
            self._run.failed(WrongAnswer(data[:600].decode("latin-1")))
        self._pieces.append(data)
        self._size += len(data)
        if self.first_s is None and (not self._work.streamed or b"data: " in data):
            self.first_s = perf_counter()
            self._run.began()
        if not self._work.streamed:
            if self._end is None:
                self._end = _end_of_whole(self._pieces)
            if self._end is None or self._size < self._end:
                return
        elif not data.endswith(b"0\r\n\r\n") and not b"".join(self._pieces[-2:]).endswith(b"0\r\n\r\n"):
            return
        self.busy = False
        try:
            _check(self._work, b"".join(self._pieces), self._nonce)
        except WrongAnswer as error:
            self._run.failed(error)
        else:
            self._run.answered(self)


def _end_of_whole(pieces: list[bytes]) -> int | None:
    data = b"".join(pieces)
    head_end = data.find(b"\r\n\r\n")
    if head_end < 0:
        return None
    at = data.lower().find(b"content-length:", 0, head_end)
    if at < 0:
        raise WrongAnswer(f"no length: {data[:300]!r}")
    return head_end + 4 + int(data[at + 15 : data.find(b"\r\n", at)])


def _check(work: Work, data: bytes, nonce: bytes) -> None:
    _, _, body = data.partition(b"\r\n\r\n")
    if work.streamed:
        body = _unchunked(body)
        if body.count(CHUNK_TEXT.encode()) != CHUNKS - 1 or not body.endswith(b"data: [DONE]\n\n"):
            raise WrongAnswer(f"an incomplete stream: …{body[-300:]!r}")
    elif WHOLE_TEXT.encode() not in body:
        raise WrongAnswer(f"not the answer: {body[:300]!r}")
    at = body.find(NONCE_MARK) + len(NONCE_MARK)
    if body[at : at + NONCE_BYTES] != nonce:
        raise WrongAnswer(f"someone else's answer: {body[:300]!r}")


def _unchunked(data: bytes) -> bytes:
    pieces: list[bytes] = []
    at = 0
    while True:
        line_end = data.index(b"\r\n", at)
        size = int(data[at:line_end], 16)
        if size == 0:
            return b"".join(pieces)
        at = line_end + 2 + size + 2
        pieces.append(data[line_end + 2 : at - 2])


class Run:
    """Many connections at one target; counts, and ends at the first wrong answer."""

    def __init__(self, on_answer: Callable[["Run", Client], None], requests: int, nonces: Iterator[int]) -> None:
        self._loop = asyncio.get_running_loop()
        self._on_answer = on_answer
        self.requests = requests
        self.left_to_ask = requests
        self.nonces = nonces
        self.latencies_s: list[float] = []
        self.first_s: list[float] = []
        self.streams_begun = 0
        self.over: asyncio.Future[None] = self._loop.create_future()

    def began(self) -> None:
        self.streams_begun += 1

    def answered(self, client: Client) -> None:
        self.latencies_s.append(perf_counter() - client.asked_s)
        assert client.first_s is not None
        self.first_s.append(client.first_s - client.asked_s)
        if len(self.latencies_s) == self.requests and not self.over.done():
            self.over.set_result(None)
        self._on_answer(self, client)

    def failed(self, error: WrongAnswer) -> None:
        if not self.over.done():
            self.over.set_exception(error)


_nonces = count(1)


async def _connect(target: Target, work: Work, run: Run, number: int) -> list[Client]:
    loop = asyncio.get_running_loop()
    head = target.head(len(work.body(b"0" * NONCE_BYTES)))
    clients: list[Client] = []
    for _ in range(number):
        _, client = await loop.create_connection(lambda: Client(loop, work, head, run), "127.0.0.1", target.port)
        clients.append(client)
    return clients


@contextmanager
def _closing(clients: list[Client]) -> Generator[None]:
    try:
        yield
    finally:
        for client in clients:
            client.close()


async def closed_loop(target: Target, work: Work, requests: int, concurrency: int) -> Sample:
    """`concurrency` clients, each of which asks again as soon as it is answered. Raises WrongAnswer."""

    def ask_again(run: Run, client: Client) -> None:
        if run.left_to_ask > 0:
            run.left_to_ask -= 1
            client.ask(perf_counter())

    run = Run(ask_again, requests, _nonces)
    clients = await _connect(target, work, run, min(concurrency, requests))
    with _closing(clients):
        began_s = perf_counter()
        for client in clients:
            ask_again(run, client)
            if work.spread_s:  # streams of equal length that begin together would begin together for ever
                await asyncio.sleep(work.spread_s / len(clients))
        await asyncio.wait_for(run.over, _TIMEOUT_S)
        return Sample(requests, perf_counter() - began_s, run.latencies_s, run.first_s)


async def open_loop(target: Target, work: Work, requests: int, per_second: float) -> Sample:
    """Requests at fixed times whatever becomes of the others; latencies count from when each was due."""
    free: list[Client] = []
    run = Run(lambda _, client: free.append(client), requests, _nonces)
    clients = await _connect(target, work, run, 64)
    free.extend(clients)
    with _closing(clients):
        began_s = perf_counter()
        asked = 0
        while asked < requests and not run.over.done():
            due_s = began_s + asked / per_second
            if (wait_s := due_s - perf_counter()) > 0:
                await asyncio.sleep(wait_s)
                continue
            if not free:
                free.extend(await _connect(target, work, run, 1))
                clients.append(free[-1])
            free.pop().ask(due_s)
            asked += 1
        await asyncio.wait_for(run.over, _TIMEOUT_S)
        return Sample(requests, perf_counter() - began_s, run.latencies_s, run.first_s)


class HeldStreams:
    """Streams that stay open: `async with HeldStreams(target, work, 1000):` — inside, all have begun."""

    def __init__(self, target: Target, work: Work, streams: int) -> None:
        self._target = target
        self._work = work
        self._streams = streams
        self._clients: list[Client] = []

    async def __aenter__(self) -> "HeldStreams":
        self._run = Run(lambda run, client: None, self._streams + 1, _nonces)
        self._clients = await _connect(self._target, self._work, self._run, self._streams)
        for number, client in enumerate(self._clients):
            client.ask(perf_counter())
            if number % 20 == 19:
                await asyncio.sleep(0.01)  # spread over time, as callers are
        async with asyncio.timeout(60):
            while self._run.streams_begun < self._streams:
                if self._run.over.done():
                    self._run.over.result()
                await asyncio.sleep(0.05)
        return self

    async def __aexit__(self, *_: object) -> None:
        for client in self._clients:
            client.close()
