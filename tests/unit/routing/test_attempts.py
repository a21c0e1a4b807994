"""What follows a failed attempt, and what the caller is told in the end (routing-and-catalog.md 6)."""

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from tests.unit.routing.worlds import candidate, endpoint, fault
from trunkline.core.errors import ContentPolicyViolation, InvalidRequest, TrunklineError
from trunkline.protocols.faults.types import Classified
from trunkline.routing.attempts import FailedAttempt, final_error, remaining
from trunkline.routing.types import Candidate

SMALL = candidate(endpoint("small", context_length=1000, is_moderated=True))
SAME = candidate(endpoint("same", context_length=1000))
LARGE = candidate(endpoint("large", context_length=2000, is_moderated=True))
UNKNOWN = candidate(endpoint("unknown", context_length=None))
OTHER = candidate(endpoint("other", model="acme/sled", context_length=10, is_moderated=True), "acme/sled")
AFTER = (SAME, LARGE, UNKNOWN, OTHER)


def outcome(next_endpoint: str, *, next_model: bool = True) -> Classified:
    return replace(fault(400), next_endpoint=next_endpoint, next_model=next_model)


@pytest.mark.parametrize(
    ("next_endpoint", "expected"),
    [
        ("any", [SAME, LARGE, UNKNOWN, OTHER]),
        ("larger_context", [LARGE, UNKNOWN, OTHER]),
        ("unmoderated", [SAME, UNKNOWN, OTHER]),
        ("none", [OTHER]),
    ],
)
def test_the_outcome_decides_who_of_the_same_model_may_follow(next_endpoint: str, expected: list[Candidate]) -> None:
    assert list(remaining(AFTER, SMALL, outcome(next_endpoint))) == expected


def test_an_outcome_that_ends_everything_leaves_nobody_of_another_model() -> None:
    assert remaining(AFTER, SMALL, outcome("none", next_model=False)) == ()


def failed(tag: str, status: int, **details: object) -> FailedAttempt:
    raw = details.pop("raw", "")
    return FailedAttempt(
        candidate=candidate(endpoint(tag)),
        provider_name=tag.title(),
        outcome=fault(status, **details),
        raw=str(raw),
    )


def told(*attempts: FailedAttempt) -> TrunklineError:
    return final_error(attempts, requested=("acme/rocket",))


def code_of(error: TrunklineError) -> str | None:
    return error.availability.code if error.availability is not None else None


def test_two_429_with_hints_are_429_with_the_smaller_hint() -> None:
    error = told(failed("a", 429, retry_after_s=40.0), failed("b", 429, retry_after_s=14.2))
    assert (error.http_status, error.kind, code_of(error)) == (429, "rate_limit_exceeded", "capacity_exhausted")
    assert error.retry_after_s == 15
    assert error.availability is not None
    assert (error.availability.retry_after_s, error.availability.retryable) == (15, True)
    assert error.availability.affected_providers == ("a", "b")
    assert "15 seconds" in error.message


def test_without_any_hint_there_is_no_retry_after() -> None:
    error = told(failed("a", 429))
    assert error.retry_after_s is None
    assert error.availability is not None
    assert error.availability.retry_after_s is UNSET


def test_a_hint_of_less_than_a_second_is_one_second() -> None:
    assert told(failed("a", 429, retry_after_s=0.01)).retry_after_s == 1


@pytest.mark.parametrize("statuses", [(503, 500), (429, 504), (502, 429), (0, 529)])
def test_several_transient_failures_are_503_temporarily_unavailable(statuses: tuple[int, ...]) -> None:
    error = told(*(failed(f"p{number}", status) for number, status in enumerate(statuses)))
    assert (error.http_status, error.kind, code_of(error)) == (503, "provider_overloaded", "temporarily_unavailable")


@pytest.mark.parametrize(
    ("status", "to_caller", "kind"),
    [
        (502, 502, "provider_unavailable"),
        (503, 503, "provider_overloaded"),
        (504, 504, "timeout"),
        (529, 529, "provider_overloaded"),
        (0, 502, "provider_unavailable"),
    ],
)
def test_a_single_transient_failure_keeps_its_own_status(status: int, to_caller: int, kind: str) -> None:
    error = told(failed("a", status))
    assert (error.http_status, error.kind, code_of(error)) == (to_caller, kind, "temporarily_unavailable")


def test_a_single_500_is_masked() -> None:
    error = told(failed("a", 500, message="secret stack", code="E42", safe_message="secret", raw="secret body"))
    assert (error.http_status, error.kind, error.message) == (500, "server", "Internal Server Error")
    assert error.provider_code is None
    assert error.metadata == {}


def test_all_404_is_unavailable_upstream() -> None:
    error = told(failed("a", 404), failed("b", 404))
    assert (error.http_status, error.kind, code_of(error)) == (404, "not_found", "model_unavailable_upstream")
    assert error.retry_after_s is None


def test_anything_else_is_the_last_attempts_own_error_without_availability() -> None:
    error = told(
        failed("a", 503, code="busy"), failed("b", 400, safe_message="temperature too high", code="bad", raw="{}")
    )
    assert isinstance(error, InvalidRequest)
    assert (error.http_status, error.message, error.provider_code) == (400, "temperature too high", "bad")
    assert error.availability is None
    assert error.metadata == {
        "provider_name": "B",
        "raw": "{}",
        "previous_errors": [{"provider": "a", "code": "busy", "status": 503}],
    }


def test_an_unsafe_message_of_an_upstream_is_not_repeated() -> None:
    assert told(failed("a", 400, message="key sk-123 is wrong")).message == "Provider returned error"


def test_earlier_errors_never_carry_an_upstreams_body() -> None:
    error = told(failed("a", 503, raw="SECRET"), failed("b", 0, raw="SECRET"), failed("c", 400))
    assert "SECRET" not in repr(error.metadata)
    assert error.metadata["previous_errors"] == [
        {"provider": "a", "code": "provider_overloaded", "status": 503},
        {"provider": "b", "code": "provider_unavailable", "status": 502},
    ]


def test_a_content_policy_refusal_has_its_own_class() -> None:
    attempt = failed("a", 400)
    refused = replace(attempt, outcome=replace(attempt.outcome, error_type="content_policy_violation"))
    assert isinstance(told(refused), ContentPolicyViolation)


def test_an_image_complaint_keeps_its_type() -> None:
    attempt = failed("a", 400)
    error = told(replace(attempt, outcome=replace(attempt.outcome, error_type="image_too_large")))
    assert isinstance(error, InvalidRequest)
    assert error.kind == "image_too_large"
