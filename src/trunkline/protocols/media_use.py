"""What a request uses that is not counted in tokens."""

from typing import Literal

from msgspec import Struct

Unit = Literal["second", "character", "image", "megapixel", "search_unit"]


class MediaUse(Struct, frozen=True):
    """`thousandths` / 1000 of `unit`: 6250 seconds' thousandths are 6.25 s.

    `label` chooses among several prices of one unit, such as a resolution (`720p`); empty: the first.
    """

    unit: Unit
    thousandths: int
    label: str = ""
