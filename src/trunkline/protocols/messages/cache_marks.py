"""At most four cache markers (inference.md 12.1)."""

from collections.abc import Iterable
from typing import Final

from trunkline.protocols.messages.blocks import Block

MARKERS_MAX: Final = 4
_MARKER: Final = "cache_control"


def limit_markers(prefix: Iterable[Block], turns: Iterable[Block], *, automatic: bool) -> None:
    """Take off the markers beyond the limit: those of `prefix` (tools, then system) stay before those of `turns`, and
    among equals the newest. `automatic`: a marker on the whole request uses one of the four."""
    limit = MARKERS_MAX - automatic
    fixed = [block for block in prefix if _MARKER in block]
    moving = [block for block in turns if _MARKER in block]
    kept_fixed = min(len(fixed), limit)
    kept_moving = min(len(moving), limit - kept_fixed)
    surplus = fixed[: len(fixed) - kept_fixed] + moving[: len(moving) - kept_moving]
    for block in surplus:
        del block[_MARKER]
