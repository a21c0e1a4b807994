"""At most four cache markers (inference.md 12.1)."""

from collections.abc import Iterable
from typing import Final, TypeVar

from trunkline.protocols.messages.blocks import Block

T = TypeVar("T")

MARKERS_MAX: Final = 4
_MARKER: Final = "cache_control"


def limit_markers(prefix: Iterable[Block], turns: Iterable[Block], *, automatic: bool) -> None:
    """Take off the markers beyond the limit: those of `prefix` (tools, then system) stay before those of `turns`, and
    among equals the newest. `automatic`: a marker on the whole request uses one of the four."""
    fixed = [block for block in prefix if _MARKER in block]
    moving = [block for block in turns if _MARKER in block]
    for block in surplus_marks(fixed, moving, automatic=automatic):
        del block[_MARKER]


def surplus_marks(fixed: list[T], moving: list[T], *, automatic: bool) -> list[T]:
    """Of all that is marked, in tools and system (`fixed`) and in the turns (`moving`), what is beyond the limit."""
    limit = MARKERS_MAX - automatic
    kept_fixed = min(len(fixed), limit)
    kept_moving = min(len(moving), limit - kept_fixed)
    return fixed[: len(fixed) - kept_fixed] + moving[: len(moving) - kept_moving]
