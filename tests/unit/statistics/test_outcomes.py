"""What a record says of the endpoints that were tried."""

import pytest
from msgspec.structs import replace

from tests.records import a_generation
from trunkline.generations.types import Generation, ProviderResponse
from trunkline.statistics.outcomes import Outcome, attempts
from trunkline.statistics.tally import Measurements


def tried(*statuses: int | None, **changes: object) -> Generation:
    """A generation with an attempt for each status, at endpoints `e0`, `e1`, …"""
    responses = tuple(
        ProviderResponse(provider_name="P", status=status, endpoint_id=f"e{i}", model_permaslug="m")
        for i, status in enumerate(statuses)
    )
    return replace(a_generation(), provider_responses=responses, **changes)


def outcomes(generation: Generation) -> list[Outcome]:
    return [attempt.outcome for attempt in attempts(generation)]


def test_failed_attempts_before_a_success_count_by_their_status() -> None:
    assert outcomes(tried(500, None, 429, 403, 400, 408, 200)) == [
        "failure", "failure", "rate_limited", "forbidden", "uncounted", "failure", "success",
    ]  # fmt: skip


def test_an_answer_that_broke_after_its_status_line_is_a_failure() -> None:
    assert outcomes(tried(200, 200)) == ["failure", "success"]
    assert outcomes(tried(200, status="failed", error_code=502)) == ["failure"]


def test_an_attempt_that_another_one_outpaced_says_nothing_about_its_endpoint() -> None:
    generation = tried(None, 200)
    late = replace(generation.provider_responses[0], outpaced=True)
    assert outcomes(replace(generation, provider_responses=(late, generation.provider_responses[1]))) == [
        "uncounted", "success",
    ]  # fmt: skip


def test_an_answer_that_a_policy_stopped_says_nothing_about_the_endpoint() -> None:
    assert outcomes(tried(200, status="failed", error_code=400)) == ["uncounted"]


@pytest.mark.parametrize("status", ["cancelled", "interrupted"])
def test_what_the_caller_or_a_crash_ended_is_not_counted(status: str) -> None:
    assert outcomes(tried(200, status=status)) == ["uncounted"]


def test_finish_with_an_error_is_a_failure() -> None:
    assert outcomes(tried(200, finish_reason="error")) == ["failure"]


def test_uptime_counts_neither_rate_limits_nor_mistakes_of_the_request() -> None:
    """routing-and-catalog.md 21: 95 successes, five 500s, forty 429s and ten 400s are 95 %."""
    measured = Measurements()
    for status, state, count in ((200, "completed", 95), (500, "failed", 5), (429, "failed", 40), (400, "failed", 10)):
        for attempt in attempts(tried(status, status=state, error_code=status)):
            for _ in range(count):
                measured.add(attempt)
    assert (measured.successes, measured.failures, measured.rate_limited) == (95, 5, 40)


def test_times_are_taken_from_streams_with_one_attempt_only() -> None:
    answered = {"streamed": True, "latency_ms": 250, "tokens_completion": 90}
    [only] = attempts(tried(200, **answered))
    assert (only.latency_ms, only.throughput_tps) == (250, 100.0)
    *_, second = attempts(tried(500, 200, **answered))
    assert (second.outcome, second.latency_ms, second.throughput_tps) == ("success", None, None)
    [whole] = attempts(tried(200, **{**answered, "streamed": False}))
    assert (whole.latency_ms, whole.throughput_tps) == (None, 100.0)
