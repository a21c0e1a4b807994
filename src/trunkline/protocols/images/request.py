"""The body of POST /images (inference.md 22.1)."""

import math
from collections.abc import Mapping
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Raw, Struct

from trunkline.protocols.aspect_ratios import Pixels, is_of_ratio, parse_pixels, pixels_of, ratio_of
from trunkline.protocols.estimates import estimated_tokens
from trunkline.protocols.media_payloads import check_image
from trunkline.protocols.plain_request import PlainRequest, plain_head
from trunkline.protocols.provider_options import NO_OPTIONS, ProviderOptions, provider_options
from trunkline.protocols.request_head import HeadReader
from trunkline.protocols.validation import ParseLimits, invalid, top_level

Tier = Literal["512", "1K", "2K", "4K"]
AspectRatio = Literal[
    "1:1", "1:2", "1:4", "1:8", "2:1", "2:3", "3:2", "3:4", "4:1", "4:3", "4:5", "5:4", "8:1", "9:16", "16:9",
    "9:19.5", "19.5:9", "9:20", "20:9", "9:21", "21:9", "auto",
]  # fmt: skip
Quality = Literal["auto", "low", "medium", "high"]
OutputFormat = Literal["png", "jpeg", "webp", "svg"]
Background = Literal["auto", "transparent", "opaque"]

SIDES: Final[Mapping[Tier, int]] = {"512": 512, "1K": 1024, "2K": 2048, "4K": 4096}
"""Of a square, in pixels."""
DEFAULT_SIDE: Final = 1024
REFERENCES_MAX: Final = 16
IMAGES_MAX: Final = 10
_WITH_IMAGE: Final = frozenset({"text", "image"})
_TIERS: Final[tuple[Tier, ...]] = ("512", "1K", "2K", "4K")


class ImageUrl(Struct, frozen=True):
    url: Raw


class Reference(Struct, frozen=True):
    """An `image_url` part."""

    type: Literal["image_url"]
    image_url: ImageUrl


class WireImages(Struct, frozen=True, kw_only=True):
    """The members that are decoded as they are."""

    prompt: Annotated[str, Meta(min_length=1)]
    n: Annotated[int, Meta(ge=1, le=IMAGES_MAX)] = 1
    resolution: Tier | None = None
    aspect_ratio: AspectRatio | None = None
    size: str | None = None
    quality: Quality | None = None
    output_format: OutputFormat | None = None
    background: Background | None = None
    output_compression: Annotated[int, Meta(ge=0, le=100)] | None = None
    seed: int | None = None
    input_references: Annotated[tuple[Reference, ...], Meta(max_length=REFERENCES_MAX)] = ()
    stream: bool = False


_head = HeadReader(WireImages)
_text = msgspec.json.Decoder(str)


class ImagesRequest(PlainRequest, frozen=True, kw_only=True):
    """`size` is settled: exact `pixels`, or a `tier` and an `aspect_ratio`; None where the caller leaves it open."""

    prompt_field: str = "prompt"
    prompt: str
    tier: Tier | None = None
    aspect_ratio: str | None = None
    pixels: Pixels | None = None
    quality: Quality | None = None
    output_format: OutputFormat | None = None
    background: Background | None = None
    output_compression: int | None = None
    seed: int | None = None
    references: tuple[str, ...] = ()
    """http(s) or data URLs."""
    options: ProviderOptions = NO_OPTIONS

    @property
    def ratio(self) -> float | None:
        """Width over height, None when the caller leaves it open."""
        if self.pixels is not None:
            return self.pixels.ratio
        return None if self.aspect_ratio in (None, "auto") else ratio_of(self.aspect_ratio)

    @property
    def likely_pixels(self) -> Pixels:
        """What is asked for, with a square of the usual size where nothing is."""
        side = DEFAULT_SIDE if self.tier is None else SIDES[self.tier]
        return self.pixels or pixels_of(side, self.ratio or 1.0)


def parse_images(body: bytes, limits: ParseLimits) -> ImagesRequest:
    """The request. Raises InvalidRequest for anything that is none."""
    return images_request(top_level(body), limits)


def images_request(members: dict[str, Raw], limits: ParseLimits) -> ImagesRequest:
    """The request that has these members."""
    head = plain_head(members, limits.models_max)
    wire = _head.read(members)
    tier, pixels = _size(wire)
    references = tuple(_url(reference, index) for index, reference in enumerate(wire.input_references))
    return ImagesRequest(
        models=head.models,
        provider=head.provider,
        user=head.user,
        session_id=head.session_id,
        metadata=head.metadata,
        prompt_tokens_estimate=estimated_tokens(len(wire.prompt.encode())),
        input_modalities=_WITH_IMAGE if references else frozenset({"text"}),
        stream=wire.stream,
        n=wire.n,
        num_images=len(references),
        num_media=len(references),
        prompt=wire.prompt,
        tier=tier,
        aspect_ratio=None if pixels is not None else wire.aspect_ratio,
        pixels=pixels,
        quality=wire.quality,
        output_format=_format(wire),
        background=wire.background,
        output_compression=wire.output_compression,
        seed=wire.seed,
        references=references,
        options=provider_options(head.provider),
    )


def _url(reference: Reference, index: int) -> str:
    path = f"input_references[{index}].image_url.url"
    check_image(reference.image_url.url, path)
    return _text.decode(reference.image_url.url)


def _size(wire: WireImages) -> tuple[Tier | None, Pixels | None]:
    """Tier and pixels, which are authoritative. Raises InvalidRequest for a contradiction."""
    if wire.size is None:
        return wire.resolution, None
    tier: Tier | None = next((one for one in _TIERS if one.lower() == wire.size.lower()), None)
    if tier is not None:
        if wire.resolution not in (None, tier):
            raise invalid("size", f"is {tier}, and `resolution` {wire.resolution}. Send one of them.")
        return tier, None
    if wire.size == "auto":
        return wire.resolution, None
    pixels = parse_pixels(wire.size)
    if pixels is None:
        raise invalid("size", "must be a tier (512, 1K, 2K, 4K) or pixels such as 1024x768.")
    if wire.aspect_ratio not in (None, "auto") and not is_of_ratio(pixels, wire.aspect_ratio):
        raise invalid("size", f"{pixels.text} is not of the `aspect_ratio` {wire.aspect_ratio}. Send one of them.")
    if wire.resolution is not None and wire.resolution != tier_of(pixels):
        raise invalid("size", f"{pixels.text} is not of the `resolution` {wire.resolution}. Send one of them.")
    return wire.resolution, pixels


def tier_of(pixels: Pixels) -> Tier:
    """The tier that an image of that size belongs to."""
    side = math.sqrt(pixels.width * pixels.height)
    return min(_TIERS, key=lambda tier: abs(math.log(SIDES[tier] / side)))


def _format(wire: WireImages) -> OutputFormat | None:
    """What cannot be transparent is refused; with no format asked for, a transparent image is a PNG."""
    if wire.background != "transparent":
        return wire.output_format
    if wire.output_format in ("jpeg", "svg"):
        raise invalid("background", f"cannot be transparent in {wire.output_format}. Ask for png or webp.")
    return wire.output_format or "png"
