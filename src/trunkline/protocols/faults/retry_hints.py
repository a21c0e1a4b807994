"""When an upstream says to come back (inference.md 5.4)."""

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

HINT_S_MAX = 24 * 3600.0
"""A longer hint is not worth repeating: the caller should look elsewhere."""

_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?")
_RETRY_DELAY = re.compile(rb'"retryDelay"\s{0,20}:\s{0,20}"(\d{1,9}(?:\.\d{1,9})?)s"')
_RESET = "x-ratelimit-reset"
_BODY_BYTES_MAX = 64 * 1024


def retry_after_s(headers: Mapping[str, str], body: bytes, now_ms: int | None, *, limited: bool = True) -> float | None:
    """Seconds to wait, None without a hint. `headers` are in lower case.

    `now_ms` turns dates and points in time into durations; without it such hints are passed over. `limited`: the
    answer refused for want of capacity; `x-ratelimit-reset…` stands in other answers too and means nothing there.
    """
    milliseconds = _number(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return _bounded(milliseconds / 1000)
    plain = headers.get("retry-after", "").strip()
    if plain:
        seconds = _number(plain)
        return _bounded(seconds if seconds is not None else _until_date(plain, now_ms))
    delay = _RETRY_DELAY.search(body[:_BODY_BYTES_MAX])
    if delay is not None:
        return _bounded(float(delay[1]))
    return _bounded(_until_reset(headers, now_ms)) if limited else None


def _until_reset(headers: Mapping[str, str], now_ms: int | None) -> float | None:
    """`x-ratelimit-reset…`: of several limits those that are used up count, and of those the last to reopen."""
    waits: dict[str, float] = {}
    for name, value in headers.items():
        if name.startswith(_RESET):
            wait = _wait(value.strip(), now_ms)
            if wait is not None and wait > 0:
                waits[name] = wait
    used_up = [
        wait for name, wait in waits.items() if _number(headers.get(name.replace("-reset", "-remaining", 1), "")) == 0
    ]
    if used_up:
        return max(used_up)
    return min(waits.values(), default=None)


def _wait(text: str, now_ms: int | None) -> float | None:
    """A number of seconds, a point in time (Unix seconds or milliseconds), or a duration such as `2m59.5s`."""
    number = _number(text)
    if number is None:
        return _duration(text)
    if number < 1e9:
        return number
    if now_ms is None:
        return None
    return (number if number > 1e11 else number * 1000) / 1000 - now_ms / 1000


def _duration(text: str) -> float | None:
    match = _DURATION.fullmatch(text[:40])
    if not text or match is None:
        return None
    days, hours, minutes, seconds, milliseconds = (float(group) if group else 0.0 for group in match.groups())
    return days * 86400 + hours * 3600 + minutes * 60 + seconds + milliseconds / 1000


def _until_date(text: str, now_ms: int | None) -> float | None:
    if now_ms is None:
        return None
    try:
        return parsedate_to_datetime(text).timestamp() - now_ms / 1000
    except (ValueError, OverflowError):
        return None


def _number(text: str) -> float | None:
    text = text.strip()
    return float(text) if re.fullmatch(r"\d{1,15}(?:\.\d{1,9})?", text, re.ASCII) else None


def _bounded(seconds: float | None) -> float | None:
    return None if seconds is None else min(max(seconds, 0.0), HINT_S_MAX)
