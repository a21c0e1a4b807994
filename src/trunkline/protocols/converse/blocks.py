"""Content blocks, and cache points between them (inference.md 30.2, 30.6)."""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from trunkline.protocols.requests import CacheMarker

PLACEHOLDER: Final = "."
"""Upstreams refuse blank texts."""

Member = dict[str, object]


class Block(Struct):
    """One block, or one tool: the object that is sent, and the marker behind it."""

    member: Member
    cache: CacheMarker | None = None


def text_block(text: str, cache: CacheMarker | None = None) -> Block:
    return Block({"text": text}, cache)


def write_blocks(blocks: Iterable[Block]) -> list[Member]:
    """The blocks as sent: a marker is a block of its own behind the one that it belongs to."""
    written: list[Member] = []
    for block in blocks:
        written.append(block.member)
        if block.cache is not None:
            point: dict[str, object] = {"type": "default"}
            if block.cache.ttl is not None:
                point["ttl"] = block.cache.ttl
            written.append({"cachePoint": point})
    return written
