"""Samples of PCM from one width to another."""

import sys
from array import array
from typing import Final

_FLOAT_BYTES: Final = 4
_LOUDEST: Final = 32_767


class Samples:
    """32-bit floats, little-endian, as 16-bit integers, however the pieces cut them."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    def take(self, piece: bytes) -> bytes:
        """The samples that are whole with `piece`."""
        whole = self._rest + piece
        end = len(whole) - len(whole) % _FLOAT_BYTES
        self._rest = whole[end:]
        floats = array("f")
        floats.frombytes(whole[:end])
        if sys.byteorder == "big":
            floats.byteswap()
        ints = array("h", map(_loudness, floats))
        if sys.byteorder == "big":
            ints.byteswap()
        return ints.tobytes()


def _loudness(sample: float) -> int:
    """What is no number is silence."""
    if -1.0 <= sample <= 1.0:
        return round(sample * _LOUDEST)
    return _LOUDEST if sample > 1.0 else -_LOUDEST if sample < -1.0 else 0
