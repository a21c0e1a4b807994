"""HTTP by hand: the bytes that no client library sends, and what comes back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import msgspec

ANSWER_S_MAX = 20.0


@dataclass(frozen=True)
class RawAnswer:
    """One answer. Header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)

    @property
    def error(self) -> dict[str, Any]:
        """The error of the envelope, which must be one."""
        error = self.json["error"]
        assert error["code"] == self.status
        assert isinstance(error["message"], str) and error["message"]
        assert self.headers["content-type"] == "application/json"
        return error


@asynccontextmanager
async def connection(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A plain connection to the server under test."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def send_raw(port: int, *pieces: bytes, half_close: bool = False) -> RawAnswer | None:
    """The answer to these bytes; None when the connection was closed without one. TimeoutError: it hangs."""
    async with asyncio.timeout(ANSWER_S_MAX), connection(port) as (reader, writer):
        sending = asyncio.get_running_loop().create_task(_send(writer, pieces, half_close))
        try:
            return await read_answer(reader)
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)


async def _send(writer: asyncio.StreamWriter, pieces: tuple[bytes, ...], half_close: bool) -> None:
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
    if half_close:
        writer.write_eof()


async def read_answer(reader: asyncio.StreamReader, *, to_head: bool = False) -> RawAnswer | None:
    """The next answer of a connection; None at its end."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status_line, *lines = head.strip().split("\r\n")
        status = int(status_line.split(" ")[1])
        if status == 100:
            return await read_answer(reader, to_head=to_head)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        return RawAnswer(status, headers, b"" if to_head or status == 204 else await _read_body(reader, headers))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


async def _read_body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if "content-length" in headers:
        return await reader.readexactly(int(headers["content-length"]))
    if headers.get("transfer-encoding") != "chunked":
        return await reader.read()
    body = bytearray()
    while size := int(await reader.readline(), 16):
        body += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return bytes(body)


def post(
    path: str,
    body: bytes,
    *headers: str,
    key: str | None = None,
    length: int | None = None,
    version: str = "1.1",
    method: str = "POST",
) -> bytes:
    """A request with a body. `length` -1: no Content-Length."""
    lines = [f"{method} {path} HTTP/{version}", "Host: gateway", *headers]
    if key is not None:
        lines.append(f"Authorization: Bearer {key}")
    if length != -1:
        lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def get(target: str, *headers: str, key: str | None = None, method: str = "GET") -> bytes:
    """A request without a body."""
    lines = [f"{method} {target} HTTP/1.1", "Host: gateway", *headers]
    if key is not None:
        lines.append(f"Authorization: Bearer {key}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
