"""Events and bodies of this format as they come: only the top level is typed, the rest is read leniently."""

from typing import Final

import msgspec
from msgspec import Raw, Struct

from trunkline.protocols.lenient_json import NOTHING, decode_mended, object_of


class WireEvent(Struct):
    """One event of a stream, of any type; one without a type is an error's object."""

    type: str = ""
    index: Raw = NOTHING
    id: Raw = NOTHING
    delta: Raw = NOTHING

    @property
    def message(self) -> dict[str, Raw]:
        """`delta.message`: what has grown."""
        return object_of(object_of(self.delta).get("message"))


_event: Final = msgspec.json.Decoder(WireEvent)
_body: Final = msgspec.json.Decoder(dict[str, Raw])


def read_event(payload: bytes) -> WireEvent:
    """Raises `UNREADABLE`."""
    return decode_mended(_event, payload)


def read_body(data: bytes) -> dict[str, Raw]:
    """Raises `UNREADABLE`."""
    return decode_mended(_body, data)
