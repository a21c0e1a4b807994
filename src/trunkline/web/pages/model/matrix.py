"""The full price matrix: every endpoint, and what changes its prices (site.md 3.2)."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from trunkline.catalog.price_display import shown_prices
from trunkline.catalog.prices import PRICE_KEYS, PriceKey, PriceOverride
from trunkline.catalog.types import Endpoint
from trunkline.core.money import AttoUsd
from trunkline.web.formats import numbers, times
from trunkline.web.pages.model.endpoints import EndpointView

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
PER_UNIT: Mapping[PriceKey, str] = {"request": "each", "image": "each", "web_search": "each"}


class PriceRow(Struct, frozen=True):
    """An endpoint's prices, or what replaces some of them under a condition."""

    label: str
    cells: list[str]
    is_condition: bool = False


class Matrix(Struct, frozen=True):
    """Columns are the prices that any endpoint has."""

    columns: list[str]
    rows: list[PriceRow]


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
    return Matrix([f"{TITLES[key]} {PER_UNIT.get(key, '/M')}" for key in used], rows)


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
    if key in PER_UNIT:
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
