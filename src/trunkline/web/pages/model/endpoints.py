"""A model's endpoints as its page shows them: prices, speed, policy, whether they work now (site.md 3.2)."""

from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from trunkline.catalog.price_display import shown_prices
from trunkline.catalog.pricing import price_score
from trunkline.catalog.types import Endpoint, Model, Provider
from trunkline.web.context import WebContext
from trunkline.web.formats import numbers

Sort = Literal["default", "price", "latency", "throughput", "uptime"]
SORTS: tuple[tuple[Sort, str], ...] = (
    ("default", "As routed"),
    ("price", "Price"),
    ("latency", "Latency"),
    ("throughput", "Throughput"),
    ("uptime", "Uptime"),
)
_STATES = {0: ("normal", "good"), 1: ("degraded", "warn"), 2: ("outage", "bad"), 3: ("down", "bad")}


class EndpointView(Struct, frozen=True, kw_only=True):
    """One endpoint at this moment. Speeds and uptime are None while too little was measured here."""

    endpoint: Endpoint
    provider: Provider
    input_price: str
    output_price: str
    cache_read_price: str | None
    cache_write_price: str | None
    score: int
    latency_s: float | None
    throughput_tps: float | None
    uptime_percent: float | None
    is_callable: bool
    hint: str
    """What the operator could do to make it callable."""
    state: str
    state_kind: str


def endpoint_views(context: WebContext, model: Model, sort: Sort = "default") -> list[EndpointView]:
    """All of them; those that can be called here first, within each by `sort`."""
    views = [_view(context, endpoint) for endpoint in model.endpoints]
    return sorted(views, key=lambda view: (not view.is_callable, *_POSITIONS[sort](view)))


def read_sort(value: str | None) -> Sort:
    """The sort of an address; the default for anything unknown."""
    match value:
        case "price" | "latency" | "throughput" | "uptime":
            return value
        case _:
            return "default"


def _view(context: WebContext, endpoint: Endpoint) -> EndpointView:
    facts = context.facts
    health = facts.health
    now_ms = facts.now_ms()
    prices, _ = shown_prices(endpoint.pricing, now_ms)
    is_callable = facts.is_callable(endpoint)
    state, kind = _STATES[health.rank(endpoint.id)] if is_callable else ("not set up here", "")

    def per_million(key: Literal["prompt", "completion", "input_cache_read", "input_cache_write"]) -> str | None:
        return numbers.price_per_million(prices[key]) if key in prices else None

    is_by_token = "prompt" in prices or "completion" in prices
    missing = "Free" if endpoint.pricing.priced and is_by_token else numbers.DASH
    return EndpointView(
        endpoint=endpoint,
        provider=facts.snapshot().providers[endpoint.provider],
        input_price=per_million("prompt") or missing,
        output_price=per_million("completion") or missing,
        cache_read_price=per_million("input_cache_read"),
        cache_write_price=per_million("input_cache_write"),
        score=price_score(endpoint.pricing, now_ms),
        latency_s=health.latency_s(endpoint.id, "p50"),
        throughput_tps=health.throughput_tps(endpoint.id, "p50"),
        uptime_percent=health.uptime_percent(endpoint.id),
        is_callable=is_callable,
        hint="" if is_callable else context.world().hint(endpoint),
        state=state,
        state_kind=kind,
    )


def _known(value: float | None, sign: int = 1) -> tuple[bool, float]:
    """Missing values last."""
    return (value is None, 0.0 if value is None else sign * value)


_POSITIONS: dict[Sort, Callable[[EndpointView], tuple[object, ...]]] = {
    "default": lambda view: (view.state_kind == "bad", view.score, view.endpoint.tag),
    "price": lambda view: (not view.endpoint.pricing.priced, view.score, view.endpoint.tag),
    "latency": lambda view: _known(view.latency_s),
    "throughput": lambda view: _known(view.throughput_tps, -1),
    "uptime": lambda view: _known(view.uptime_percent, -1),
}
