"""JSON of others as it really comes: lenient readers of single members.

A provider that sends a number for an id or a broken surrogate must cost that member, not the answer.
"""

import re
from collections.abc import Callable
from typing import Final, TypeAlias, TypeVar

import msgspec
from msgspec import Raw

from trunkline.core import json

T = TypeVar("T")

Members: TypeAlias = dict[str, json.JsonValue]

NULL: Final = Raw(b"null")
NOTHING: Final = Raw(b"")
UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding of hostile bytes may raise."""

_LONE_SURROGATE = re.compile(
    rb"(?<!\\)((?:\\\\)*)"
    rb"(?:(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)

_str_decoder = msgspec.json.Decoder(str)
_int_decoder = msgspec.json.Decoder(int, strict=False)
_list_decoder = msgspec.json.Decoder(list[Raw])
_object_decoder: msgspec.json.Decoder[dict[str, Raw] | None] = msgspec.json.Decoder(dict[str, Raw] | None)


def decode_mended(decoder: msgspec.json.Decoder[T], payload: bytes) -> T:
    """Decode `payload`, with what is no text in it (bad UTF-8, lone surrogates) as U+FFFD. Raises UNREADABLE."""
    if not payload.isascii():
        try:
            payload.decode()
        except UnicodeDecodeError:
            payload = payload.decode("utf-8", "replace").encode()
    try:
        return decoder.decode(payload)
    except msgspec.DecodeError:
        mended = _LONE_SURROGATE.sub(_mend_surrogate, payload)
        if mended == payload:
            raise
        return decoder.decode(mended)


def _mend_surrogate(match: re.Match[bytes]) -> bytes:
    return match[0] if match[2] else match[1] + rb"\ufffd"


def is_blank(raw: Raw | None) -> bool:
    """Absent or null."""
    return not raw or raw == NULL


def text_of(raw: Raw | None) -> str:
    """A JSON string's text; "" for anything else."""
    if not raw:
        return ""
    try:
        return _str_decoder.decode(raw)
    except UNREADABLE:
        return ""


def label_of(raw: Raw | None) -> str | None:
    """A short name or id: a non-empty string, or a number as text; None for anything else."""
    if not raw:
        return None
    text = text_of(raw)
    if text:
        return text
    number = int_of(raw)
    return None if number is None else str(number)


def int_of(raw: Raw | None) -> int | None:
    """A JSON integer (`3.0` counts); None for anything else."""
    if not raw:
        return None
    try:
        return _int_decoder.decode(raw)
    except UNREADABLE:
        return None


def list_of(raw: Raw | None) -> list[Raw]:
    """A JSON array's items; empty for anything else."""
    if not raw:
        return []
    try:
        return _list_decoder.decode(raw)
    except UNREADABLE:
        return []


def objects_of(raw: Raw | None) -> list[Raw]:
    """Those items of a JSON array that are objects."""
    return [item for item in list_of(raw) if bytes(item).startswith(b"{")]


def object_of(raw: Raw | None) -> dict[str, Raw]:
    """A JSON object's members; empty for anything else."""
    if not raw:
        return {}
    try:
        return _object_decoder.decode(raw) or {}
    except UNREADABLE:
        return {}


def members_of(raw: Raw | None) -> Members:
    """A JSON object with its members as plain values; empty for anything else. For small objects only."""
    if not raw:
        return {}
    try:
        value = json.value(raw)
    except UNREADABLE:
        return {}
    return value if isinstance(value, dict) else {}


def compact(raw: Raw) -> bytes:
    """JSON text without white space, values untouched."""
    return bytes(msgspec.json.format(raw, indent=-1))


quoted: Callable[[str], bytes] = json.encode
"""A text as a JSON string."""
