"""The documented top-level members of a request, in one typed decode without the big ones beside them."""

from collections.abc import Mapping
from typing import Generic, TypeVar

import msgspec
from msgspec import Raw, Struct

from trunkline.protocols.validation import decode

T = TypeVar("T", bound=Struct)


class HeadReader(Generic[T]):
    """Reads a struct of members; `keys` has each member's name with its key, quotes and colon, ready to be joined."""

    __slots__ = ("_decoder", "keys")

    def __init__(self, type_: type[T]) -> None:
        self._decoder: msgspec.json.Decoder[T] = msgspec.json.Decoder(type_)
        self.keys: Mapping[str, bytes] = {
            field.encode_name: f'"{field.encode_name}":'.encode() for field in msgspec.structs.fields(type_)
        }

    def read(self, members: Mapping[str, Raw]) -> T:
        """Those of `members` that the struct has. Raises InvalidRequest."""
        documented: list[bytes | Raw] = []
        for name, raw in members.items():
            key = self.keys.get(name)
            if key is not None:
                documented += (b",", key, raw)
        return decode(self._decoder, b"{" + b"".join(documented[1:]) + b"}")
