"""What a listing says is offered, whichever of two forms it has.

*A gateway's* `GET /models`: `{"data": [{"id", "pricing", "context_length", …}]}`, prices as decimal strings of US
dollars for a token. The prices are the gateway's own when it is named as the provider; else they are taken for the
author's own service, unless the weights are open: then they may be anybody's.

*A public list by provider*: `{"<provider>": {"models": {"<name>": {"cost": {"input", …}, "limit": {…}, …}}}}`, prices
in US dollars for a million tokens.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

import msgspec
from msgspec import Raw, Struct

from trunkline.catalog.prices import PRICE_KEYS, PriceKey
from trunkline.core.json import members
from trunkline.core.money import AttoUsd, parse_price

OFFERS_MAX: Final = 20_000
_MILLION: Final = 1_000_000
_FREE: Final = ":free"
_COSTS: Final[Mapping[str, PriceKey]] = {
    "input": "prompt",
    "output": "completion",
    "cache_read": "input_cache_read",
    "cache_write": "input_cache_write",
    "reasoning": "internal_reasoning",
    "input_audio": "audio",
    "output_audio": "audio_output",
}


class ListingInvalid(ValueError):
    """Bytes that are no listing; the message says what was expected."""


class Offer(Struct, frozen=True, kw_only=True):
    """A model as one provider offers it. What the listing does not tell is None."""

    provider: str | None
    """As the listing calls it; None: it does not say who serves."""
    name: str
    """What is asked for there."""
    title: str | None = None
    created_s: int | None = None
    context_length: int | None = None
    max_output_tokens: int | None = None
    parameters: tuple[str, ...] | None = None
    input_modalities: tuple[str, ...] | None = None
    output_modalities: tuple[str, ...] | None = None
    prices: Mapping[PriceKey, AttoUsd] | None = None
    ends: str | None = None
    """Last day, `YYYY-MM-DD`."""

    @property
    def is_free(self) -> bool:
        """The free variant of a model that has a name of its own without the suffix."""
        return self.name.endswith(_FREE)

    @property
    def base_name(self) -> str:
        return self.name.removesuffix(_FREE)


class Listing(Struct, frozen=True, kw_only=True):
    """Everything that was read."""

    offers: tuple[Offer, ...]
    passed_over: Mapping[str, int]
    """Why rows were left out → how many."""


class _Architecture(Struct, frozen=True):
    input_modalities: tuple[str, ...] = ("text",)
    output_modalities: tuple[str, ...] = ("text",)


class _Top(Struct, frozen=True):
    max_completion_tokens: int | None = None


class _GatewayRow(Struct, frozen=True):
    id: str
    name: str | None = None
    created: int | None = None
    context_length: int | None = None
    architecture: _Architecture = _Architecture()
    pricing: dict[str, Raw] | None = None
    supported_parameters: tuple[str, ...] | None = None
    top_provider: _Top | None = None
    expiration_date: str | None = None


class _Limit(Struct, frozen=True):
    context: int | None = None
    output: int | None = None


class _Modalities(Struct, frozen=True):
    input: tuple[str, ...] | None = None
    output: tuple[str, ...] | None = None


class _PublicRow(Struct, frozen=True):
    name: str | None = None
    cost: dict[str, Raw] | None = None
    limit: _Limit = _Limit()
    modalities: _Modalities = _Modalities()


class _PublicProvider(Struct, frozen=True):
    models: dict[str, Raw]


_gateway_row = msgspec.json.Decoder(_GatewayRow)
_public_row = msgspec.json.Decoder(_PublicRow)
_public_provider = msgspec.json.Decoder(_PublicProvider)
_rows = msgspec.json.Decoder(list[Raw])
_decimal = msgspec.json.Decoder(Decimal, strict=False)


def read_listing(data: bytes, provider: str | None) -> Listing:
    """Read either form. `provider` is whose prices a gateway's list has. Raises ListingInvalid."""
    passed_over = Counter[str]()
    try:
        found = members(data)
        is_gateway = "data" in found
        rows = _of_gateway(found["data"], provider, passed_over) if is_gateway else _public(found, passed_over)
        offers = tuple(offer for offer, _ in zip(rows, range(OFFERS_MAX), strict=False))
    except msgspec.MsgspecError as error:
        raise ListingInvalid(f"it is no list of models: {error}") from None
    if not offers:
        raise ListingInvalid('it lists no model: neither {"data": [...]} nor {"<provider>": {"models": {...}}}')
    return Listing(offers=offers, passed_over=passed_over)


def _of_gateway(data: Raw, provider: str | None, passed_over: Counter[str]) -> Iterator[Offer]:
    for raw in _rows.decode(data):
        try:
            row = _gateway_row.decode(raw)
            prices = None if row.pricing is None else _gateway_prices(row.pricing)
        except (msgspec.ValidationError, ValueError):
            passed_over["cannot be read"] += 1
            continue
        if row.id.startswith("~") or ":" in row.id.removesuffix(_FREE) or "/" not in row.id:
            passed_over["an alias, a variant or no author/name"] += 1
        elif row.pricing is not None and prices is None:
            passed_over["a router: its price depends"] += 1
        else:
            yield Offer(
                provider=provider,
                name=row.id,
                title=row.name,
                created_s=row.created,
                context_length=row.context_length,
                max_output_tokens=None if row.top_provider is None else row.top_provider.max_completion_tokens,
                parameters=row.supported_parameters,
                input_modalities=row.architecture.input_modalities,
                output_modalities=row.architecture.output_modalities,
                prices=prices,
                ends=None if row.expiration_date is None else row.expiration_date[:10],
            )


def _gateway_prices(pricing: Mapping[str, Raw]) -> dict[PriceKey, AttoUsd] | None:
    """None where one is negative: not known before the request. Raises ValueError."""
    prices: dict[PriceKey, AttoUsd] = {}
    for key in PRICE_KEYS:
        if key in pricing:
            amount = _decimal.decode(pricing[key])
            if amount < 0:
                return None
            prices[key] = parse_price(f"{amount:f}")
    return prices


def _public(found: Mapping[str, Raw], passed_over: Counter[str]) -> Iterator[Offer]:
    for provider, raw in found.items():
        try:
            models = _public_provider.decode(raw).models
        except msgspec.ValidationError:
            passed_over["a provider that cannot be read"] += 1
            continue
        for name, text in models.items():
            try:
                row = _public_row.decode(text)
                prices = None if row.cost is None else _public_prices(row.cost)
            except (msgspec.ValidationError, ValueError):
                passed_over["cannot be read"] += 1
                continue
            yield Offer(
                provider=provider,
                name=name,
                title=row.name,
                context_length=row.limit.context or None,
                max_output_tokens=row.limit.output or None,
                input_modalities=row.modalities.input,
                output_modalities=row.modalities.output,
                prices=prices,
            )


def _public_prices(cost: Mapping[str, Raw]) -> dict[PriceKey, AttoUsd]:
    """Raises ValueError."""
    return {
        key: parse_price(f"{_decimal.decode(cost[name]) / _MILLION:f}") for name, key in _COSTS.items() if name in cost
    }
