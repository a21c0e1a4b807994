"""Distributions that can be added up: how many values fell into each of logarithmic bins.

What is kept is `{bin: count}`, so two hours are merged by adding counts, in any order, on any machine. The bins are
DDSketch's: a percentile is at most 1 % off the true one (accounts-and-governance.md AN-11 allows 2).
Why so: docs/develop/decisions/0008-rollups.md.
"""

from collections.abc import Iterable

import msgspec
from ddsketch.mapping import LogarithmicMapping

RELATIVE_ACCURACY = 0.01
SMALLEST = 0.01
"""What is smaller counts as this: a hundredth of a millisecond, or of a token per second."""

Bins = dict[int, int]

_mapping = LogarithmicMapping(RELATIVE_ACCURACY)
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Bins)


def bin_of(value: float) -> int:
    """The bin that a measured value falls into."""
    return _mapping.key(max(value, SMALLEST))


def value_of(key: int) -> float:
    """The value that stands for all of a bin."""
    return _mapping.value(key)


def encode(bins: Bins) -> bytes:
    """For a column of the database."""
    return _encoder.encode(bins)


def decode(data: bytes) -> Bins:
    """What `encode` made. Raises msgspec.DecodeError."""
    return _decoder.decode(data)


def add(into: Bins, more: Bins) -> None:
    """Merge one distribution into another."""
    for key, count in more.items():
        into[key] = into.get(key, 0) + count


class Distribution:
    """Any number of bins merged, to be asked for percentiles by nearest rank (routing-and-catalog.md 21)."""

    __slots__ = ("_bins", "count")

    def __init__(self, parts: Iterable[Bins]) -> None:
        merged: Bins = {}
        for part in parts:
            add(merged, part)
        self._bins = sorted(merged.items())
        self.count = sum(merged.values())
        """Values in it."""

    def reached_by(self, percent: int) -> float | None:
        """The value that `percent` % of the values stay at or below."""
        return self._ranked(-(-percent * self.count // 100))

    def exceeded_by(self, percent: int) -> float | None:
        """The value that `percent` % of the values reach or exceed."""
        return self._ranked(self.count - -(-percent * self.count // 100) + 1)

    def _ranked(self, rank: int) -> float | None:
        """The value of a rank, counted from 1; None of nothing."""
        passed = 0
        for key, count in self._bins:
            passed += count
            if passed >= rank:
                return _mapping.value(key)
        return None
