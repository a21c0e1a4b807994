"""What a request's head says, for the application and for a parser that must read it again."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import cast
from urllib.parse import unquote

import httptools
from starlette.types import Scope

Headers = list[tuple[bytes, bytes]]
Address = tuple[str, int]

_ASGI = {"version": "3.0", "spec_version": "2.4"}
_ABOUT_UPGRADES = (b"upgrade", b"http2-settings", b"connection")


def scope_of(method: bytes, url: bytes, version: str, headers: Headers, ends: Mapping[str, Address | None]) -> Scope:
    """The request as ASGI describes it. Raises UnicodeDecodeError and httptools' errors for a target that is none."""
    parsed = httptools.parse_url(url)
    path = parsed.path.decode("ascii")
    return {
        "type": "http",
        "asgi": _ASGI,
        "http_version": version,
        "scheme": "http",
        "method": method.decode("ascii"),
        "path": unquote(path) if "%" in path else path,
        "raw_path": parsed.path,
        "query_string": parsed.query or b"",
        "root_path": "",
        "headers": headers,
        **ends,
    }


def ends_of(transport: asyncio.BaseTransport) -> dict[str, Address | None]:
    """Both ends of a connection, as a scope names them."""
    return {"client": _address(transport, "peername"), "server": _address(transport, "sockname")}


def without_upgrade(
    method: bytes, url: bytes, version: str, headers: Iterable[tuple[bytes, bytes]], *, keep_alive: bool
) -> bytes:
    """The bytes of a head but for what is about another protocol."""
    lines = [b"%b %b HTTP/%b" % (method, url, version.encode("ascii"))]
    lines += [b"%b: %b" % header for header in headers if header[0] not in _ABOUT_UPGRADES]
    if not keep_alive:
        lines.append(b"connection: close")
    return b"\r\n".join(lines) + b"\r\n\r\n"


def _address(transport: asyncio.BaseTransport, name: str) -> Address | None:
    """Host and port of one end; None where it has none (a Unix socket)."""
    address: object = transport.get_extra_info(name)
    if not isinstance(address, tuple):
        return None
    host, port = cast("Address", address)[:2]
    return host, port
