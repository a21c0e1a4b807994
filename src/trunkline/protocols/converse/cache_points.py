"""Which cache markers are sent: those that the model's family takes, at most four (inference.md 12.1, 30.6)."""

from collections.abc import Iterable

from trunkline.protocols.converse.blocks import Block
from trunkline.protocols.converse.families import Family
from trunkline.protocols.messages.cache_marks import surplus_marks
from trunkline.protocols.requests import CacheMarker


def settle_cache_points(
    tools: list[Block], system: list[Block], turns: list[Block], automatic: CacheMarker | None, family: Family
) -> None:
    """Take off the markers that the family has no word for or that are too many; `automatic` marks the last block."""
    if family.cache_points != "all":
        _clear(tools)
    if family.cache_points == "none":
        _clear([*system, *turns])
        return
    fixed = [block for block in (*tools, *system) if block.cache is not None]
    moving = [block for block in turns if block.cache is not None]
    _clear(surplus_marks(fixed, moving, automatic=automatic is not None))
    last = _last_cacheable(turns)
    if automatic is not None and last is not None:
        last.cache = automatic
    if not family.cache_ttl:
        for block in (*system, *turns):
            if block.cache is not None:
                block.cache = CacheMarker()


def _last_cacheable(blocks: list[Block]) -> Block | None:
    return next((block for block in reversed(blocks) if "reasoningContent" not in block.member), None)


def _clear(blocks: Iterable[Block]) -> None:
    for block in blocks:
        block.cache = None
