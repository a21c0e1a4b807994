"""Events and bodies of this format as they come: only the top level is typed, the rest is read leniently."""

from typing import Final, Literal

import msgspec
from msgspec import Raw, Struct

from trunkline.protocols.lenient_json import NOTHING, UNREADABLE, decode_mended


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


class _TextOfDelta(Struct, forbid_unknown_fields=True):
    type: Literal["text_delta"]
    text: str


class TextDeltaEvent(Struct, forbid_unknown_fields=True):
    """The event of which nearly all streams consist: more of a text, and nothing else to be read."""

    type: Literal["content_block_delta"]
    index: int
    delta: _TextOfDelta


_text_delta: Final = msgspec.json.Decoder(TextDeltaEvent)
_event: Final = msgspec.json.Decoder(WireEvent)
_members: Final = msgspec.json.Decoder(dict[str, Raw])


def read_text_delta(payload: bytes) -> TextDeltaEvent | None:
    """The event if it is such a one, in a fifth of the time that `read_event` and its followers take."""
    try:
        return _text_delta.decode(payload)
    except UNREADABLE:
        return None


def read_event(payload: bytes) -> WireEvent:
    """One event. Raises lenient_json.UNREADABLE."""
    return decode_mended(_event, payload)


def read_body(data: bytes) -> dict[str, Raw]:
    """The members of a whole answer. Raises lenient_json.UNREADABLE."""
    return decode_mended(_members, data)
