"""HTTP proxies: every provider is reached through a CONNECT tunnel, so a proxy never sees a key under TLS."""

import base64
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from trunkline.gateway.transport.connection import Connection
from trunkline.gateway.transport.wire import ResponseReader, request_head
from trunkline.providers.upstream import UpstreamFailed


class Proxy(Struct, frozen=True):
    """A `proxy_url` taken apart. `authorization` is secret."""

    host: str
    port: int
    authorization: str | None


def parse_proxy(url: str) -> Proxy:
    """`http://[user:password@]host[:port]`. Raises UpstreamFailed("protocol")."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UpstreamFailed("protocol", "proxy_url is malformed") from error
    if parts.scheme != "http" or not parts.hostname:
        raise UpstreamFailed("protocol", "proxy_url must be http://host:port (the tunnel inside it is encrypted)")
    authorization = None
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        authorization = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return Proxy(parts.hostname, port or 80, authorization)


async def open_tunnel(connection: Connection, host: str, port: int, authorization: str | None) -> None:
    """Ask the proxy behind `connection` for a tunnel. The caller bounds the time.

    Raises UpstreamFailed("connect") when the proxy refuses, and as reading an answer does.
    """
    authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    headers = () if authorization is None else (("proxy-authorization", authorization),)
    reader = ResponseReader(bodiless=True)
    connection.begin(reader)
    connection.write(request_head("CONNECT", authority, authority, headers, None))
    while not reader.complete:
        connection.raise_if_broken()
        await connection.news()
    if not 200 <= reader.status < 300:
        raise UpstreamFailed("connect", f"the proxy refused the tunnel with status {reader.status}")
