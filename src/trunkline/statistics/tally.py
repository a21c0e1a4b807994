"""What a batch of generations adds to each rollup: pure sums, ready to be written."""

from collections.abc import Iterable
from typing import Literal, TypeAlias

from msgspec import Struct

from trunkline.core.calendar import DAY_MS, HOUR_MS, MINUTE_MS
from trunkline.generations.types import Generation
from trunkline.statistics import sketch
from trunkline.statistics.outcomes import Attempt, attempts
from trunkline.statistics.sketch import Bins

CONTEXT_BUCKETS = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
"""Tokens of the longest prompt of each bucket; the last takes what is longer (routing-and-catalog.md 22.1)."""

UsageKey: TypeAlias = tuple[str | int, ...]
EndpointKey: TypeAlias = tuple[int, str]
"""(bucket, endpoint id)"""
UsageRollup = Literal["usage_hours", "usage_days", "model_days", "app_days", "task_days", "session_days"]
EndpointRollup = Literal["endpoint_minutes", "endpoint_hours", "endpoint_days"]


class Sums(Struct):
    """A row of a usage rollup. Each rollup keeps the columns that it has."""

    permaslug: str
    provider_name: str
    generations: int = 0
    requests: int = 0
    """Completed or billed ones (accounts-and-governance.md ACT-24)."""
    failures: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    reasoning_tokens: int = 0
    cached_tokens: int = 0
    usage_nanousd: int = 0
    """What was charged."""
    byok_nanousd: int = 0
    """List price of what was paid elsewhere."""

    def add(self, generation: Generation) -> None:
        """Count one more."""
        charged_nanousd = generation.cost_nanousd if generation.charged else 0
        self.generations += 1
        self.requests += generation.status == "completed" or charged_nanousd > 0
        self.failures += generation.status == "failed"
        self.prompt_tokens += generation.native_tokens_prompt
        self.completion_tokens += generation.native_tokens_completion
        self.reasoning_tokens += generation.native_tokens_reasoning
        self.cached_tokens += generation.native_tokens_cached
        self.usage_nanousd += charged_nanousd
        self.byok_nanousd += generation.upstream_cost_nanousd if generation.is_byok else 0


class Measurements(Struct):
    """A row of an endpoint rollup."""

    successes: int = 0
    failures: int = 0
    rate_limited: int = 0
    forbidden: int = 0
    tool_requests: int = 0
    tool_errors: int = 0
    structured_requests: int = 0
    structured_errors: int = 0
    latency_ms: Bins = {}
    throughput_tps: Bins = {}

    def add(self, attempt: Attempt) -> None:
        """Count one more."""
        match attempt.outcome:
            case "success":
                self.successes += 1
            case "failure":
                self.failures += 1
            case "rate_limited":
                self.rate_limited += 1
            case "forbidden":
                self.forbidden += 1
            case "uncounted":
                return
        if attempt.tool_calls_valid is not None:
            self.tool_requests += 1
            self.tool_errors += not attempt.tool_calls_valid
        if attempt.structured_valid is not None:
            self.structured_requests += 1
            self.structured_errors += not attempt.structured_valid
        if attempt.latency_ms is not None:
            _count(self.latency_ms, attempt.latency_ms)
        if attempt.throughput_tps is not None:
            _count(self.throughput_tps, attempt.throughput_tps)

    def merge(self, more: "Measurements") -> None:
        """Add another row to this one."""
        self.successes += more.successes
        self.failures += more.failures
        self.rate_limited += more.rate_limited
        self.forbidden += more.forbidden
        self.tool_requests += more.tool_requests
        self.tool_errors += more.tool_errors
        self.structured_requests += more.structured_requests
        self.structured_errors += more.structured_errors
        sketch.add(self.latency_ms, more.latency_ms)
        sketch.add(self.throughput_tps, more.throughput_tps)


class Tally(Struct):
    """Rows by rollup and key, in the order of the tables' key columns."""

    usage: dict[UsageRollup, dict[UsageKey, Sums]] = {}
    endpoints: dict[EndpointRollup, dict[EndpointKey, Measurements]] = {}
    attempts: list[tuple[int, Attempt]] = []
    """Each with the time at which its generation ended."""


def tally(generations: Iterable[Generation]) -> Tally:
    """Count each generation once in every rollup that it belongs to, in the bucket in which it was asked for.

    The day of a request is the day of its arrival (GEN-10), here as in the spend of its key.
    """
    counted = Tally()
    for generation in generations:
        _count_usage(counted.usage, generation)
        for attempt in attempts(generation):
            if attempt.outcome != "uncounted":
                counted.attempts.append((generation.finished_at_ms, attempt))
                _count_attempt(counted.endpoints, generation.created_at_ms, attempt)
    return counted


def _count_usage(usage: dict[UsageRollup, dict[UsageKey, Sums]], generation: Generation) -> None:
    at_ms = generation.created_at_ms
    day = at_ms // DAY_MS
    model, app_id = generation.model, generation.app_id or 0
    account_id, workspace_id = generation.account_id, generation.workspace_id or ""
    where = (model, generation.endpoint_id or "", workspace_id, generation.key_hash, app_id)
    _sum(usage, "usage_hours", (account_id, at_ms // HOUR_MS, *where), generation)
    _sum(usage, "usage_days", (account_id, day, *where), generation)
    if not (generation.charged and generation.is_public):
        return  # the Sandbox's answers are nobody's public traffic
    bucket = context_bucket(generation.native_tokens_prompt)
    _sum(usage, "model_days", (day, model, bucket, generation.tool_call_count > 0), generation)
    if generation.task is not None:
        _sum(usage, "task_days", (day, generation.task, model), generation)
    if app_id:
        _sum(usage, "app_days", (day, app_id, model), generation)
        if generation.session_id is not None:
            session = (day, account_id, workspace_id, generation.session_id, app_id, model)
            _sum(usage, "session_days", session, generation)


def _sum(
    usage: dict[UsageRollup, dict[UsageKey, Sums]], rollup: UsageRollup, key: UsageKey, generation: Generation
) -> None:
    rows = usage.setdefault(rollup, {})
    sums = rows.get(key)
    if sums is None:
        tried = generation.provider_responses
        permaslug = tried[-1].model_permaslug if tried else generation.model
        sums = rows[key] = Sums(permaslug, generation.provider_name or "")
    sums.add(generation)


def _count_attempt(
    endpoints: dict[EndpointRollup, dict[EndpointKey, Measurements]], at_ms: int, attempt: Attempt
) -> None:
    minutes, hours = endpoints.setdefault("endpoint_minutes", {}), endpoints.setdefault("endpoint_hours", {})
    minutes.setdefault((at_ms // MINUTE_MS, attempt.endpoint_id), Measurements()).add(attempt)
    hours.setdefault((at_ms // HOUR_MS, attempt.endpoint_id), Measurements()).add(attempt)
    days = endpoints.setdefault("endpoint_days", {})
    days.setdefault((at_ms // DAY_MS, attempt.endpoint_id), Measurements()).add(attempt)


def context_bucket(prompt_tokens: int) -> int:
    """Index of the smallest of CONTEXT_BUCKETS that the prompt fits into."""
    return next((i for i, most in enumerate(CONTEXT_BUCKETS) if prompt_tokens <= most), len(CONTEXT_BUCKETS) - 1)


def _count(bins: Bins, value: float) -> None:
    key = sketch.bin_of(value)
    bins[key] = bins.get(key, 0) + 1
