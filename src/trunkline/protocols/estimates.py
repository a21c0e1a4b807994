"""Tokens that nobody counted, guessed from text (routing-and-catalog.md 1)."""

from typing import Final

CHARS_PER_TOKEN: Final = 4


def estimated_tokens(chars: int) -> int:
    """A quarter of the characters (or UTF-8 bytes), rounded up."""
    return -(-chars // CHARS_PER_TOKEN)
