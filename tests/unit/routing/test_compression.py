"""Which endpoints may be given a shortened conversation (routing-and-catalog.md 4.5 and 17)."""

import pytest

from tests.unit.routing.worlds import endpoint, planned, rocket
from trunkline.core.errors import TrunklineError
from trunkline.routing.types import Plan


def cuts(decided: Plan) -> dict[str, int | None]:
    return {candidate.endpoint.tag: candidate.compressed_to for candidate in decided.attempts}


def is_refused(*endpoints: object, **query: object) -> bool:
    with pytest.raises(TrunklineError) as caught:
        planned(rocket(*endpoints), **query)
    return caught.value.kind == "context_length_exceeded"


def test_a_small_window_compresses_by_default_and_errs_when_that_is_off() -> None:
    small = endpoint("small", context_length=8192)
    assert cuts(planned(rocket(small), prompt_tokens_estimate=9000)) == {"small": 8192 - 1024}
    assert is_refused(small, prompt_tokens_estimate=9000, compression=False)


def test_a_large_window_compresses_only_when_asked() -> None:
    large = endpoint("large", context_length=100_000)
    assert is_refused(large, prompt_tokens_estimate=120_000)
    decided = planned(rocket(large), prompt_tokens_estimate=120_000, max_output_tokens=5000, compression=True)
    assert cuts(decided) == {"large": 95_000}


def test_what_fits_is_not_cut() -> None:
    world = rocket(endpoint("small", context_length=8192))
    assert cuts(planned(world, prompt_tokens_estimate=7000, compression=True)) == {"small": None}


def test_by_default_nothing_is_cut_only_to_make_room_for_an_answer() -> None:
    world = rocket(endpoint("small", context_length=8192))
    assert cuts(planned(world, prompt_tokens_estimate=8000)) == {"small": None}
    assert cuts(planned(world, prompt_tokens_estimate=8000, compression=True)) == {"small": 7168}


def test_a_tiny_window_keeps_half_of_it_for_the_answer() -> None:
    assert cuts(planned(rocket(endpoint("tiny", context_length=500)), prompt_tokens_estimate=600)) == {"tiny": 250}


def test_small_windows_do_not_compete_by_default_with_those_that_take_everything() -> None:
    world = rocket(endpoint("small", context_length=8000), endpoint("large", context_length=100_000))
    assert cuts(planned(world, prompt_tokens_estimate=9000)) == {"large": None}
    assert cuts(planned(world, prompt_tokens_estimate=9000, compression=True)) == {"small": 6976, "large": None}


def test_windows_below_half_of_what_is_required_are_left_out_unless_there_is_no_larger_one() -> None:
    world = rocket(endpoint("tiny", context_length=2000), endpoint("small", context_length=6000))
    assert cuts(planned(world, prompt_tokens_estimate=9000)) == {"small": 4976}
    assert cuts(planned(world, prompt_tokens_estimate=90_000)) == {"small": 4976}


def test_an_output_that_an_endpoint_cannot_write_is_not_helped_by_compression() -> None:
    terse = endpoint("terse", context_length=8000, max_output_tokens=100)
    assert is_refused(terse, prompt_tokens_estimate=9000, max_output_tokens=200, compression=True)


def test_no_room_beside_the_output_is_no_room_to_compress_to() -> None:
    assert is_refused(endpoint("p", context_length=1000), prompt_tokens_estimate=900, max_output_tokens=1000)
