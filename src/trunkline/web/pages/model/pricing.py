"""What a model costs, and the calculator (site.md 3.2).

Every price is an exact integer until it is printed; the calculator charges like the ledger does (`catalog/pricing.py`).
"""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Annotated

from msgspec import Meta, Struct

from trunkline.catalog.pricing import charge
from trunkline.catalog.types import Endpoint, Model
from trunkline.core.money import NanoUsd
from trunkline.protocols.events import Usage
from trunkline.web.context import WebContext
from trunkline.web.formats import numbers
from trunkline.web.pages.model.endpoints import endpoint_views
from trunkline.web.pages.model.head import Head
from trunkline.web.pages.model.matrix import Matrix, matrix
from trunkline.web.pages.model.price_history import Change, changes_of
from trunkline.web.pages.model.traffic import effective_price

COUNT_MAX = 10**12
EFFECTIVE_DAYS = 7
Count = Annotated[int, Meta(ge=0, le=COUNT_MAX)]


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
    changes: list[Change] | None
    """Of the last ninety days; None while the database is away."""


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
        changes=await changes_of(context, head.model.id),
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
