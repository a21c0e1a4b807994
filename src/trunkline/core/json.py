"""JSON by msgspec: module-level codecs, typed at the edges."""

from typing import TypeVar

import msgspec
from msgspec import Raw

T = TypeVar("T")

JsonValue = None | bool | int | float | str | list["JsonValue"] | dict[str, "JsonValue"]

_encoder = msgspec.json.Encoder()
_object_decoder = msgspec.json.Decoder(dict[str, Raw])
_value_decoder: msgspec.json.Decoder[JsonValue] = msgspec.json.Decoder()

encode = _encoder.encode
"""Any msgspec-encodable object to UTF-8 JSON, compact."""


def members(data: bytes | Raw) -> dict[str, Raw]:
    """The members of a JSON object, each left as the text it was sent as.

    Raises msgspec.DecodeError when `data` is not one JSON object.
    """
    return _object_decoder.decode(data)


def value(data: bytes | Raw) -> JsonValue:
    """Plain Python values of any JSON text. Raises msgspec.DecodeError."""
    return _value_decoder.decode(data)


def raw(obj: object) -> Raw:
    """`obj` as a JSON fragment that can stand inside another message."""
    return Raw(_encoder.encode(obj))
