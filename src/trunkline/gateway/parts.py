"""A request that its upstream takes only in pieces: several calls, and one answer or one failure of all of them.

To the pipeline it is one attempt. A call that fails ends the others, and its refusal is that of the whole.
"""

import asyncio
from collections.abc import Mapping, Sequence
from math import inf

from msgspec.structs import replace

from trunkline.providers.upstream import Sink, Upstream, UpstreamFailed, UpstreamRequest, UpstreamResponse

AT_ONCE = 8
"""Calls of one request that are under way together."""
ANSWER_BYTES_MAX = 64 * 1024 * 1024
"""Of all answers together."""
REFUSAL_BYTES_MAX = 256 * 1024
_LENGTH_BYTES = 8


class _Refused(Exception):
    """A call was answered, and not with 200."""

    def __init__(self, response: "ReadResponse") -> None:
        super().__init__(response.status)
        self.response = response


class PartsUpstream:
    """Implements `Upstream` for one request: its body and `more_bodies`, each a call to the same address."""

    __slots__ = ("_deadline_s", "_left_bytes", "_more_bodies", "_upstream")

    def __init__(self, upstream: Upstream, more_bodies: Sequence[bytes], *, deadline_s: float) -> None:
        """`deadline_s` (loop time) is for all of them together."""
        self._upstream = upstream
        self._more_bodies = more_bodies
        self._deadline_s = deadline_s
        self._left_bytes = ANSWER_BYTES_MAX

    async def open(self, request: UpstreamRequest) -> "ReadResponse":
        """Make all calls. The answer's body is for `split_bodies`; a refusal is the first that came."""
        calls = [request, *(replace(request, body=body) for body in self._more_bodies)]
        try:
            async with asyncio.timeout_at(self._deadline_s):
                return ReadResponse(200, {}, _join_bodies(await self._call_all(calls)))
        except TimeoutError:
            raise UpstreamFailed("timeout_total", "the parts of a request took too long together") from None
        except _Refused as refused:
            return refused.response

    async def _call_all(self, calls: Sequence[UpstreamRequest]) -> list[bytes]:
        """The bodies of all answers. Raises what ended the first call that had none."""
        turns = asyncio.Semaphore(AT_ONCE)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._call(call, turns)) for call in calls]
        except ExceptionGroup as group_failed:
            raise group_failed.exceptions[0] from None
        return [task.result() for task in tasks]

    async def _call(self, request: UpstreamRequest, turns: asyncio.Semaphore) -> bytes:
        async with turns:
            response = await self._upstream.open(request)
            try:
                if response.status != 200:
                    body = await response.read_all(REFUSAL_BYTES_MAX)
                    raise _Refused(ReadResponse(response.status, response.headers, body))
                return await self._read(response)
            except BaseException:
                response.cancel()
                raise

    async def _read(self, response: UpstreamResponse) -> bytes:
        body = await response.read_all(self._left_bytes)
        self._left_bytes -= len(body)
        if self._left_bytes < 0:
            raise UpstreamFailed("protocol", f"the answers are longer than {ANSWER_BYTES_MAX} bytes")
        return body


class ReadResponse:
    """Implements `UpstreamResponse` of an answer that has been read to its end."""

    __slots__ = ("_body", "headers", "status")

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self._body = body

    async def read(self, wake_after_s: float | None = None, into: Sink | None = None) -> bytes | None:
        body, self._body = self._body, b""
        return body

    async def read_all(self, limit_bytes: int, deadline_s: float = inf) -> bytes:
        return await self.read() or b""

    def wake(self) -> None:
        """Nobody waits."""

    def cancel(self) -> None:
        """It is over."""


def _join_bodies(bodies: Sequence[bytes]) -> bytes:
    """Several bodies as one, each behind its length: whatever is in them, they come apart again."""
    return b"".join([piece for body in bodies for piece in (len(body).to_bytes(_LENGTH_BYTES), body)])


def split_bodies(data: bytes) -> list[bytes]:
    """The bodies of which a `PartsUpstream` made `data`."""
    bodies: list[bytes] = []
    start = 0
    while start < len(data):
        begin = start + _LENGTH_BYTES
        end = begin + int.from_bytes(data[start:begin])
        bodies.append(data[begin:end])
        start = end
    return bodies
