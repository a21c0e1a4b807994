"""How a conversation begins: that tells it from others, however long it grows (routing-and-catalog.md 13)."""

from collections.abc import Iterable
from typing import Final

OPENING_CHARS_MAX: Final = 8_192
"""What is read of each message that tells conversations apart: what begins alike this far shares a cache anyway."""
_INSTRUCTING: Final = frozenset({"system", "developer"})


def opening_of(messages: Iterable[tuple[str, str]]) -> tuple[bytes, bytes]:
    """How the first system or developer message begins, and the first other one. `messages`: role and text of each."""
    first_system = b""
    for role, text in messages:
        if role not in _INSTRUCTING:
            return first_system, text[:OPENING_CHARS_MAX].encode()
        first_system = first_system or text[:OPENING_CHARS_MAX].encode()
    return first_system, b""
