"""A clock that moves only when the test says so."""

START_MS = 1_767_225_600_000
"""2026-01-01T00:00:00Z."""


class FakeClock:
    """Implements `trunkline.core.clock.Clock`. Both times move together, by `advance` alone."""

    def __init__(self, now_ms: int = START_MS) -> None:
        self._now_ms = now_ms
        self._monotonic_s = 1_000.0

    def now_ms(self) -> int:
        return self._now_ms

    def monotonic_s(self) -> float:
        return self._monotonic_s

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass."""
        assert seconds >= 0, "time does not go back; use a new clock"
        self._now_ms += round(seconds * 1000)
        self._monotonic_s += seconds
