"""Endpoints as clients read them (routing-and-catalog.md 20.5), with members that newer official clients insist on."""

from collections.abc import Callable

from msgspec import Struct

from trunkline.api.price_objects import Prices, price_strings
from trunkline.catalog.types import Endpoint, Model, Tier
from trunkline.routing.types import EndpointHealth, EndpointStatistics

_STATUS_OF_RANK = {0: 0, 1: -1, 2: -3, 3: -2}
_STATUS_DOWN = -2


class Percentiles(Struct, frozen=True):
    """A distribution of the last minutes."""

    p50: float
    p75: float
    p90: float
    p99: float


class ToolChoiceSupport(Struct, frozen=True):
    """Which values of `tool_choice` work: what accepts the parameter is taken to accept them all."""

    auto: bool
    function: bool
    none: bool
    required: bool


class PublicEndpoint(Struct, frozen=True):
    """One endpoint of a model."""

    name: str
    model_id: str
    model_name: str
    context_length: int
    pricing: Prices
    provider_name: str
    tag: str
    quantization: str | None
    max_completion_tokens: int | None
    max_prompt_tokens: int | None
    supported_parameters: tuple[str, ...]
    status: int
    uptime_last_5m: float | None
    uptime_last_30m: float | None
    uptime_last_1d: float | None
    supports_implicit_caching: bool
    supports_voice_cloning: bool
    supports_diarization: bool
    supports_tool_choice: ToolChoiceSupport
    native_tools: dict[str, str]
    """The catalog knows of no endpoint that runs server tools itself."""
    service_tier: Tier | None
    """Null for a standard endpoint."""
    latency_last_30m: Percentiles | None
    throughput_last_30m: Percentiles | None


def public_endpoint(
    model: Model,
    endpoint: Endpoint,
    *,
    provider_name: str,
    at_ms: int,
    is_callable: bool,
    health: EndpointHealth,
    statistics: EndpointStatistics,
    with_percentiles: bool,
) -> PublicEndpoint:
    """An endpoint; percentiles only for callers with a key. Latency is in milliseconds (routing 20.5).

    `context_length` is 0 where tokens do not apply (media): clients insist on an integer.
    """
    chooses = "tool_choice" in endpoint.supported_parameters
    return PublicEndpoint(
        name=f"{provider_name}: {model.short_name}",
        model_id=model.canonical_slug,
        model_name=model.name,
        context_length=endpoint.context_length or model.context_length or 0,
        pricing=price_strings(endpoint.pricing, at_ms),
        provider_name=provider_name,
        tag=endpoint.tag,
        quantization=endpoint.quantization,
        max_completion_tokens=endpoint.max_output_tokens,
        max_prompt_tokens=endpoint.max_prompt_tokens,
        supported_parameters=tuple(sorted(endpoint.supported_parameters)),
        status=_STATUS_OF_RANK[health.rank(endpoint.id)] if is_callable else _STATUS_DOWN,
        uptime_last_5m=statistics.uptime_percent(endpoint.id, "5m"),
        uptime_last_30m=health.uptime_percent(endpoint.id),
        uptime_last_1d=statistics.uptime_percent(endpoint.id, "1d"),
        supports_implicit_caching=endpoint.supports_implicit_caching,
        supports_voice_cloning=False,
        supports_diarization=False,
        supports_tool_choice=ToolChoiceSupport(*[chooses] * 4),
        native_tools={},
        service_tier=None if endpoint.tier == "default" else endpoint.tier,
        latency_last_30m=_percentiles(health.latency_s, endpoint.id, 1000) if with_percentiles else None,
        throughput_last_30m=_percentiles(health.throughput_tps, endpoint.id, 1) if with_percentiles else None,
    )


def _percentiles(measure: Callable[[str, str], float | None], endpoint_id: str, scale: int) -> Percentiles | None:
    values = [measure(endpoint_id, percentile) for percentile in ("p50", "p75", "p90", "p99")]
    known = [value * scale for value in values if value is not None]
    return Percentiles(*known) if len(known) == len(values) else None
