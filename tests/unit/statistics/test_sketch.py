"""Distributions that add up."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.statistics import sketch
from trunkline.statistics.sketch import Bins, Distribution

VALUES = st.lists(st.floats(0.1, 1e6), min_size=1, max_size=300)


def bins_of(values: list[float]) -> Bins:
    found: Bins = {}
    for value in values:
        sketch.add(found, {sketch.bin_of(value): 1})
    return found


def nearest_rank(values: list[float], percent: int) -> float:
    return sorted(values)[math.ceil(percent * len(values) / 100) - 1]


@given(VALUES, st.sampled_from([50, 75, 90, 99]))
def test_percentile_is_within_one_percent_of_the_nearest_rank(values: list[float], percent: int) -> None:
    assert Distribution([bins_of(values)]).reached_by(percent) == pytest.approx(
        nearest_rank(values, percent), rel=0.0101
    )


@given(VALUES, st.sampled_from([50, 75, 90, 99]))
def test_what_is_exceeded_is_the_mirror_of_what_is_reached(values: list[float], percent: int) -> None:
    mirrored = -nearest_rank([-value for value in values], percent)
    assert Distribution([bins_of(values)]).exceeded_by(percent) == pytest.approx(mirrored, rel=0.0101)


@given(VALUES, VALUES)
def test_parts_say_the_same_as_the_whole(first: list[float], second: list[float]) -> None:
    whole, parts = Distribution([bins_of(first + second)]), Distribution([bins_of(first), bins_of(second)])
    assert whole.count == parts.count == len(first) + len(second)
    assert [whole.reached_by(p) for p in (50, 75, 90, 99)] == [parts.reached_by(p) for p in (50, 75, 90, 99)]


def test_throughput_that_more_requests_exceed_is_never_larger() -> None:
    dice = random.Random(7)
    found = Distribution([bins_of([dice.lognormvariate(4, 1) for _ in range(500)])])
    reached = [found.exceeded_by(percent) or 0 for percent in (50, 75, 90, 99)]
    assert reached == sorted(reached, reverse=True) and len(set(reached)) == 4


def test_a_sketch_survives_the_database() -> None:
    bins = bins_of([0.0, 1.0, 1.0, 250_000.0])
    assert sketch.decode(sketch.encode(bins)) == bins
    assert sum(bins.values()) == 4


def test_nothing_measured_has_no_percentile() -> None:
    assert Distribution([]).reached_by(50) is None
    assert Distribution([{}]).exceeded_by(99) is None
