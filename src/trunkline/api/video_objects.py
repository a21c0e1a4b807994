"""Video models as clients read them (inference.md 25.4)."""

from msgspec import Struct

from trunkline.catalog.prices import PriceSheet
from trunkline.catalog.types import Endpoint, Model
from trunkline.core.money import format_price
from trunkline.gateway.videos import video_abilities


class VideoModel(Struct, frozen=True, kw_only=True):
    """A row. Null: not known, or no such knob."""

    id: str
    canonical_slug: str
    name: str
    created: int
    description: str
    supported_resolutions: tuple[str, ...] | None
    supported_aspect_ratios: tuple[str, ...] | None
    supported_sizes: tuple[str, ...] | None
    supported_durations: tuple[int, ...] | None
    supported_frame_images: tuple[str, ...] | None
    generate_audio: bool | None
    seed: bool | None
    creativity: tuple[int, ...] | None
    upscale_factor: dict[str, float] | None
    pricing_skus: dict[str, str] | None
    allowed_passthrough_parameters: tuple[str, ...]
    hugging_face_id: str | None


class VideoModels(Struct, frozen=True):
    """All video models."""

    data: list[VideoModel]


def video_model(model: Model, endpoint: Endpoint) -> VideoModel:
    """A row; `endpoint` is the one that a request goes to first."""
    abilities = video_abilities(endpoint)
    return VideoModel(
        id=model.id,
        canonical_slug=model.canonical_slug,
        name=model.name,
        created=model.created_s,
        description=model.description,
        supported_resolutions=abilities.resolutions or None,
        supported_aspect_ratios=abilities.aspect_ratios or None,
        supported_sizes=None,
        supported_durations=abilities.durations_s or None,
        supported_frame_images=abilities.frame_images or None,
        generate_audio=abilities.generate_audio,
        seed=abilities.seed,
        creativity=None,
        upscale_factor=None,
        pricing_skus=_skus(endpoint.pricing) or None,
        allowed_passthrough_parameters=tuple(sorted(abilities.passthrough)),
        hugging_face_id=model.hugging_face_id,
    )


def _skus(sheet: PriceSheet) -> dict[str, str]:
    """`video_output_720p` and the like → USD a unit."""
    return {
        "_".join(f"{price.label} per {price.unit}".lower().replace("(", "").replace(")", "").split()): format_price(
            price.price
        )
        for price in sheet.units
    }
