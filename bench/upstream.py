"""A fast fake provider: `python -m bench.upstream [CERTIFICATE KEY]` prints its port and answers until it is ended.

It must be far cheaper than what is measured: one asyncio protocol, everything it says was encoded before.
"""

import asyncio
import gc
import socket
import ssl
import sys
from typing import cast, get_args

import uvloop

from bench.answers import Stream, messages_frames, stream_frames, whole_answer
from bench.work import INTERVAL_S, NONCE_BYTES, NONCE_MARK, Behaviour

_LENGTH = b"content-length:"
_MODEL = b'"model":'
_WHOLE = whole_answer("whole")
_STREAMS = {name: (messages_frames if name == "translated" else stream_frames)(name) for name in get_args(Behaviour)}
_MESSAGES_PATH = b"POST /v1/messages "
_MESSAGES_MARKS = (b"\r\nanthropic-version: ", b'"max_tokens":')
"""What every request in Anthropic's format has beside its path; chat's may do without."""
_REFUSAL = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 12\r\n\r\nwrong format"


class Upstream(asyncio.Protocol):
    """One connection. Requests come one after the other, with Content-Length or chunked."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._pieces: list[bytes] = []
        self._missing: int | None = None
        """Bytes of the request that have not come; None: its head is not complete."""
        self._timer: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def data_received(self, data: bytes) -> None:
        self._pieces.append(data)
        if self._missing is None:
            data = b"".join(self._pieces)
            self._pieces = [data]
            head_end = data.find(b"\r\n\r\n")
            if head_end < 0:
                return
            self._missing = _body_length(data[:head_end]) - (len(data) - head_end - 4)
        else:
            self._missing -= len(data)
        if self._missing <= 0:
            request = b"".join(self._pieces)
            self._pieces, self._missing = [], None
            self._answer(request)

    def _answer(self, request: bytes) -> None:
        at = request.find(b'"', request.find(_MODEL) + len(_MODEL)) + 1
        model = request[at : request.find(b'"', at)].decode().rpartition("/")[2]
        at = request.find(NONCE_MARK) + len(NONCE_MARK)
        nonce = request[at : at + NONCE_BYTES]
        if model == "whole":
            before, after = _WHOLE
            self._transport.write(b"".join((before, nonce, after)))
            return
        if not _is_spoken_right(model, request):
            self._transport.write(_REFUSAL)
            return
        stream = _STREAMS[cast("Behaviour", model)]
        self._transport.write(b"".join((stream.before, nonce, stream.after)))
        if interval_s := INTERVAL_S[cast("Behaviour", model)]:
            self._timer = self._loop.call_later(interval_s, self._go_on, 0, stream, self._loop.time(), interval_s)
        else:
            self._loop.call_soon(self._burst, 0, stream)

    def _burst(self, index: int, stream: Stream) -> None:
        """One event in each turn of the loop: engines write every event by itself, however fast they are."""
        self._transport.write(stream.frames[index])
        index += 1
        if index == len(stream.frames):
            self._transport.write(stream.end)
        else:
            self._loop.call_soon(self._burst, index, stream)

    def _go_on(self, index: int, stream: Stream, began_s: float, interval_s: float) -> None:
        self._transport.write(stream.frames[index])
        index += 1
        if index == len(stream.frames):
            self._transport.write(stream.end)
        else:
            due_s = began_s + (index + 1) * interval_s
            self._timer = self._loop.call_at(due_s, self._go_on, index, stream, began_s, interval_s)


def _is_spoken_right(model: str, request: bytes) -> bool:
    """Whether the request is in the format of what will be answered."""
    if model != "translated":
        return not request.startswith(_MESSAGES_PATH)
    return request.startswith(_MESSAGES_PATH) and all(mark in request for mark in _MESSAGES_MARKS)


def _body_length(head: bytes) -> int:
    lowered = head.lower()
    at = lowered.find(_LENGTH)
    if at < 0:
        raise ValueError("a request without Content-Length")
    return int(lowered[at + len(_LENGTH) :].split(b"\r\n", 1)[0])


async def _serve(certificate_and_key: list[str]) -> None:
    tls = None
    if certificate_and_key:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(*certificate_and_key)
    loop = asyncio.get_running_loop()
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    await loop.create_server(lambda: Upstream(loop), sock=listener, backlog=4096, ssl=tls)
    print(listener.getsockname()[1], flush=True)
    gc.freeze()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(_serve(sys.argv[1:]))
