"""Events and bodies of this format as they come: only the top level is typed, the rest is read leniently."""

from typing import Final

import msgspec
from msgspec import Raw, Struct

from trunkline.protocols.lenient_json import NOTHING, decode_mended


class WireEvent(Struct):
    """One event of a stream, of any type."""

    type: str
    index: Raw = NOTHING
    message: Raw = NOTHING
    content_block: Raw = NOTHING
    delta: Raw = NOTHING
    usage: Raw = NOTHING
    error: Raw = NOTHING
    context_management: Raw = NOTHING


_event: Final = msgspec.json.Decoder(WireEvent)
_members: Final = msgspec.json.Decoder(dict[str, Raw])


def read_event(payload: bytes) -> WireEvent:
    """One event. Raises chat.wire.UNREADABLE."""
    return decode_mended(_event, payload)


def read_body(data: bytes) -> dict[str, Raw]:
    """The members of a whole answer. Raises chat.wire.UNREADABLE."""
    return decode_mended(_members, data)
