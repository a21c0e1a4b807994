"""What a generation request's headers say: the credential, the size, and which application sends it.

Attribution (inference.md 28, routing-and-catalog.md 23) never changes routing, cache keys or results, and a malformed
header is ignored. One pass over the headers, because it runs for every request.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct, structs

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
BETAS_MAX = 2048
"""Coding agents ask for a dozen flags."""
SESSION_ID_MAX = 256
ORIGIN_MAX = 255
"""Of what identifies an app; names in DNS are shorter."""

APPS_REMEMBERED = 1_024
"""Referers whose origin is kept parsed: the same few applications send nearly all requests."""

_BETA = re.compile(r"[A-Za-z0-9._-]{1,64}")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_READ = frozenset(
    {
        b"host",
        b"authorization",
        b"x-api-key",
        b"content-length",
        b"content-encoding",
        b"user-agent",
        b"http-referer",
        b"referer",
        b"x-openrouter-title",
        b"x-trunkline-title",
        b"x-title",
        b"x-openrouter-categories",
        b"x-trunkline-categories",
        b"x-session-id",
        b"content-type",
        b"x-openrouter-metadata",
        b"x-trunkline-metadata",
        b"x-anthropic-beta",
        b"anthropic-beta",
    }
)


class RequestHeaders(Struct, frozen=True):
    """The headers that the gateway reads. `content_length` is 0 when absent or no number."""

    authorization: bytes | None
    x_api_key: bytes | None
    content_length: int
    content_encoding: bytes | None
    caller: Caller
    host: bytes = b""
    """As it was called, with the port."""
    content_type: bytes = b""


def read_headers(headers: Iterable[tuple[bytes, bytes]], country_header: bytes = b"") -> RequestHeaders:
    """Read a request's raw headers, names in lower case. Of a repeated header the first counts.

    `country_header`: the one that the proxy in front writes (`server.country_header`), in lower case; empty: none does.
    """
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        if (name in _READ or name == country_header) and name not in found:
            found[name] = value
    length = found.get(b"content-length", b"")
    return RequestHeaders(
        found.get(b"authorization"),
        found.get(b"x-api-key"),
        int(length) if length.isdigit() and len(length) < 16 else 0,
        found.get(b"content-encoding"),
        attribution(found, country_header),
        found.get(b"host", b""),
        found.get(b"content-type", b""),
    )


def attribution(headers: dict[bytes, bytes], country_header: bytes = b"") -> Caller:
    """Who sends it, by its own word. Of several spellings of a header the newest wins."""
    get = headers.get
    referer = _text(get(b"http-referer") or get(b"referer"))
    title = _text(get(b"x-openrouter-title") or get(b"x-trunkline-title") or get(b"x-title"))
    categories = get(b"x-openrouter-categories") or get(b"x-trunkline-categories")
    metadata = get(b"x-openrouter-metadata") or get(b"x-trunkline-metadata")
    session_id = get(b"x-session-id")
    betas, native_betas = get(b"x-anthropic-beta"), get(b"anthropic-beta")
    if native_betas is not None:
        betas = native_betas if betas is None else betas + b"," + native_betas
    return Caller(
        user_agent=_text(get(b"user-agent")),
        http_referer=referer,
        app_title=title,
        app_categories=() if categories is None else known_categories(categories[:VALUE_MAX]),
        origin="" if referer is None else app_origin(referer, title),
        session_id=_text(session_id) if session_id is not None and len(session_id) <= SESSION_ID_MAX else None,
        country=_country(headers[country_header]) if country_header in headers else None,
        wants_metadata=metadata is not None and metadata.strip().lower() in (b"enabled", b"true", b"1"),
        anthropic_betas=() if betas is None else beta_flags(betas[:BETAS_MAX]),
    )


CHAT_TITLE: Final = "Chat"
CHAT_CATEGORIES: Final = ("general-chat",)


def chat_caller(caller: Caller, public_url: str) -> Caller:
    """The same for a request of this site's own chat, whatever its headers say (site.md CHAT-23).

    The title is part of the origin, as for loopback hosts: an application on the same host remains another one, and
    public lists of apps leave the chat out.
    """
    return structs.replace(
        caller,
        http_referer=f"{public_url}/chat",
        app_title=CHAT_TITLE,
        app_categories=CHAT_CATEGORIES,
        origin=f"{urlsplit(public_url).netloc}#{CHAT_TITLE}",
    )


@lru_cache(APPS_REMEMBERED)
def beta_flags(header: bytes) -> tuple[str, ...]:
    """The well-formed entries of a comma list, in order."""
    entries = (entry.strip() for entry in header.decode("latin-1").split(","))
    return tuple(dict.fromkeys(entry for entry in entries if _BETA.fullmatch(entry)))


@lru_cache(APPS_REMEMBERED)
def known_categories(header: bytes) -> tuple[str, ...]:
    """The first two known entries of a comma list; the unknown are dropped without a word."""
    entries = (entry.strip().lower() for entry in header.decode("latin-1").split(","))
    return tuple(dict.fromkeys(entry for entry in entries if entry in CATEGORIES))[:CATEGORIES_MAX]


@lru_cache(APPS_REMEMBERED)
def app_origin(referer: str, title: str | None) -> str:
    """An app's identity: lower-case host and port without `www.`; empty when the referer names no app.

    No longer than ORIGIN_MAX: a longer host names nobody, a longer title is cut.

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
        return f"{origin}#{title}"[:ORIGIN_MAX] if title is not None else ""
    return origin if len(origin) <= ORIGIN_MAX else ""


def header_name(setting: str | None) -> bytes:
    """A header that the operator named, as `read_headers` takes it."""
    return b"" if setting is None else setting.lower().encode("ascii")


def _country(value: bytes) -> str | None:
    """An ISO alpha-2 code; proxies say `XX` where they know none."""
    code = value.strip().upper()
    return code.decode("latin-1") if len(code) == 2 and code.isalpha() and code != b"XX" else None


def _text(value: bytes | None) -> str | None:
    if value is None:
        return None
    # Clients send UTF-8 although HTTP says Latin-1; NUL cannot be stored.
    return value[:VALUE_MAX].decode("utf-8", "replace").replace("\x00", "").strip() or None
