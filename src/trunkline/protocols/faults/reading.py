"""What an upstream's error body says, whichever dialect it speaks (inference.md 30.11)."""

import re
from typing import Final

import msgspec
from msgspec import Raw

from trunkline.protocols.events import UpstreamFault
from trunkline.protocols.lenient_json import UNREADABLE, int_of, is_blank, label_of, list_of, object_of, text_of

RAW_CHARS_MAX = 64 * 1024
"""How much of an upstream's error body is kept."""

MESSAGE_CHARS_MAX = 8192

_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,63}")
_OWN_NUMBER: Final = re.compile(r"[0-9]{4,10}")
"""Shorter numbers repeat the HTTP status."""

_STATUS_OF_CODE: Final[dict[str, int]] = {
    "invalid_request_error": 400,
    "invalid_argument": 400,
    "failed_precondition": 400,
    "context_length_exceeded": 400,
    "content_policy_violation": 400,
    "content_filter": 400,
    "tool_use_failed": 400,
    "authentication_error": 401,
    "unauthenticated": 401,
    "invalid_api_key": 401,
    "insufficient_credits": 402,
    "billing_error": 402,
    "permission_error": 403,
    "permission_denied": 403,
    "not_found": 404,
    "not_found_error": 404,
    "model_not_found": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "resource_exhausted": 429,
    "insufficient_quota": 429,
    "throttlingexception": 429,
    "internal": 500,
    "api_error": 500,
    "server_error": 500,
    "internal_server_error": 500,
    "unavailable": 503,
    "service_unavailable": 503,
    "overloaded_error": 529,
    "deadline_exceeded": 504,
    "timeout_error": 504,
}


def read_fault(status: int, body: bytes) -> UpstreamFault:
    """The fault that an HTTP error answer describes. `status` is the answer's own."""
    text = body[: 4 * RAW_CHARS_MAX].decode("utf-8", "replace")[:RAW_CHARS_MAX]
    error = _find_error(Raw(body))
    if error is None:
        return UpstreamFault(status=status, message="", raw=text)
    return UpstreamFault(status=status, code=_code(error), message=_message(error), raw=text)


def fault_in_answer(error: Raw) -> UpstreamFault:
    """The fault that an `error` member inside an answer with status 200 describes: its code stands for the status."""
    members = object_of(error) or {"message": error}
    raw = bytes(error).decode("utf-8", "replace")[:RAW_CHARS_MAX]
    code = _code(members)
    return UpstreamFault(status=_contained_status(members), code=code, message=_message(members), raw=raw)


def fault_in_stray(stray: bytes) -> UpstreamFault:
    """The fault of a stream without an event. A JSON object that came instead may say why."""
    members = object_of(Raw(stray))
    error = members.get("error")
    if error is not None and not is_blank(error):
        return fault_in_answer(error)
    if text_of(members.get("message")):
        return fault_in_answer(Raw(stray))
    return UpstreamFault(status=200, message="The answer is no event stream")


def _find_error(body: Raw) -> dict[str, Raw] | None:
    """`{"error": {…}}`, `{"error": "…"}`, `{"message": …}`, `{"detail": …}`, `{"errors": [{…}]}`, or Google's array."""
    try:
        first = msgspec.json.decode(body, type=list[Raw])[:1]
        members = object_of(first[0]) if first else {}
    except UNREADABLE:
        members = object_of(body)
    if not members:
        return None
    for name in ("error", "errors"):
        inner = members.get(name)
        items = list_of(inner)
        nested = object_of(items[0]) if items else object_of(inner)
        if nested:
            return nested
    if text_of(members.get("error")):
        members.setdefault("message", members["error"])
    return members


def _message(error: dict[str, Raw]) -> str:
    for name in ("message", "detail", "msg", "error"):
        text = text_of(error.get(name))
        if text:
            return (_relayed_message(error) or text)[:MESSAGE_CHARS_MAX]
    return text_of(object_of(error.get("message")).get("detail"))[:MESSAGE_CHARS_MAX]


def _relayed_message(error: dict[str, Raw]) -> str:
    """What the provider behind another gateway said: OpenRouter's own message tells nothing of it."""
    raw = text_of(object_of(error.get("metadata")).get("raw"))
    nested = _find_error(Raw(raw.encode())) if raw else None
    return text_of(nested.get("message")) if nested is not None else ""


def _code(error: dict[str, Raw]) -> str | None:
    """The most telling literal: a word in `code`, else Google's `status`, else `type`, else Cohere's `error_type`, else
    a number of their own."""
    code = label_of(error.get("code")) or ""
    if _WORD.fullmatch(code):
        return code
    for name in ("status", "type", "error_type"):
        word = text_of(error.get(name))
        if _WORD.fullmatch(word):
            return word
    return code if _OWN_NUMBER.fullmatch(code) else None


def _contained_status(error: dict[str, Raw]) -> int:
    for name in ("code", "status_code", "status"):
        number = int_of(error.get(name))
        if number is not None and 400 <= number <= 599:
            return number
    for name in ("code", "status", "type"):
        status = _STATUS_OF_CODE.get(text_of(error.get(name)).lower())
        if status is not None:
            return status
    return 200
