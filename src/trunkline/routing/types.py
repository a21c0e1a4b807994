"""What routing is asked and what it answers. The rules: routing-and-catalog.md 2–8."""

from collections.abc import Mapping
from typing import Literal, Protocol

from msgspec import Raw, Struct

from trunkline.catalog.types import Endpoint, Model, Operation
from trunkline.core.errors import ExcludedBy
from trunkline.core.money import AttoUsd
from trunkline.routing.policy import ANYBODY, Region, RoutingCaller
from trunkline.routing.policy import SortBy as SortBy
from trunkline.routing.routers.names import RouterStrategy
from trunkline.routing.routers.settings import NO_PROMPT, NO_SETTINGS, Prompt, RouterSettings
from trunkline.routing.sticky import NOTHING_REMEMBERED, Remembered

Quantization = Literal[
    "int4", "int8", "fp4", "mxfp4", "nvfp4", "fp6", "fp8", "mxfp8", "fp16", "bf16", "fp32", "unknown"
]
Percentile = Literal["p50", "p75", "p90", "p99"]
Window = Literal["30s", "5m", "30m", "2h", "1d", "3d"]
"""A trailing window of measurements (routing-and-catalog.md 21)."""


Strategy = Literal["direct", "alias", "latest"] | RouterStrategy


class MaxPrice(Struct, frozen=True, kw_only=True):
    """`provider.max_price`: USD per million tokens for the first two, USD per unit for the rest, as atto-USD per
    single token or unit."""

    prompt: AttoUsd | None = None
    completion: AttoUsd | None = None
    request: AttoUsd | None = None
    image: AttoUsd | None = None
    audio: AttoUsd | None = None


NO_PRICE_LIMIT = MaxPrice()
NOTHING_SENT = Raw(b"")


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
    max_price: MaxPrice = NO_PRICE_LIMIT
    min_throughput: tuple[tuple[Percentile, float], ...] = ()
    """(percentile, tokens per second) cutoffs, soft."""
    max_latency: tuple[tuple[Percentile, float], ...] = ()
    """(percentile, seconds) cutoffs, soft."""
    options: Mapping[str, Mapping[str, Raw]] = {}
    """Provider slug → members that only that provider is sent, of images, speech, transcription and video."""


class RoutingQuery(Struct, frozen=True, kw_only=True):
    """Everything about a request that decides where it may go."""

    models: tuple[str, ...]
    """Model references exactly as sent, in order, duplicates removed."""
    preferences: ProviderPreferences = ProviderPreferences()
    sent: Raw = NOTHING_SENT
    """The `provider` object that `preferences` were read from, for the record."""
    used_parameters: frozenset[str] = frozenset()
    """Names of the parameter enum that the request uses (routing 4.3, `require_parameters`)."""
    input_modalities: frozenset[str] = frozenset({"text"})
    output_modalities: frozenset[str] = frozenset()
    """Asked for explicitly; empty: the model's default."""
    prompt_tokens_estimate: int = 0
    prompt_field: str = "messages"
    """What the caller's format calls the prompt: for errors."""
    tool_tokens_estimate: int = 0
    """The part of the estimate that is tool definitions, for the message of an overlong request (routing 4.5)."""
    max_output_tokens: int | None = None
    service_tier: str | None = None
    operation: Operation = "chat"
    compression: bool | None = None
    """The `context-compression` plugin: on, off, or by the size of the endpoint's window (routing 17)."""
    wants_pro: bool = False
    """`reasoning.mode: "pro"`: the model's `-pro` sibling, where there is one (routing 10)."""
    caller: RoutingCaller = ANYBODY
    remembered: Remembered = NOTHING_REMEMBERED
    """Where this conversation went before (routing 13)."""
    prompt: Prompt = NO_PROMPT
    """For router models only; empty for others."""
    routers: RouterSettings = NO_SETTINGS
    """The request's and the account's settings of router models."""


class Candidate(Struct, frozen=True, kw_only=True):
    """An endpoint that survived the filters, with what ordering needs of it."""

    model: Model
    endpoint: Endpoint
    price: AttoUsd
    """The price score (routing 1)."""
    rank: int
    """Health rank 0–3 (routing 5.1)."""
    byok_key_id: str | None = None
    """The caller's own provider key that it is tried with; None: the operator's."""
    compressed_to: int | None = None
    """Tokens that prompt and tools must be cut to before it is called; None: as they are (routing 17)."""
    is_family_pick: bool = False
    """The caller named a family (`~author/family-latest`), not this model (routing 12.4)."""
    transient_only: bool = False
    """Tried only after failures that time may heal (routing 12.5), if it is not the first."""


class Dropped(Struct, frozen=True, kw_only=True):
    """An endpoint that did not survive, and the first filter that removed it."""

    endpoint: Endpoint
    filter: str
    excluded_by: ExcludedBy | None
    detail: str = ""


class Plan(Struct, frozen=True, kw_only=True):
    """The decision: the attempts in order."""

    requested: tuple[str, ...]
    attempts: tuple[Candidate, ...]
    total_endpoints: int
    strategy: Strategy
    """How the first reference was resolved (routing-and-catalog.md 25)."""
    primary_models: tuple[str, ...] = ()
    """Catalog ids that the first reference led to; a model that answers in their stead is a fallback."""
    routers: Mapping[str, str] = {}
    """Model id → the router that chose it."""
    task_type: str | None = None
    """What the auto router took the request for."""
    region: Region | None = None
    """Of the regional host that was called."""

    def router_of(self, model_id: str) -> str | None:
        """The router model that was asked for and chose this one; None: the caller named it."""
        return self.routers.get(model_id)


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


class Past(Struct, frozen=True):
    """What ordering reads of the recent past: health of this process, statistics of all."""

    health: EndpointHealth
    statistics: EndpointStatistics

    def latency_s(self, endpoint_id: str, percentile: Percentile) -> float | None:
        """Of the rolling five minutes, else of the last half hour (5.4)."""
        recent = self.statistics.latency_s(endpoint_id, "5m", percentile)
        return recent if recent is not None else self.statistics.latency_s(endpoint_id, "30m", percentile)

    def throughput_tps(self, endpoint_id: str, percentile: Percentile) -> float | None:
        """Of the rolling five minutes, else of the last half hour (5.4)."""
        recent = self.statistics.throughput_tps(endpoint_id, "5m", percentile)
        return recent if recent is not None else self.statistics.throughput_tps(endpoint_id, "30m", percentile)

    def recent_latency_s(self, endpoint_id: str, percentile: Percentile) -> float | None:
        """Of the rolling five minutes only, as preferences are judged (5.5)."""
        return self.statistics.latency_s(endpoint_id, "5m", percentile)

    def recent_throughput_tps(self, endpoint_id: str, percentile: Percentile) -> float | None:
        """Of the rolling five minutes only, as preferences are judged (5.5)."""
        return self.statistics.throughput_tps(endpoint_id, "5m", percentile)


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
