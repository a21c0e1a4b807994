"""Patterns of model ids: `*` matches any run of characters, also `/` (routing-and-catalog.md 12.1)."""

from collections.abc import Iterable


def matches(pattern: str, model_id: str) -> bool:
    """Whole-string and case-insensitive; all but `*` is literal. Linear in both lengths, whatever the pattern."""
    pieces = pattern.lower().split("*")
    text = model_id.lower()
    if len(pieces) == 1:
        return text == pieces[0]
    first, *middle, last = pieces
    if len(text) < len(first) + len(last) or not (text.startswith(first) and text.endswith(last)):
        return False
    position, end = len(first), len(text) - len(last)
    for piece in middle:
        found = text.find(piece, position, end)
        if found < 0:
            return False
        position = found + len(piece)
    return True


def matches_any(patterns: Iterable[str], model_id: str) -> bool:
    """Whether one of them matches the id without its variant."""
    base = model_id.partition(":")[0]
    return any(matches(pattern, base) for pattern in patterns)
