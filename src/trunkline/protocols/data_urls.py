"""Data URLs, taken apart: for formats that name media type and payload apart (inference.md 30.2)."""

import base64
import binascii
from typing import Final

from msgspec import Struct

from trunkline.core.errors import InvalidRequest

_TEXT_TYPES: Final = frozenset({"application/json", "application/xml", "application/yaml", "application/x-yaml"})
"""Types that are text without saying so."""


class DataUrl(Struct, frozen=True):
    """`mime` in lower case, without parameters; `data` is base64, as sent."""

    mime: str
    data: str


def split_data_url(url: str) -> DataUrl | None:
    """The two halves of `data:<mime>;base64,<data>`; None for any other URL."""
    if url[:5].lower() != "data:":
        return None
    comma = url.find(",")
    head = url[5:comma].lower()
    if comma < 0 or not head.endswith(";base64"):
        return None
    return DataUrl(head.partition(";")[0], url[comma + 1 :])


def is_text(data_url: DataUrl) -> bool:
    """Whether the payload is text by its type."""
    return data_url.mime.startswith("text/") or data_url.mime in _TEXT_TYPES


def decoded_text(data_url: DataUrl, field: str) -> str:
    """The text of a text file that stands in `field`. Raises InvalidRequest when the payload is none."""
    try:
        return base64.b64decode(data_url.data).decode()
    except (binascii.Error, ValueError) as error:
        raise InvalidRequest(
            f"`{field}`: the text file is not base64 of UTF-8 text. Encode it again.", field=field
        ) from error
