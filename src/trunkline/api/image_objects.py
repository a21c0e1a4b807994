"""Image models as clients read them (inference.md 22.4)."""

from collections.abc import Iterable, Iterator
from typing import Literal

from msgspec import UNSET, Raw, Struct, UnsetType

from trunkline.api.wire import Usd
from trunkline.catalog.prices import PriceKey, PriceSheet, UnitPrice
from trunkline.catalog.types import Endpoint, Model, Provider
from trunkline.core.money import format_price
from trunkline.gateway.images import image_abilities
from trunkline.protocols.images.abilities import ImageAbilities


class EnumOf(Struct, frozen=True, tag="enum"):
    """One of these values."""

    values: tuple[str, ...]


class RangeOf(Struct, frozen=True, tag="range"):
    """A whole number, both ends included."""

    min: int
    max: int


class Flag(Struct, frozen=True, tag="boolean"):
    """It is understood, whatever its value."""


Descriptor = EnumOf | RangeOf | Flag
Descriptors = dict[str, Descriptor]
Billable = Literal["output_image", "input_image", "input_text"]


class ImageArchitecture(Struct, frozen=True):
    """What a model takes and gives."""

    input_modalities: tuple[str, ...]
    output_modalities: tuple[str, ...]


class ImageModel(Struct, frozen=True):
    """A row. `endpoints` is the relative URL that lists who serves it; `supported_parameters` are theirs together."""

    id: str
    name: str
    description: str
    created: int
    architecture: ImageArchitecture
    supported_parameters: Descriptors
    supports_streaming: bool
    endpoints: str


class ImageModels(Struct, frozen=True):
    """All image models."""

    data: list[ImageModel]


class ImagePrice(Struct, frozen=True):
    """What is billed, and for how much a unit; `variant` tells alternatives apart."""

    billable: Billable
    unit: Literal["image", "megapixel", "token"]
    cost_usd: Usd
    variant: str | UnsetType = UNSET


class ImageEndpoint(Struct, frozen=True):
    """One provider's offer of a model. Parameters beyond these are left out when it is called."""

    provider_name: str
    provider_slug: str
    provider_tag: str | None
    supported_parameters: Descriptors
    supports_streaming: bool
    allowed_passthrough_parameters: tuple[str, ...]
    pricing: list[ImagePrice]


class ImageEndpoints(Struct, frozen=True):
    """Who serves a model."""

    id: str
    endpoints: list[ImageEndpoint]


def image_model(model: Model, endpoints: Iterable[Endpoint]) -> ImageModel:
    """A row, with what any of its endpoints takes."""
    known = [image_abilities(endpoint) for endpoint in endpoints]
    return ImageModel(
        id=model.id,
        name=model.name,
        description=model.description,
        created=model.created_s,
        architecture=ImageArchitecture(model.input_modalities, model.output_modalities),
        supported_parameters=_union([descriptors(abilities) for abilities in known]),
        supports_streaming=any(abilities.streams for abilities in known),
        endpoints=f"/api/v1/images/models/{model.id}/endpoints",
    )


def image_endpoint(endpoint: Endpoint, provider: Provider) -> ImageEndpoint:
    """One of the endpoints of a model."""
    abilities = image_abilities(endpoint)
    return ImageEndpoint(
        provider_name=provider.name,
        provider_slug=provider.slug,
        provider_tag=endpoint.tag,
        supported_parameters=descriptors(abilities),
        supports_streaming=abilities.streams,
        allowed_passthrough_parameters=tuple(sorted(abilities.passthrough)),
        pricing=list(_prices(endpoint.pricing)),
    )


def descriptors(abilities: ImageAbilities) -> Descriptors:
    """The members of a request that have an effect, with their values."""
    found: Descriptors = {}
    if abilities.n_max > 1:
        found["n"] = RangeOf(1, abilities.n_max)
    lists: tuple[tuple[str, tuple[str, ...]], ...] = (
        ("size", abilities.sizes),
        ("resolution", abilities.tiers),
        ("aspect_ratio", abilities.aspect_ratios),
        ("quality", abilities.qualities),
        ("output_format", abilities.output_formats),
        ("background", abilities.backgrounds),
    )
    found |= {name: EnumOf(values) for name, values in lists if values}
    if abilities.compression:
        found["output_compression"] = RangeOf(0, 100)
    if abilities.references_max:
        found["input_references"] = RangeOf(0, abilities.references_max)
    if abilities.seed:
        found["seed"] = Flag()
    return found


def _union(all_of: list[Descriptors]) -> Descriptors:
    """Of equal names the values of all, in their order; of ranges the widest."""
    union: Descriptors = {}
    for one in all_of:
        for name, descriptor in one.items():
            before = union.get(name)
            if isinstance(descriptor, EnumOf) and isinstance(before, EnumOf):
                union[name] = EnumOf(tuple(dict.fromkeys(before.values + descriptor.values)))
            elif isinstance(descriptor, RangeOf) and isinstance(before, RangeOf):
                union[name] = RangeOf(min(before.min, descriptor.min), max(before.max, descriptor.max))
            else:
                union[name] = descriptor
    return union


def _prices(sheet: PriceSheet) -> Iterator[ImagePrice]:
    by_token: tuple[tuple[Billable, PriceKey], ...] = (
        ("input_text", "prompt"),
        ("input_image", "image_token"),
        ("output_image", "image_output" if "image_output" in sheet.base else "completion"),
    )
    for billable, key in by_token:
        if price := sheet.base.get(key):
            yield ImagePrice(billable, "token", _usd(price))
    for price in sheet.units:
        if price.unit == "image" or price.unit == "megapixel":
            yield _unit_price(price, price.unit)


def _unit_price(price: UnitPrice, unit: Literal["image", "megapixel"]) -> ImagePrice:
    name, _, variant = price.label.partition(" (")
    billable: Billable = "input_image" if "input" in name.lower() else "output_image"
    return ImagePrice(billable, unit, _usd(price.price), variant.removesuffix(")") or UNSET)


def _usd(price_attousd: int) -> Raw:
    return Raw(format_price(price_attousd).encode("ascii"))
