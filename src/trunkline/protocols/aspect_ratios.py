"""Shapes of pictures and films: aspect ratios, tiers of resolution, pixels, and the way from one to another
(inference.md 22.1, 25.1)."""

import math
import re
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

SIDE_MAX: Final = 16_384
ROUNDED_TO: Final = 16
"""Models work in blocks of so many pixels."""
RATIO_TOLERANCE: Final = 0.03
"""Pixels that are multiples of 16 miss a ratio by a little."""
_PIXELS = re.compile(r"([1-9][0-9]{0,4})x([1-9][0-9]{0,4})")


class Pixels(Struct, frozen=True):
    width: int
    height: int

    @property
    def ratio(self) -> float:
        """Width over height."""
        return self.width / self.height

    @property
    def text(self) -> str:
        return f"{self.width}x{self.height}"

    @property
    def thousandths_of_megapixel(self) -> int:
        """Rounded up: what is billed by the megapixel is billed whole."""
        return -(-self.width * self.height // 1000)


def parse_pixels(text: str) -> Pixels | None:
    """`WxH`; None for anything else."""
    match = _PIXELS.fullmatch(text)
    if match is None:
        return None
    pixels = Pixels(int(match[1]), int(match[2]))
    return pixels if max(pixels.width, pixels.height) <= SIDE_MAX else None


def ratio_of(aspect_ratio: str) -> float:
    """Width over height of `16:9`, `9:19.5` …"""
    width, _, height = aspect_ratio.partition(":")
    return float(width) / float(height)


def is_of_ratio(pixels: Pixels, aspect_ratio: str) -> bool:
    """Whether pixels have that ratio, but for rounding."""
    return abs(math.log(pixels.ratio / ratio_of(aspect_ratio))) <= RATIO_TOLERANCE


def nearest_ratio(ratio: float, known: Iterable[str]) -> str | None:
    """The one of `known` whose shape is nearest; None when there is none."""
    shapes = [one for one in known if one != "auto"]
    return min(shapes, key=lambda one: abs(math.log(ratio_of(one) / ratio)), default=None)


def nearest_pixels(ratio: float, known: Iterable[Pixels]) -> Pixels | None:
    """The same among exact sizes."""
    return min(known, key=lambda one: abs(math.log(one.ratio / ratio)), default=None)


def pixels_of(side: int, ratio: float) -> Pixels:
    """As many pixels as a square of `side`, in another shape."""
    root = math.sqrt(ratio)
    return Pixels(_rounded(side * root), _rounded(side / root))


def _rounded(length: float) -> int:
    return max(ROUNDED_TO, round(length / ROUNDED_TO) * ROUNDED_TO)
