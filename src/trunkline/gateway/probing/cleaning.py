"""Traffic made fit to be kept and shown: no key, no account, no address, and still the JSON that it was.

The patterns are those of `protocols.chat.redaction`. They are applied to the strings inside JSON, so that nothing
else of it changes; what holds nothing to remove stays byte for byte.
"""

from collections.abc import Collection

import msgspec

from trunkline.core import json
from trunkline.core.json import JsonValue
from trunkline.gateway.probing.picture import PICTURE_BASE64, PICTURE_URL
from trunkline.protocols.faults.redaction import REDACTED, redact_whole
from trunkline.providers.upstream import UpstreamRequest

_HEADERS_KEPT = ("content-type", "accept", "retry-after", "ratelimit", "version", "beta")
"""Parts of the names of headers that say nothing of who asks."""
_HEADERS_PLAIN = frozenset({"content-type", "accept", "user-agent"})
_SECRET_CHARS_MIN = 6
"""Anything shorter is no secret, and replacing it would tear words apart."""
_OURS = frozenset({PICTURE_URL, PICTURE_BASE64})


def secrets_of(request: UpstreamRequest) -> frozenset[str]:
    """The values of all headers that may identify somebody, also without their scheme (`Bearer`)."""
    values = [value for name, value in request.headers if name not in _HEADERS_PLAIN and not _is_kept(name)]
    words = {word for value in values for word in (value, value.rpartition(" ")[2])}
    return frozenset(word for word in words if len(word) >= _SECRET_CHARS_MIN)


def clean_headers(headers: Collection[tuple[str, str]], secrets: Collection[str]) -> dict[str, str]:
    """Content type, versions, rate limits; everything else is left out."""
    return {name: clean_text(value, secrets) for name, value in headers if _is_kept(name)}


def clean_body(text: str, secrets: Collection[str]) -> str:
    """A body of any kind: one JSON value, or lines of which some hold JSON (events, NDJSON)."""
    cleaned = _clean_json(text, secrets)
    if cleaned is not None:
        return cleaned
    return "".join(_clean_line(line, secrets) for line in text.splitlines(keepends=True))


def clean_value(value: JsonValue, secrets: Collection[str], name: str = "") -> JsonValue:
    """The value with its strings cleaned; `name` is the member's that it stands in."""
    match value:
        case str():
            return _clean_member(name, value, secrets)
        case list():
            return [clean_value(item, secrets, name) for item in value]
        case dict():
            return {key: clean_value(item, secrets, key) for key, item in value.items()}
        case _:
            return value


def clean_text(text: str, secrets: Collection[str]) -> str:
    """Plain text."""
    for secret in secrets:
        text = text.replace(secret, REDACTED)
    return redact_whole(text)


def _is_kept(name: str) -> bool:
    return any(part in name for part in _HEADERS_KEPT)


def _clean_member(name: str, text: str, secrets: Collection[str]) -> str:
    """A string that its member's name may give away as a secret (`"api_key": "…"`)."""
    if text in _OURS:
        return text
    label = f"{name}: "
    cleaned = clean_text(label + text, secrets)
    return cleaned.removeprefix(label) if cleaned.startswith(label) else clean_text(text, secrets)


def _clean_line(line: str, secrets: Collection[str]) -> str:
    prefix = next((field for field in ("data: ", "data:") if line.startswith(field)), "")
    payload = line.removeprefix(prefix).rstrip("\r\n")
    cleaned = _clean_json(payload, secrets)
    if cleaned is None:
        return clean_text(line, secrets)
    return line if cleaned == payload else prefix + cleaned + line[len(prefix) + len(payload) :]


def _clean_json(text: str, secrets: Collection[str]) -> str | None:
    """None for what is no JSON."""
    try:
        value = json.value(text.encode())
    except (msgspec.DecodeError, RecursionError):
        return None
    cleaned = clean_value(value, secrets)
    return text if cleaned == value else json.encode(cleaned).decode()
