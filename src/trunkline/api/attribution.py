"""What a generation request's headers say: the credential, the size, and which application sends it.

Attribution (inference.md 28, routing-and-catalog.md 23) never changes routing, cache keys or results, and a malformed
header is ignored. One pass over the headers, because it runs for every request.
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

from msgspec import Struct

from trunkline.gateway.exchange import Caller

CATEGORIES = frozenset(
    {
        "cli-agent",
        "ide-extension",
        "cloud-agent",
        "programming-app",
        "native-app-builder",
        "creative-writing",
        "video-gen",
        "image-gen",
        "audio-gen",
        "writing-assistant",
        "general-chat",
        "personal-agent",
        "legal",
        "roleplay",
        "game",
    }
)
CATEGORIES_MAX = 2
"""Kept of one request: the first that are known."""
VALUE_MAX = 512
"""Characters kept of a header: a record is no place for a novel."""
SESSION_ID_MAX = 256

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
# Ours, the original's newer and older spelling; the first that is there wins.
_TITLES = (b"x-openrouter-title", b"x-trunkline-title", b"x-title")
_CATEGORY_HEADERS = (b"x-openrouter-categories", b"x-trunkline-categories")
_SESSION_HEADERS = (b"x-session-id", b"x-openrouter-session-id")
_METADATA_HEADERS = (b"x-openrouter-metadata", b"x-trunkline-metadata")
_READ = frozenset(
    {
        b"authorization",
        b"x-api-key",
        b"content-length",
        b"user-agent",
        b"http-referer",
        b"referer",
        *_TITLES,
        *_CATEGORY_HEADERS,
        *_SESSION_HEADERS,
        *_METADATA_HEADERS,
    }
)


class RequestHeaders(Struct, frozen=True):
    """The headers that the gateway reads. `content_length` is 0 when absent or no number."""

    authorization: bytes | None
    x_api_key: bytes | None
    content_length: int
    caller: Caller


def read_headers(headers: Iterable[tuple[bytes, bytes]]) -> RequestHeaders:
    """Read a request's raw headers, names in lower case. Of a repeated header the first counts."""
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        if name in _READ and name not in found:
            found[name] = value
    length = found.get(b"content-length", b"")
    return RequestHeaders(
        found.get(b"authorization"),
        found.get(b"x-api-key"),
        int(length) if length.isdigit() and len(length) < 16 else 0,
        attribution(found),
    )


def attribution(headers: dict[bytes, bytes]) -> Caller:
    """Who sends it, by its own word."""
    title = _text(headers, _TITLES)
    referer = _text(headers, (b"http-referer", b"referer"))
    categories = _first(headers, _CATEGORY_HEADERS)
    metadata = _first(headers, _METADATA_HEADERS)
    session_id = _text(headers, _SESSION_HEADERS)
    return Caller(
        user_agent=_text(headers, (b"user-agent",)),
        http_referer=referer,
        app_title=title,
        app_categories=() if categories is None else known_categories(categories.decode("latin-1")),
        origin="" if referer is None else app_origin(referer, title),
        session_id=session_id if session_id is not None and len(session_id) <= SESSION_ID_MAX else None,
        wants_metadata=metadata is not None and metadata.strip().lower() in (b"enabled", b"true", b"1"),
    )


def known_categories(header: str) -> tuple[str, ...]:
    """The first two known entries of a comma list; the unknown are dropped without a word."""
    entries = (entry.strip().lower() for entry in header[:VALUE_MAX].split(","))
    return tuple(dict.fromkeys(entry for entry in entries if entry in CATEGORIES))[:CATEGORIES_MAX]


def app_origin(referer: str, title: str | None) -> str:
    """An app's identity: lower-case host and port without `www.`; empty when the referer names no app.

    A loopback origin counts only together with a title, which then is part of the identity.
    """
    try:
        parts = urlsplit(referer if "//" in referer else f"//{referer}")
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if not host:
        return ""
    origin = host.removeprefix("www.") + (f":{port}" if port is not None else "")
    if host in _LOOPBACK:
        return f"{origin}#{title}" if title is not None else ""
    return origin


def _first(headers: dict[bytes, bytes], names: tuple[bytes, ...]) -> bytes | None:
    return next((headers[name] for name in names if name in headers), None)


def _text(headers: dict[bytes, bytes], names: tuple[bytes, ...]) -> str | None:
    value = _first(headers, names)
    if value is None:
        return None
    # Clients send UTF-8 although HTTP says Latin-1; NUL cannot be stored.
    text = value[:VALUE_MAX].decode("utf-8", "replace").replace("\x00", "").strip()
    return text or None
