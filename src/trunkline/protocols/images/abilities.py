"""What image models take, as data: one row for each provider's family of models.

The same rows say how a request is brought to what an upstream can do (inference.md 22.1) and what
`GET /images/models` tells of it (22.4).
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from msgspec import Struct, structs

from trunkline.core.errors import InvalidRequest
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.aspect_ratios import Pixels, nearest_pixels, nearest_ratio, parse_pixels
from trunkline.protocols.images.request import (
    IMAGES_MAX,
    REFERENCES_MAX,
    SIDES,
    Background,
    ImagesRequest,
    OutputFormat,
    Quality,
    Tier,
    tier_of,
)


class ImageAbilities(Struct, frozen=True, kw_only=True):
    """Of one family. What is empty or False has no knob there: a wish for it is dropped."""

    n_max: int = 1
    sizes: tuple[str, ...] = ()
    """The only pixel sizes."""
    side_max: int | None = None
    """Any pixels, up to this side."""
    tiers: tuple[Tier, ...] = ()
    aspect_ratios: tuple[str, ...] = ()
    qualities: tuple[Quality, ...] = ()
    output_formats: tuple[OutputFormat, ...] = ()
    backgrounds: tuple[Background, ...] = ()
    compression: bool = False
    seed: bool = False
    references_max: int = 0
    streams: bool = False
    passthrough: frozenset[str] = frozenset()
    """What `provider.options` may say."""


_SHAPES = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
_NONE: Final = ImageAbilities()
_GPT_IMAGE: Final = ImageAbilities(
    n_max=IMAGES_MAX,
    sizes=("1024x1024", "1536x1024", "1024x1536"),
    qualities=("auto", "low", "medium", "high"),
    output_formats=("png", "jpeg", "webp"),
    backgrounds=("auto", "transparent", "opaque"),
    compression=True,
    references_max=REFERENCES_MAX,
    streams=True,
    passthrough=frozenset({"moderation", "input_fidelity", "partial_images"}),
)
_DALL_E_3: Final = ImageAbilities(
    sizes=("1024x1024", "1792x1024", "1024x1792"), passthrough=frozenset({"style", "quality"})
)
_DALL_E_2: Final = ImageAbilities(n_max=IMAGES_MAX, sizes=("1024x1024", "512x512", "256x256"))
_ANY_OPENAI_LIKE: Final = ImageAbilities(n_max=IMAGES_MAX, side_max=4096, references_max=REFERENCES_MAX)
_GROK: Final = ImageAbilities(
    n_max=IMAGES_MAX,
    tiers=("1K", "2K"),
    aspect_ratios=(
        *("1:1", "3:4", "4:3", "9:16", "16:9", "2:3", "3:2"),
        *("9:19.5", "19.5:9", "9:20", "20:9", "1:2", "2:1", "auto"),
    ),
    references_max=3,
)
_GEMINI: Final = ImageAbilities(tiers=("1K", "2K", "4K"), aspect_ratios=_SHAPES, seed=True, references_max=14)
_CHAT: Final = ImageAbilities(
    tiers=("512", "1K", "2K", "4K"),
    aspect_ratios=_SHAPES,
    qualities=("auto", "low", "medium", "high"),
    output_formats=("png", "jpeg", "webp"),
    backgrounds=("auto", "transparent", "opaque"),
    seed=True,
    references_max=REFERENCES_MAX,
)
_QWEN: Final = ImageAbilities(
    side_max=2048,
    seed=True,
    references_max=3,
    passthrough=frozenset({"negative_prompt", "prompt_extend", "watermark"}),
)
_FLUX: Final = ImageAbilities(
    side_max=2048,
    output_formats=("jpeg", "png"),
    seed=True,
    references_max=8,
    passthrough=frozenset({"safety_tolerance", "prompt_upsampling", "steps", "guidance"}),
)
_FLUX_KLEIN: Final = structs.replace(_FLUX, references_max=4)
_SANDBOX: Final = ImageAbilities(
    n_max=IMAGES_MAX, side_max=2048, output_formats=("png",), seed=True, references_max=REFERENCES_MAX, streams=True
)

_ROWS: Final[tuple[tuple[str, str, str, ImageAbilities], ...]] = (
    ("openai-images", "sandbox", "", _SANDBOX),
    ("openai-images", "", "dall-e-3", _DALL_E_3),
    ("openai-images", "", "dall-e-2", _DALL_E_2),
    ("openai-images", "", "gpt-image", _GPT_IMAGE),
    ("openai-images", "", "openai-gpt-image", _GPT_IMAGE),
    ("openai-images", "", "", _ANY_OPENAI_LIKE),
    ("xai-images", "", "", _GROK),
    ("google-gemini", "", "", _GEMINI),
    ("vertex-gemini", "", "", _GEMINI),
    ("openai-chat", "", "", _CHAT),
    ("dashscope-images", "", "", _QWEN),
    ("bfl-images", "", "flux-2-klein", _FLUX_KLEIN),
    ("bfl-images", "", "", _FLUX),
)
"""Format, provider, beginning of the upstream's model, abilities: the first that fits; "" fits all."""


@lru_cache(maxsize=256)
def abilities_of(protocol: str, provider: str, upstream_model: str) -> ImageAbilities:
    """What is known of a model where it is served."""
    for format, slug, prefix, abilities in _ROWS:
        if format == protocol and slug in ("", provider) and upstream_model.startswith(prefix):
            return abilities
    return _NONE


def abilities_at(target: UpstreamTarget) -> ImageAbilities:
    """The same for an endpoint that is called."""
    return abilities_of(target.protocol, target.provider, target.upstream_model)


def require_able(request: ImagesRequest, abilities: ImageAbilities, target: UpstreamTarget) -> None:
    """Refuse what cannot be brought to fit. Raises InvalidRequest."""
    model = target.upstream_model
    if request.n > abilities.n_max:
        raise InvalidRequest(f"`n` is {request.n}; {model} makes {abilities.n_max} image(s) a request.", field="n")
    if len(request.references) > abilities.references_max:
        given = len(request.references)
        raise InvalidRequest(
            f"`input_references` has {given} images; {model} takes {abilities.references_max}.",
            field="input_references",
        )
    if request.output_format == "svg" and "svg" not in abilities.output_formats:
        raise InvalidRequest(
            f"`output_format` svg needs a vector model, which {model} is not. Ask for png, jpeg or webp.",
            field="output_format",
        )


def size_for(request: ImagesRequest, abilities: ImageAbilities) -> Pixels | None:
    """The pixels to ask for: the nearest that there are; None: the caller leaves it open, or there is no such knob."""
    ratio = request.ratio
    if abilities.sizes:
        known = [pixels for text in abilities.sizes if (pixels := parse_pixels(text)) is not None]
        if request.pixels in known:
            return request.pixels
        return nearest_pixels(ratio, known) if ratio is not None else None
    if abilities.side_max is None or (ratio is None and request.tier is None):
        return None
    wanted = request.likely_pixels
    scale = abilities.side_max / max(wanted.width, wanted.height)
    return wanted if scale >= 1 else Pixels(int(wanted.width * scale), int(wanted.height * scale))


def aspect_ratio_for(request: ImagesRequest, abilities: ImageAbilities) -> str | None:
    """The nearest aspect ratio that there is; None: not asked for, or no such knob."""
    if request.pixels is None and request.aspect_ratio in (None, *abilities.aspect_ratios):
        return request.aspect_ratio if abilities.aspect_ratios else None
    return None if request.ratio is None else nearest_ratio(request.ratio, abilities.aspect_ratios)


def tier_for(request: ImagesRequest, abilities: ImageAbilities) -> Tier | None:
    """The nearest tier that there is; None: not asked for, or no such knob."""
    wanted = tier_of(request.pixels) if request.pixels is not None else request.tier
    if wanted is None or not abilities.tiers:
        return None
    return min(abilities.tiers, key=lambda tier: abs(SIDES[tier] - SIDES[wanted]))


def knobs_for(request: ImagesRequest, abilities: ImageAbilities) -> Iterator[tuple[str, str | int]]:
    """`quality`, `output_format`, `background`, `output_compression`, `seed`: as far as they are known there."""
    if request.quality is not None and request.quality in abilities.qualities:
        yield "quality", request.quality
    if request.output_format is not None and request.output_format in abilities.output_formats:
        yield "output_format", request.output_format
    if request.background is not None and request.background in abilities.backgrounds:
        yield "background", request.background
    if request.output_compression is not None and abilities.compression and request.output_format in ("jpeg", "webp"):
        yield "output_compression", request.output_compression
    if request.seed is not None and abilities.seed:
        yield "seed", request.seed
