"""`python -m tests.set_back MILLISECONDS …` is `trunkline …` whose clock is behind by that much.

Pages show whole hours and days. A test that begins a minute after one began has an hour before the next.
"""

import sys
import time

HOUR_MS = 3_600_000
MINUTE_MS = 60_000


def into_the_hour_ms(now_ms: int) -> int:
    """How far to set a clock back so that it stands a minute after the hour."""
    return max(0, now_ms % HOUR_MS - MINUTE_MS)


def main() -> None:
    set_back_ms = int(sys.argv.pop(1))

    from trunkline.__main__ import main as trunkline
    from trunkline.core.clock import SystemClock

    SystemClock.now_ms = lambda _: time.time_ns() // 1_000_000 - set_back_ms
    trunkline()


if __name__ == "__main__":
    main()
