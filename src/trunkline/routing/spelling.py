"""What somebody probably meant: near words by edit distance. Only for error messages."""

from collections.abc import Iterable


def edit_distance(left: str, right: str, at_most: int) -> int | None:
    """Insertions, deletions and substitutions between two words; None when more than `at_most`."""
    if abs(len(left) - len(right)) > at_most:
        return None
    above = list(range(len(right) + 1))
    for row, letter in enumerate(left, 1):
        current = [row]
        for column, other in enumerate(right, 1):
            current.append(min(above[column] + 1, current[-1] + 1, above[column - 1] + (letter != other)))
        if min(current) > at_most:
            return None
        above = current
    return above[-1] if above[-1] <= at_most else None


def nearest(word: str, candidates: Iterable[str], *, at_most: int = 3, limit: int = 3) -> tuple[str, ...]:
    """Up to `limit` candidates within `at_most` edits of `word`, nearest first, then in the order given.

    A word of 200 characters or more is near to nothing: the work stays bounded whatever a caller sends.
    """
    if len(word) >= 200:
        return ()
    found = [
        (distance, position, candidate)
        for position, candidate in enumerate(candidates)
        if (distance := edit_distance(word, candidate, at_most)) is not None
    ]
    return tuple(candidate for _, _, candidate in sorted(found)[:limit])
