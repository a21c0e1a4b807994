"""What routing is asked and what it answers. The rules: routing-and-catalog.md 2–8."""

from typing import Literal, Protocol

from msgspec import Struct

from trunkline.catalog.types import Endpoint, Model
from trunkline.core.errors import ExcludedBy
from trunkline.core.money import AttoUsd

Quantization = Literal[
    "int4", "int8", "fp4", "mxfp4", "nvfp4", "fp6", "fp8", "mxfp8", "fp16", "bf16", "fp32", "unknown"
]
SortBy = Literal["price", "throughput", "latency", "exacto"]
Percentile = Literal["p50", "p75", "p90", "p99"]
Window = Literal["30s", "5m", "30m", "2h", "1d", "3d"]
"""A trailing window of measurements (routing-and-catalog.md 21)."""


class MaxPrice(Struct, frozen=True, kw_only=True):
    """`provider.max_price`: USD per million tokens for the first two, USD per unit for the rest, as atto-USD per
    single token or unit."""

    prompt: AttoUsd | None = None
    completion: AttoUsd | None = None
    request: AttoUsd | None = None
    image: AttoUsd | None = None
    audio: AttoUsd | None = None


class ProviderPreferences(Struct, frozen=True, kw_only=True):
    """The request's `provider` object after validation; empty lists mean absent (routing 2.2)."""

    order: tuple[str, ...] = ()
    allow_fallbacks: bool = True
    require_parameters: bool = False
    data_collection: Literal["allow", "deny"] = "allow"
    zdr: bool = False
    enforce_distillable_text: bool = False
    only: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    quantizations: tuple[Quantization, ...] = ()
    sort: SortBy | None = None
    partition: Literal["model", "none"] = "model"
    max_price: MaxPrice = MaxPrice()
    min_throughput: tuple[tuple[str, float], ...] = ()
    """(percentile, tokens per second) cutoffs, soft."""
    max_latency: tuple[tuple[str, float], ...] = ()
    """(percentile, seconds) cutoffs, soft."""


class RoutingQuery(Struct, frozen=True, kw_only=True):
    """Everything about a request that decides where it may go."""

    models: tuple[str, ...]
    """Model references exactly as sent, in order, duplicates removed."""
    preferences: ProviderPreferences = ProviderPreferences()
    used_parameters: frozenset[str] = frozenset()
    """Names of the parameter enum that the request uses (routing 4.3, `require_parameters`)."""
    input_modalities: frozenset[str] = frozenset({"text"})
    output_modalities: frozenset[str] = frozenset()
    """Asked for explicitly; empty: the model's default."""
    prompt_tokens_estimate: int = 0
    tool_tokens_estimate: int = 0
    """The part of the estimate that is tool definitions, for the message of an overlong request (routing 4.5)."""
    max_output_tokens: int | None = None
    service_tier: str | None = None
    operation: str = "chat"
    sticky_endpoint_id: str | None = None


class Candidate(Struct, frozen=True, kw_only=True):
    """An endpoint that survived the filters, with what ordering needs of it."""

    model: Model
    endpoint: Endpoint
    price: AttoUsd
    """The price score (routing 1)."""
    rank: int
    """Health rank 0–3 (routing 5.1)."""


class Dropped(Struct, frozen=True, kw_only=True):
    """An endpoint that did not survive, and the first filter that removed it."""

    endpoint: Endpoint
    filter: str
    excluded_by: ExcludedBy | None
    detail: str = ""


class Plan(Struct, frozen=True, kw_only=True):
    """The decision: the attempts in order, and why everything else is not among them. `explain` prints it."""

    requested: tuple[str, ...]
    attempts: tuple[Candidate, ...]
    dropped: tuple[Dropped, ...]
    total_endpoints: int
    strategy: str
    """`direct`, `alias`, … (inference.md 16)."""
    primary_model: str = ""
    """Catalog id of the first requested model; one that answers in its stead is a fallback."""


class EndpointHealth(Protocol):
    """What ordering asks of the recent past. Answers are for now; the implementation owns the clock."""

    def rank(self, endpoint_id: str) -> int:
        """0 normal, 1 degraded, 2 outage in the last 30 s, 3 down (routing 5.1)."""
        ...

    def uptime_percent(self, endpoint_id: str) -> float | None:
        """Trailing 30 minutes; None with too few counted requests."""
        ...

    def latency_s(self, endpoint_id: str, percentile: str) -> float | None:
        """Time to first token, rolling 5 minutes (else 30); `percentile` is `p50`, `p75`, `p90` or `p99`."""
        ...

    def throughput_tps(self, endpoint_id: str, percentile: str) -> float | None:
        """Output tokens per second, same windows."""
        ...


class EndpointStatistics(Protocol):
    """What was measured of endpoints (routing-and-catalog.md 21). Answers are for now, from memory: the planner may
    ask for every candidate of every request.

    Each answer is None when the window holds fewer than `count_min` measurements of that kind.
    """

    def latency_s(self, endpoint_id: str, window: Window, percentile: Percentile, count_min: int = 1) -> float | None:
        """Seconds to the first token that `percentile` of the streams stayed at or below."""
        ...

    def throughput_tps(
        self, endpoint_id: str, window: Window, percentile: Percentile, count_min: int = 1
    ) -> float | None:
        """Output tokens per second that `percentile` of the requests reached or exceeded, so p90 ≤ p50 (5.5)."""
        ...

    def uptime_percent(self, endpoint_id: str, window: Window, count_min: int = 10) -> float | None:
        """Successes per hundred counted requests."""
        ...

    def tool_success(self, endpoint_id: str, window: Window, count_min: int = 1) -> float | None:
        """Share (0–1) of the requests that finished with tool calls in which every call was valid (11)."""
        ...

    def structured_success(self, endpoint_id: str, window: Window, count_min: int = 1) -> float | None:
        """Share (0–1) of the requests for structured output whose answer met the schema."""
        ...


class NoStatistics:
    """EndpointStatistics of an instance that has measured nothing."""

    def latency_s(self, endpoint_id: str, window: Window, percentile: Percentile, count_min: int = 1) -> float | None:
        return None

    def throughput_tps(
        self, endpoint_id: str, window: Window, percentile: Percentile, count_min: int = 1
    ) -> float | None:
        return None

    def uptime_percent(self, endpoint_id: str, window: Window, count_min: int = 10) -> float | None:
        return None

    def tool_success(self, endpoint_id: str, window: Window, count_min: int = 1) -> float | None:
        return None

    def structured_success(self, endpoint_id: str, window: Window, count_min: int = 1) -> float | None:
        return None


class Availabilities(Protocol):
    """Which endpoints can be called at all on this instance: provider enabled, protocol spoken."""

    def is_callable(self, endpoint: Endpoint) -> bool: ...
