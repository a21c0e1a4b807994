"""Data URLs, taken apart: for formats that name media type and payload apart (inference.md 30.2)."""

from msgspec import Struct


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
