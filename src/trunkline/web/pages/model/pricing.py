"""The full price matrix, and the calculator (site.md 3.2).

Every price is an exact integer until it is printed; the calculator charges like the ledger does (`catalog/pricing.py`).
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Annotated

from msgspec import Meta, Struct

from trunkline.catalog.price_display import shown_prices
from trunkline.catalog.prices import PRICE_KEYS, PriceKey, PriceOverride
from trunkline.catalog.pricing import charge
from trunkline.catalog.types import Endpoint, Model
from trunkline.core.money import AttoUsd, NanoUsd
from trunkline.protocols.events import Usage
from trunkline.web.context import WebContext
from trunkline.web.formats import numbers, times
from trunkline.web.pages.model.endpoints import EndpointView, endpoint_views
from trunkline.web.pages.model.head import Head
from trunkline.web.pages.model.traffic import effective_price

TITLES: Mapping[PriceKey, str] = {
    "prompt": "Input",
    "completion": "Output",
    "request": "Request",
    "image": "Image in",
    "image_token": "Image token in",
    "image_output": "Image token out",
    "audio": "Audio in",
    "audio_output": "Audio out",
    "input_audio_cache": "Cached audio",
    "web_search": "Web search",
    "internal_reasoning": "Reasoning",
    "input_cache_read": "Cache read",
    "input_cache_write": "Cache write",
    "input_cache_write_1h": "Cache write, 1 h",
}
_PER_UNIT: Mapping[PriceKey, str] = {"request": "each", "image": "each", "web_search": "each"}
COUNT_MAX = 10**12
EFFECTIVE_DAYS = 7
Count = Annotated[int, Meta(ge=0, le=COUNT_MAX)]


class PriceRow(Struct, frozen=True):
    """An endpoint's prices, or what replaces some of them under a condition."""

    label: str
    cells: list[str]
    is_condition: bool = False


class Matrix(Struct, frozen=True):
    """Columns are the prices that any endpoint has."""

    columns: list[str]
    rows: list[PriceRow]


class Estimate(Struct, frozen=True):
    """The cost of the calculator's requests at one endpoint."""

    provider: str
    tag: str
    cost: str
    cost_nanousd: NanoUsd | None


class Amounts(Struct, frozen=True, kw_only=True):
    """The calculator's fields."""

    input_tokens: Count = 1_000_000
    output_tokens: Count = 500_000
    cached_percent: Annotated[int, Meta(ge=0, le=100)] = 0
    requests: Annotated[int, Meta(ge=1, le=10**9)] = 1


class Pricing(Struct, frozen=True, kw_only=True):
    """What the tab shows."""

    head: Head
    matrix: Matrix
    units: list[tuple[str, str, str]]
    """(provider, what, price) of media that is not billed by token."""
    effective: str | None
    """What a million tokens really cost here in the last seven days."""
    amounts: Amounts
    estimates: list[Estimate]
    markup_percent: float


async def pricing(context: WebContext, head: Head, amounts: Amounts) -> Pricing:
    """The tab as of now."""
    views = endpoint_views(context, head.model, "price")
    return Pricing(
        head=head,
        matrix=matrix(views, context.facts.now_ms()),
        units=[
            (view.provider.name, f"{unit.label}, per {unit.unit}", numbers.price_per_unit(unit.price))
            for view in views
            for unit in view.endpoint.pricing.units
        ],
        effective=await effective_price(context, head.model.id, EFFECTIVE_DAYS),
        amounts=amounts,
        estimates=estimates(context, head.model, amounts),
        markup_percent=context.settings.billing.markup_percent,
    )


def read_amounts(query: Mapping[str, str]) -> Amounts:
    """The calculator's fields from an address; what is no number in range keeps its default."""
    defaults = Amounts()

    def field(name: str, default: int, low: int, high: int) -> int:
        try:
            value = int(Decimal(query.get(name, "").replace(",", "")))
        except (InvalidOperation, ValueError, OverflowError):
            return default
        return min(max(value, low), high)

    return Amounts(
        input_tokens=field("input_tokens", defaults.input_tokens, 0, COUNT_MAX),
        output_tokens=field("output_tokens", defaults.output_tokens, 0, COUNT_MAX),
        cached_percent=field("cached_percent", defaults.cached_percent, 0, 100),
        requests=field("requests", defaults.requests, 1, 10**9),
    )


def estimates(context: WebContext, model: Model, amounts: Amounts) -> list[Estimate]:
    """What the requests cost at each endpoint, cheapest first; the tokens are spread evenly over the requests."""
    found = [_estimate(context, endpoint, amounts) for endpoint in model.endpoints]
    return sorted(found, key=lambda each: (each.cost_nanousd is None, each.cost_nanousd or 0, each.tag))


def _estimate(context: WebContext, endpoint: Endpoint, amounts: Amounts) -> Estimate:
    provider = context.facts.snapshot().providers[endpoint.provider].name
    sheet = endpoint.pricing
    if not sheet.priced or not sheet.base:
        return Estimate(provider, endpoint.tag, numbers.DASH, None)
    prompt = amounts.input_tokens // amounts.requests
    usage = Usage(
        prompt_tokens=prompt,
        completion_tokens=amounts.output_tokens // amounts.requests,
        cached_tokens=prompt * amounts.cached_percent // 100,
    )
    one = charge(sheet, usage, at_ms=context.facts.now_ms()).total_nanousd
    total = NanoUsd(one * amounts.requests)
    return Estimate(provider, endpoint.tag, numbers.amount(total), total)


def matrix(views: list[EndpointView], now_ms: int) -> Matrix:
    """Prices now, and below each endpoint what changes them."""
    shown = [(view, *shown_prices(view.endpoint.pricing, now_ms)) for view in views]
    used: list[PriceKey] = [
        key
        for key in PRICE_KEYS
        if any(key in now or any(key in override.prices for override in later) for _, now, later in shown)
    ]
    rows: list[PriceRow] = []
    for view, now, later in shown:
        rows.append(PriceRow(_label(view), [_cell(key, now) for key in used]))
        rows += [PriceRow(_condition(each), [_cell(key, each.prices) for key in used], True) for each in later]
        rows += list(_announced(view.endpoint, used, now_ms))
    return Matrix([f"{TITLES[key]} {_PER_UNIT.get(key, '/M')}" for key in used], rows)


def _label(view: EndpointView) -> str:
    """The provider, with the endpoint's tag where that says more."""
    tag = view.endpoint.tag
    return view.provider.name if tag == view.provider.slug else f"{view.provider.name} · {tag}"


def _announced(endpoint: Endpoint, used: list[PriceKey], now_ms: int) -> Iterator[PriceRow]:
    for change in endpoint.pricing.scheduled:
        if change.effective_from_ms > now_ms:
            cells = [_cell(key, change.prices) for key in used]
            yield PriceRow(f"from {times.moment(change.effective_from_ms)}", cells, True)


def _cell(key: PriceKey, prices: Mapping[PriceKey, AttoUsd]) -> str:
    if key not in prices:
        return numbers.DASH
    if key in _PER_UNIT:
        return numbers.price_per_unit(prices[key])
    return numbers.price_per_million(prices[key])


def _condition(override: PriceOverride) -> str:
    parts: list[str] = []
    if override.min_prompt_tokens is not None:
        parts.append(f"above {numbers.count(override.min_prompt_tokens)} input tokens")
    if override.utc_start is not None and override.utc_end is not None:
        parts.append(f"{_clock(override.utc_start)}–{_clock(override.utc_end)} UTC")
    return ", ".join(parts)


def _clock(number: int) -> str:
    return f"{number // 100:02}:{number % 100:02}"
