"""Exact sliding windows: the times of the requests that still count (accounts-and-governance.md RL-04)."""

from collections import deque

from trunkline.storage.shared.interface import RateOutcome


class _Window:
    __slots__ = ("times_ms", "window_ms")

    def __init__(self, window_ms: int) -> None:
        self.window_ms = window_ms
        self.times_ms: deque[int] = deque()

    def forget_before(self, now_ms: int) -> None:
        while self.times_ms and self.times_ms[0] <= now_ms - self.window_ms:
            self.times_ms.popleft()


class SlidingWindows:
    """One window for each bucket; never more times in one than its limit. Idle buckets are swept."""

    __slots__ = ("_windows",)

    def __init__(self) -> None:
        self._windows: dict[str, _Window] = {}

    def take(self, bucket: str, limit: int, window_s: int, now_ms: int) -> RateOutcome:
        """Count a request, unless `limit` of them lie within the last `window_s` seconds already.

        `reset_ms` is the epoch millisecond at which the oldest request leaves the window.
        """
        window = self._windows.get(bucket)
        if window is None:
            window = self._windows[bucket] = _Window(window_s * 1000)
        window.window_ms = window_s * 1000
        window.forget_before(now_ms)
        allowed = len(window.times_ms) < limit
        if allowed:
            window.times_ms.append(now_ms)
        return RateOutcome(
            allowed=allowed,
            limit=limit,
            remaining=max(0, limit - len(window.times_ms)),
            reset_ms=(window.times_ms[0] if window.times_ms else now_ms) + window.window_ms,
        )

    def taken(self, bucket: str, now_ms: int) -> int:
        """How many requests count in the bucket's window now."""
        window = self._windows.get(bucket)
        if window is None:
            return 0
        window.forget_before(now_ms)
        return len(window.times_ms)

    def forget_idle(self, now_ms: int) -> None:
        """Drop the buckets in which nothing counts any more."""
        for bucket, window in tuple(self._windows.items()):
            window.forget_before(now_ms)
            if not window.times_ms:
                del self._windows[bucket]
