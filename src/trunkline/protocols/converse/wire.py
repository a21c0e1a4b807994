"""Events and bodies of this format as they come: only the top level is typed, the rest is read leniently."""

from typing import Final

import msgspec
from msgspec import Raw, Struct

from trunkline.protocols.lenient_json import NOTHING, decode_mended


class WireEvent(Struct, rename="camel"):
    """The payload of any event. `start` and `delta` belong to the block of the index."""

    content_block_index: int = 0
    start: Raw = NOTHING
    delta: Raw = NOTHING


_event: Final = msgspec.json.Decoder(WireEvent)
_members: Final = msgspec.json.Decoder(dict[str, Raw])


def read_block_event(payload: bytes) -> WireEvent:
    """An event about one block. Raises chat.wire.UNREADABLE."""
    return decode_mended(_event, payload)


def read_members(data: bytes) -> dict[str, Raw]:
    """The members of any other event, or of a whole answer. Raises chat.wire.UNREADABLE."""
    return decode_mended(_members, data)
