"""The attempt loop's decisions, without the loop: who may be tried after a failure, and what to say at the end.

Table and final statuses: routing-and-catalog.md 6; hints and earlier errors: inference.md 5.2–5.4.
"""

import math
from collections.abc import Iterable, Sequence

from msgspec import UNSET, Struct

from trunkline.core.errors import (
    Availability,
    AvailabilityCode,
    ContentPolicyViolation,
    ContextLengthExceeded,
    ErrorType,
    Internal,
    InvalidRequest,
    NotFound,
    PayloadTooLarge,
    PermissionDenied,
    ProviderOverloaded,
    ProviderUnavailable,
    RateLimited,
    TrunklineError,
    Unprocessable,
    UpstreamTimeout,
)
from trunkline.core.json import JsonValue
from trunkline.protocols.faults.types import Classified
from trunkline.routing.types import Candidate

_RETRYABLE: frozenset[AvailabilityCode] = frozenset({"capacity_exhausted", "temporarily_unavailable"})
_CLASSES: dict[ErrorType, type[TrunklineError]] = {
    "context_length_exceeded": ContextLengthExceeded,
    "content_policy_violation": ContentPolicyViolation,
    "permission_denied": PermissionDenied,
    "not_found": NotFound,
    "payload_too_large": PayloadTooLarge,
    "unprocessable": Unprocessable,
    "rate_limit_exceeded": RateLimited,
    "server": Internal,
    "unmapped": Internal,
    "provider_unavailable": ProviderUnavailable,
    "provider_overloaded": ProviderOverloaded,
    "timeout": UpstreamTimeout,
}
"""Every other type is a complaint about the request."""


class FailedAttempt(Struct, frozen=True, kw_only=True):
    """One call that ended without an answer."""

    candidate: Candidate
    provider_name: str
    """Display name."""
    outcome: Classified
    raw: str = ""
    """The upstream's body after redaction (inference.md 5.2); empty when there was none."""


def remaining(candidates: Iterable[Candidate], failed: Candidate, outcome: Classified) -> tuple[Candidate, ...]:
    """Which of the candidates that come after `failed` may still be tried."""
    return tuple(candidate for candidate in candidates if _may_follow(candidate, failed, outcome))


def _may_follow(candidate: Candidate, failed: Candidate, outcome: Classified) -> bool:
    if candidate.model.id != failed.model.id:
        if candidate.transient_only and not (outcome.transient or outcome.error_type == "rate_limit_exceeded"):
            return False
        return outcome.next_model
    match outcome.next_endpoint:
        case "any":
            return True
        case "larger_context":
            return _window(candidate) > _window(failed)
        case "unmoderated":
            return not candidate.endpoint.is_moderated
        case "none":
            return False


def _window(candidate: Candidate) -> float:
    """An undeclared window may be of any size."""
    length = candidate.endpoint.context_length
    return math.inf if length is None else length


def final_error(attempts: Sequence[FailedAttempt], *, requested: tuple[str, ...]) -> TrunklineError:
    """What the caller is told when every attempt failed. `attempts` holds at least one, in order.

    `requested` are the model references as sent.
    """
    last = attempts[-1].outcome
    code = _availability_code(attempts)
    if code == "temporarily_unavailable" and len(attempts) > 1:
        error_type, status = "provider_overloaded", ProviderOverloaded.status
    else:
        error_type, status = last.error_type, last.status
    retry_after_s = _retry_after_s(attempts) if code in _RETRYABLE else None
    return _CLASSES.get(error_type, InvalidRequest)(
        _message(code, error_type, attempts, retry_after_s),
        status=status,
        error_type=error_type,
        provider_code=last.fault.code if error_type != "server" else None,
        availability=_availability(code, attempts, requested, retry_after_s) if code is not None else None,
        metadata=_metadata(error_type, attempts),
        retry_after_s=retry_after_s,
    )


def _availability_code(attempts: Sequence[FailedAttempt]) -> AvailabilityCode | None:
    kinds = {attempt.outcome.error_type for attempt in attempts}
    if kinds == {"rate_limit_exceeded"}:
        return "capacity_exhausted"
    if kinds == {"not_found"}:
        return "model_unavailable_upstream"
    if all(a.outcome.transient or a.outcome.error_type == "rate_limit_exceeded" for a in attempts):
        return "temporarily_unavailable"
    return None


def _retry_after_s(attempts: Sequence[FailedAttempt]) -> int | None:
    """The smallest hint of any attempt, in whole seconds, at least one (inference.md 5.4)."""
    hints = [hint for attempt in attempts if (hint := attempt.outcome.fault.retry_after_s) is not None]
    return max(1, math.ceil(min(hints))) if hints else None


def _availability(
    code: AvailabilityCode, attempts: Sequence[FailedAttempt], requested: tuple[str, ...], retry_after_s: int | None
) -> Availability:
    return Availability(
        code=code,
        retryable=code in _RETRYABLE,
        requested_models=requested,
        retry_after_s=retry_after_s if retry_after_s is not None else UNSET,
        affected_providers=tuple(dict.fromkeys(attempt.candidate.endpoint.provider for attempt in attempts)),
    )


def _message(
    code: AvailabilityCode | None,
    error_type: ErrorType,
    attempts: Sequence[FailedAttempt],
    retry_after_s: int | None,
) -> str:
    if error_type == "server":
        return "Internal Server Error"
    again = f" Try again in {retry_after_s} seconds." if retry_after_s is not None else ""
    names = ", ".join(dict.fromkeys(attempt.provider_name for attempt in attempts))
    if code == "capacity_exhausted":
        return f"Rate limit exceeded at {names}.{again}"
    if code == "temporarily_unavailable" and len(attempts) > 1:
        return f"Service temporarily unavailable: {names} did not answer the request.{again}"
    return attempts[-1].outcome.safe_message or "Provider returned error"


def _metadata(error_type: ErrorType, attempts: Sequence[FailedAttempt]) -> dict[str, JsonValue]:
    """Whose words these are, and the failures before; nothing of a masked error's upstream."""
    last = attempts[-1]
    metadata: dict[str, JsonValue] = {}
    if error_type != "server":
        metadata["provider_name"] = last.provider_name
        if last.raw:
            metadata["raw"] = last.raw
    if len(attempts) > 1:
        metadata["previous_errors"] = [_previous(attempt) for attempt in attempts[:-1]]
    return metadata


def _previous(attempt: FailedAttempt) -> dict[str, JsonValue]:
    outcome = attempt.outcome
    return {
        "provider": attempt.candidate.endpoint.provider,
        "code": outcome.fault.code or outcome.error_type,
        "status": outcome.fault.status or outcome.status,
    }
