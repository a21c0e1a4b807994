"""What looks like a credential never reaches a log, whoever wrote it there (operating.md OP-45)."""

import re
from collections.abc import Iterable, Mapping
from typing import cast

REDACTED = "[redacted]"

_NAMES = re.compile(r"(?i)authori[sz]ation|api[-_]?keys?$|password|passwd|secret|cookie|credential|(?:^|[-_])token$")
_VALUES = re.compile(
    r"""(?x)
    \b(?: sk | pk | rk | gsk | xai | hf | r8 | pplx | nvapi | fw | tgp | csk )[-_][A-Za-z0-9_-]{8,}  # providers', ours
    | \bAIza[A-Za-z0-9_-]{20,}                             # Google
    | \b(?: AKIA | ASIA )[A-Z0-9]{12,}                     # AWS
    | \bya29\.[A-Za-z0-9._-]{10,}                          # Google OAuth
    | \beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?   # JSON web tokens
    | (?i:\b(?: bearer | basic )\s+)[A-Za-z0-9._~+/=-]{6,}
    | (?<=://)[^\s/@]+@                                    # user:password@ of a URL
    """
)
_DEPTH_MAX = 6

LogValue = object
"""What a caller gave: text, numbers, containers of them, anything with a repr."""


def redact_text(text: str) -> str:
    """`text` with everything that looks like a credential replaced."""
    return _VALUES.sub(_replacement, text)


def redact(name: str, value: LogValue, depth: int = 0) -> LogValue:
    """`value` as it may be logged under `name`; containers are copied, no deeper than a few levels."""
    if _NAMES.search(name) and not isinstance(value, bool | int | float | None):
        return REDACTED
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, bool | int | float | None):
        return value
    if depth >= _DEPTH_MAX:
        return REDACTED
    if isinstance(value, Mapping):
        members = cast("Mapping[object, LogValue]", value)
        return {str(key): redact(str(key), inner, depth + 1) for key, inner in members.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = cast("Iterable[LogValue]", value)
        return [redact("", item, depth + 1) for item in items]
    return redact_text(repr(value))


def _replacement(match: re.Match[str]) -> str:
    return REDACTED + ("@" if match.group().endswith("@") else "")
