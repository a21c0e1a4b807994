"""Several keys of one provider, sharing its requests by weight."""

from collections.abc import Sequence
from typing import TypeAlias

Headers: TypeAlias = tuple[tuple[str, str], ...]


class KeyRing:
    """Smooth weighted round robin over complete header sets: weights 3 and 1 give A A B A, again and again.

    Not random, so that few requests already keep to the weights. Called from one event loop only.
    """

    __slots__ = ("_credit", "_headers", "_total", "_weights")

    def __init__(self, keys: Sequence[tuple[Headers, int]]) -> None:
        self._headers = [headers for headers, _ in keys]
        self._weights = [weight for _, weight in keys]
        self._total = sum(self._weights)
        self._credit = [0] * len(keys)

    def next(self) -> Headers:
        """The headers of the request that goes out now."""
        credit = self._credit
        for position, weight in enumerate(self._weights):
            credit[position] += weight
        chosen = max(range(len(credit)), key=credit.__getitem__)
        credit[chosen] -= self._total
        return self._headers[chosen]
