"""Small facts with an end: sticky endpoints, one-time tokens."""

FACTS_MAX = 100_000
"""Beyond it the fact written longest ago is forgotten: a sticky session then routes afresh, nothing breaks."""


class Facts:
    """Text by key, bounded in number and in time."""

    __slots__ = ("_facts",)

    def __init__(self) -> None:
        self._facts: dict[str, tuple[str, int]] = {}

    def remember(self, key: str, value: str, expires_at_ms: int) -> None:
        """Keep `value`, as the youngest."""
        self._facts.pop(key, None)
        while len(self._facts) >= FACTS_MAX:
            del self._facts[next(iter(self._facts))]
        self._facts[key] = (value, expires_at_ms)

    def recall(self, key: str, now_ms: int) -> str | None:
        """The value while it holds."""
        fact = self._facts.get(key)
        if fact is None:
            return None
        value, expires_at_ms = fact
        if expires_at_ms <= now_ms:
            del self._facts[key]
            return None
        return value

    def forget_expired(self, now_ms: int) -> None:
        """Drop what is past its end."""
        for key in [key for key, (_, expires_at_ms) in self._facts.items() if expires_at_ms <= now_ms]:
            del self._facts[key]
