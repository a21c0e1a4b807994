"""Cheap checks of media payloads: megabytes of base64 are looked at in three places, never copied or scanned whole.

A data URL must have a known shape (`data:<mime>;base64,<data>`), a length that base64 can have, and only base64's
letters in its first, middle and last 64 characters (inference.md 10.1). What slips through is the upstream's to
refuse.
"""

import re

from msgspec import Raw

from trunkline.core.errors import ErrorType, InvalidRequest
from trunkline.protocols.validation import invalid, is_string, string_of, text_of

SAMPLE_BYTES = 64
HEAD_BYTES_MAX = 128
IMAGE_TYPES = frozenset({b"image/png", b"image/jpeg", b"image/jpg", b"image/webp", b"image/gif"})

_DATA_URL = re.compile(rb"data:(?P<mime>[A-Za-z0-9.+/_-]*)(?:;[A-Za-z0-9._-]+=[^;,]*)*;base64,", re.IGNORECASE)
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]*={0,2}\Z")


def check_image(url: Raw, path: str) -> None:
    """An image is an http(s) or data URL of a known type. Raises InvalidRequest of kind `invalid_image` or alike."""
    payload = _plain_bytes(url, path)
    mime = _check_data_url(payload, path, "invalid_image")
    if mime is None:
        _check_http(payload, path)
    elif mime.lower() not in IMAGE_TYPES:
        raise _unsupported(mime.decode(), path)


def check_media(url: Raw, path: str) -> None:
    """A file or video is a URL or a data URL."""
    payload = _plain_bytes(url, path)
    if _check_data_url(payload, path, "invalid_request") is None:
        _check_http(payload, path)


def check_base64_image(media_type: str, data: Raw, path: str) -> None:
    """The same for an image whose type and base64 stand apart."""
    if media_type.lower().encode() not in IMAGE_TYPES:
        raise _unsupported(media_type, path)
    _check_base64(_plain_bytes(data, path), path, "invalid_image")


def check_base64_media(data: Raw, path: str) -> None:
    """A file's base64 without the head of a data URL."""
    _check_base64(_plain_bytes(data, path), path, "invalid_request")


def check_audio(data: Raw, path: str) -> bool:
    """Audio is base64, perhaps with a data URL's prefix in front. True when the prefix is there (inference.md 10.4)."""
    payload = _plain_bytes(data, path)
    if bytes(payload[:5]).lower() == b"data:":
        _check_data_url(payload, path, "invalid_request")
        return True
    if bytes(payload[:8]).lower().startswith((b"http://", b"https://")):
        raise invalid(path, "must be base64 data, not a URL. Send the bytes of the recording.")
    _check_base64(payload, path, "invalid_request")
    return False


def without_data_prefix(data: str) -> str:
    """The base64 of a data URL, or `data` itself."""
    return data.partition(",")[2] if data[:5].lower() == "data:" else data


def _unsupported(media_type: str, path: str) -> InvalidRequest:
    return InvalidRequest(
        f"`{path}` is of type {text_of(media_type)}. Images must be png, jpeg, webp or gif.",
        field=path,
        error_type="unsupported_image_format",
    )


def _plain_bytes(raw: Raw, path: str) -> memoryview:
    """The string's bytes without quotes and JSON escapes; a view of the body wherever there are none to undo."""
    if not is_string(raw):
        raise invalid(path, "must be a string. Send a URL or base64 data.")
    view = memoryview(raw)[1:-1]
    if b"\\" in bytes(view[:HEAD_BYTES_MAX]) or b"\\" in bytes(view[-SAMPLE_BYTES:]):
        return memoryview(string_of(raw, path).encode())
    return view


def _check_data_url(payload: memoryview, path: str, error_type: ErrorType) -> bytes | None:
    """The MIME type of a data URL, None when it is no data URL."""
    head = bytes(payload[:HEAD_BYTES_MAX])
    if head[:5].lower() != b"data:":
        return None
    match = _DATA_URL.match(head)
    if match is None:
        raise InvalidRequest(
            f"`{path}` is a malformed data URL. Write data:<type>;base64,<data>.", field=path, error_type=error_type
        )
    _check_base64(payload[match.end() :], path, error_type)
    return match["mime"]


def _check_base64(payload: memoryview, path: str, error_type: ErrorType) -> None:
    length = len(payload)
    middle = length // 2
    samples = (
        bytes(payload[:SAMPLE_BYTES]),
        bytes(payload[middle : middle + SAMPLE_BYTES]),
        bytes(payload[-SAMPLE_BYTES:]),
    )
    escaped = any(b"\\" in sample for sample in samples)
    tail = samples[2]
    significant = length - (len(tail) - len(tail.rstrip(b"=")))
    if length == 0 or (not escaped and (significant % 4 == 1 or not all(map(_BASE64.match, samples)))):
        raise InvalidRequest(
            f"`{path}` is not valid base64. Encode the whole file and send it unbroken.",
            field=path,
            error_type=error_type,
        )


def _check_http(payload: memoryview, path: str) -> None:
    if not bytes(payload[:8]).lower().startswith((b"http://", b"https://")):
        raise invalid(path, "must be an http(s) URL or a data URL (data:<type>;base64,<data>).")
