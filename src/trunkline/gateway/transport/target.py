"""Where a request goes, read from its URL once."""

from functools import lru_cache
from urllib.parse import urlsplit

from msgspec import Struct

from trunkline.providers.upstream import UpstreamFailed

_DEFAULT_PORTS = {"http": 80, "https": 443}
_URLS_REMEMBERED = 1024


class Origin(Struct, frozen=True):
    """What connections are shared by: a request may use any connection to its own origin, and no other."""

    secure: bool
    host: str
    port: int
    proxy_url: str | None = None


class Target(Struct, frozen=True):
    """A URL taken apart. `path` is the request target with its query, `host_header` the value of Host."""

    origin: Origin
    path: str
    host_header: str


def read_target(url: str, proxy_url: str | None = None) -> Target:
    """Raises UpstreamFailed("protocol") for a URL that is not plain http(s) in visible ASCII."""
    if not url.isascii() or any(character <= " " or character == "\x7f" for character in url):
        raise UpstreamFailed("protocol", "the provider's URL holds spaces, control characters or non-ASCII text")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UpstreamFailed("protocol", f"the provider's URL is malformed: {error}") from error
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise UpstreamFailed("protocol", "the provider's URL must begin with http:// or https:// and name a host")
    if parts.username is not None:
        raise UpstreamFailed("protocol", "the provider's URL holds a user name; send credentials as a header")
    default_port = _DEFAULT_PORTS[parts.scheme]
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return Target(
        origin=Origin(parts.scheme == "https", parts.hostname, port or default_port, proxy_url),
        path=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
        host_header=host if port in (None, default_port) else f"{host}:{port}",
    )


parse_target = lru_cache(maxsize=_URLS_REMEMBERED)(read_target)
"""The same for addresses of providers, which are few and come back."""
