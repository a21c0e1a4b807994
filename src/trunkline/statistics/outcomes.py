"""What a generation's record says of each endpoint that was tried for it (routing-and-catalog.md 21).

Measured here and nowhere else, so that statistics can be recomputed from the records, and a process that is killed
takes none with it.
"""

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from trunkline.generations.types import Generation

Outcome = Literal["success", "failure", "rate_limited", "forbidden", "uncounted"]
"""`rate_limited` and `forbidden` are shown but are no failures; `uncounted` says nothing about the endpoint."""

_COUNTED_CLIENT_ERRORS = frozenset({401, 402, 404, 408})


class Attempt(Struct, frozen=True):
    """One endpoint's part in a generation. Measurements are only of answers that came to their end."""

    endpoint_id: str
    outcome: Outcome
    latency_ms: int | None = None
    """To the first token, of streams."""
    throughput_tps: float | None = None
    """Output tokens per second from the request's start to the answer's end."""
    tool_calls_valid: bool | None = None
    structured_valid: bool | None = None


def attempts(generation: Generation) -> Iterator[Attempt]:
    """Every attempt, in order."""
    tried = generation.provider_responses
    for response in tried[:-1]:
        yield Attempt(response.endpoint_id, "uncounted" if response.outpaced else outcome_of_status(response.status))
    if tried:
        yield _last(generation, tried[-1].endpoint_id, tried[-1].status, is_only=len(tried) == 1)


def outcome_of_status(status: int | None) -> Outcome:
    """Of an attempt that failed with this HTTP status; None: no answer came."""
    if status is None or status >= 500 or status in _COUNTED_CLIENT_ERRORS:
        return "failure"
    if status == 429:
        return "rate_limited"
    if status == 403:
        return "forbidden"
    # A good status on an attempt that another one followed: it broke before any content.
    return "failure" if status < 400 else "uncounted"


def _last(generation: Generation, endpoint_id: str, status: int | None, *, is_only: bool) -> Attempt:
    if generation.status in ("cancelled", "interrupted", "running"):
        return Attempt(endpoint_id, "uncounted")
    if generation.status == "failed":
        # An answer that broke after its status line is told apart by the error that the caller got.
        if status is not None and status < 400:
            status = generation.error_code
        return Attempt(endpoint_id, outcome_of_status(status))
    if generation.finish_reason == "error":
        return Attempt(endpoint_id, "failure")
    duration_ms = generation.finished_at_ms - generation.created_at_ms
    is_timed = is_only and generation.tokens_completion > 0 and duration_ms > 0
    return Attempt(
        endpoint_id,
        "success",
        # The record's times begin with the request: of an endpoint that was tried second they would tell of the first.
        latency_ms=generation.latency_ms if is_only and generation.streamed else None,
        throughput_tps=generation.tokens_completion * 1000 / duration_ms if is_timed else None,
        tool_calls_valid=generation.tool_calls_valid,
        structured_valid=generation.structured_valid,
    )
