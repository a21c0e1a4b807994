"""Counters and histograms by themselves."""

from hypothesis import given
from hypothesis import strategies as st

from trunkline.observability.counting import SERIES_MAX, Histogram, LabelledCounter


def test_counts_add_up_per_combination_of_labels() -> None:
    counter = LabelledCounter("trunkline_x", "X.", ("a", "b"), unit=10)
    counter.add(5, "1", "2")
    counter.add(10, "1", "2")
    counter.add(1, "1", "3")
    (family,) = counter.collect()
    assert {tuple(sample.labels.values()): sample.value for sample in family.samples} == {
        ("1", "2"): 1.5,
        ("1", "3"): 0.1,
    }


def test_a_flood_of_names_is_counted_under_other() -> None:
    counter = LabelledCounter("trunkline_x", "X.", ("name",))
    for number in range(SERIES_MAX + 500):
        counter.add(1, f"name-{number}")
    counter.add(1, "name-0")
    (family,) = counter.collect()
    counts = {sample.labels["name"]: sample.value for sample in family.samples}
    assert len(counts) == SERIES_MAX + 1
    assert counts["other"] == 500
    assert counts["name-0"] == 2


@given(values=st.lists(st.integers(0, 20_000)))
def test_buckets_are_cumulative_and_include_their_bound(values: list[int]) -> None:
    bounds = (10, 100, 1_000)
    histogram = Histogram("trunkline_x_seconds", "X.", bounds)
    for value in values:
        histogram.observe(value)
    (family,) = histogram.collect()
    seen = {sample.labels["le"]: sample.value for sample in family.samples if sample.name.endswith("_bucket")}
    expected = {f"{bound / 1000:g}": sum(value <= bound for value in values) for bound in bounds}
    assert seen == {**expected, "+Inf": len(values)}
