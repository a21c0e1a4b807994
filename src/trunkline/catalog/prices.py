"""The prices of an endpoint, as integers (catalog README, "Pricing"). Arithmetic on them: `catalog/pricing.py`."""

from collections.abc import Mapping, Sequence
from typing import Literal, Self

from msgspec import Struct
from msgspec.structs import force_setattr

from trunkline.core.money import AttoUsd

PriceKey = Literal[
    "prompt",
    "completion",
    "request",
    "image",
    "image_token",
    "image_output",
    "audio",
    "audio_output",
    "input_audio_cache",
    "web_search",
    "internal_reasoning",
    "input_cache_read",
    "input_cache_write",
    "input_cache_write_1h",
]
PRICE_KEYS: tuple[PriceKey, ...] = PriceKey.__args__  # in the order in which they are shown


class PriceOverride(Struct, frozen=True, kw_only=True):
    """Conditional prices; all conditions must hold (catalog README, "Pricing" rule 2)."""

    prices: Mapping[PriceKey, AttoUsd]
    min_prompt_tokens: int | None = None
    utc_start: int | None = None
    utc_end: int | None = None
    weekdays: tuple[int, ...] = ()


class ScheduledPrice(Struct, frozen=True, kw_only=True):
    """An announced change: from `effective_from_ms` on, these prices replace the base."""

    effective_from_ms: int
    prices: Mapping[PriceKey, AttoUsd]


class UnitPrice(Struct, frozen=True):
    """A price for media that is not billed by token."""

    label: str
    unit: str
    price: AttoUsd


class Rates(Struct, frozen=True):
    """What one unit of each class costs, in atto-USD: fallbacks resolved, so that charging only multiplies.

    A class without a price of its own uses `prompt` (input) or `completion` (output) (catalog README, "Pricing"
    rule 1); the narrower fallbacks between them are in `of`.
    """

    prompt: int
    completion: int
    cached: int
    cache_write: int
    cache_write_1h: int
    audio: int
    cached_audio: int
    image_token: int
    reasoning: int
    image_output: int
    audio_output: int
    request: int
    image: int
    web_search: int

    @classmethod
    def of(cls, prices: Mapping[PriceKey, AttoUsd]) -> Self:
        """The rates of one set of prices. A request, image or search without a price costs nothing extra."""
        get = prices.get
        prompt, completion = get("prompt", 0), get("completion", 0)
        audio = get("audio", prompt)
        cache_write = get("input_cache_write", prompt)
        return cls(
            prompt=prompt,
            completion=completion,
            cached=get("input_cache_read", prompt),
            cache_write=cache_write,
            # `input_cache_write` is the five-minute price only "where there are several"; alone it is the price.
            cache_write_1h=get("input_cache_write_1h", cache_write),
            audio=audio,
            # A cached audio token is a cached token before it is an audio token.
            cached_audio=get("input_audio_cache", get("input_cache_read", audio)),
            image_token=get("image_token", prompt),
            reasoning=get("internal_reasoning", completion),
            image_output=get("image_output", completion),
            audio_output=get("audio_output", completion),
            request=get("request", 0),
            image=get("image", 0),
            web_search=get("web_search", 0),
        )


def score(rates: Rates, units: Sequence[UnitPrice]) -> AttoUsd:
    """The mean of prompt and completion plus a thousandth of the request; for what has none of these, the cheapest
    unit. A missing price counts as 0 (routing-and-catalog.md 1)."""
    found = (rates.prompt + rates.completion) // 2 + rates.request // 1000
    if found:
        return AttoUsd(found)
    prices = [unit.price for unit in units] + [rate for rate in (rates.image, rates.image_output) if rate]
    return AttoUsd(min(prices, default=0))


class PriceSheet(Struct, frozen=True, kw_only=True):
    """All prices of one endpoint."""

    base: Mapping[PriceKey, AttoUsd]
    overrides: tuple[PriceOverride, ...] = ()
    scheduled: tuple[ScheduledPrice, ...] = ()
    units: tuple[UnitPrice, ...] = ()
    priced: bool = True
    """False: the model is unknown to the catalog, so it has *no* price, which is not the same as zero."""
    base_rates: Rates = Rates(*[0] * 14)
    """Of `base`; set by the sheet itself."""
    base_score: AttoUsd = AttoUsd(0)
    """One number to order endpoints by (routing-and-catalog.md 1), of `base`; set by the sheet itself."""

    def __post_init__(self) -> None:
        rates = Rates.of(self.base)
        force_setattr(self, "base_rates", rates)
        force_setattr(self, "base_score", score(rates, self.units))
