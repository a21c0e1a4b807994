"""What a request uses that is not counted in tokens."""

from typing import Literal

from msgspec import Struct

Unit = Literal["second", "character", "image", "megapixel", "search_unit"]


class MediaUse(Struct, frozen=True):
    """`thousandths` / 1000 of `unit`: 6250 seconds' thousandths are 6.25 s.

    `label` must stand in the price's label; empty: in any. Of several such prices the one with the most of `details`
    (a resolution such as `720p`) in its label counts.
    """

    unit: Unit
    thousandths: int
    label: str = ""
    details: tuple[str, ...] = ()
