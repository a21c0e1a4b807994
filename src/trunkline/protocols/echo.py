"""The body that was sent upstream, fit to be shown to the caller (`debug.echo_upstream_body`, inference.md 4.6)."""

import re

import msgspec
from msgspec import Raw

from trunkline.core import json
from trunkline.core.json import JsonValue

DEPTH_MAX = 128
BASE64_CHARS_MIN = 256
REDACTED = "[redacted]"

_DATA_URL = re.compile(r"data:[^,]{0,128};base64,", re.IGNORECASE)
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{256}")
_CREDENTIAL = re.compile(
    r"\b(?:Bearer\s+[\w.~+/-]{16,}=*|(?:sk|gsk|xai|nvapi|hf|r8)[-_][A-Za-z0-9_-]{20,}|AIza[A-Za-z0-9_-]{30,})"
)
_PERSONAL = frozenset({"user", "user_id", "safety_identifier", "end_user", "metadata"})
_SECRET = frozenset({"authorization", "api_key", "apikey", "api-key", "x-api-key", "access_token", "token", "password"})


def redact_for_echo(body: bytes) -> Raw:
    """The body with base64 payloads, end-user ids and credentials replaced; `null` when it is no JSON."""
    try:
        sent = json.value(body)
    except (msgspec.DecodeError, RecursionError):
        return Raw(b"null")
    return json.raw(_redacted(sent, 0))


def _redacted(value: JsonValue, depth: int) -> JsonValue:
    if isinstance(value, str):
        return _redacted_text(value)
    if depth >= DEPTH_MAX:
        return REDACTED if isinstance(value, list | dict) else value
    if isinstance(value, list):
        return [_redacted(entry, depth + 1) for entry in value]
    if isinstance(value, dict):
        return {name: _redacted_member(name, entry, depth) for name, entry in value.items()}
    return value


def _redacted_member(name: str, value: JsonValue, depth: int) -> JsonValue:
    lowered = name.lower()
    if isinstance(value, str) and (lowered in _SECRET or lowered in _PERSONAL):
        return REDACTED
    return _redacted(value, depth + 1)


def _redacted_text(text: str) -> str:
    if (match := _DATA_URL.match(text)) is not None:
        return f"{match[0]}[{len(text) - match.end()} characters]"
    if len(text) >= BASE64_CHARS_MIN and _BASE64.match(text):
        return f"[{len(text)} characters of base64]"
    return _CREDENTIAL.sub(REDACTED, text)
