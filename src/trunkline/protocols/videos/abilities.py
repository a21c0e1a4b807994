"""What video models take, as data: one row for each family of models.

The same rows check a request (inference.md 25.1: a value outside the list is refused, naming the list), complete it
with what the price follows from, and are told by `GET /videos/models` (25.4).
"""

from functools import lru_cache
from typing import Final

from msgspec import Struct

from trunkline.core.errors import InvalidRequest
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.aspect_ratios import Pixels, ratio_of
from trunkline.protocols.media_use import MediaUse
from trunkline.protocols.videos.request import ASPECT_RATIOS, SHORT_SIDES, FrameType, VideoRequest


class VideoAbilities(Struct, frozen=True, kw_only=True):
    """Of one family. An empty tuple of durations, resolutions or ratios: not known, everything is passed on."""

    resolutions: tuple[str, ...] = ()
    aspect_ratios: tuple[str, ...] = ()
    durations_s: tuple[int, ...] = ()
    frame_images: tuple[FrameType, ...] = ()
    generate_audio: bool | None = None
    """True: it can; False: never; None: not known."""
    seed: bool = False
    needs_first_frame: bool = False
    """A last frame alone says nothing."""
    references: bool = True
    """It can work from pictures that are no frames."""
    passthrough: frozenset[str] = frozenset()
    usual_resolution: str = "720p"
    usual_duration_s: int = 5
    """What is made, and billed, when the request leaves it open; it is said to the upstream then."""


_ANY: Final = VideoAbilities(seed=True)
_SORA: Final = VideoAbilities(
    resolutions=("720p", "1080p"),
    aspect_ratios=("16:9", "9:16"),
    durations_s=(4, 8, 12),
    generate_audio=True,
    usual_duration_s=4,
)
_VEO: Final = VideoAbilities(
    resolutions=("720p", "1080p", "4K"),
    aspect_ratios=("16:9", "9:16"),
    durations_s=(4, 6, 8),
    frame_images=("first_frame", "last_frame"),
    generate_audio=True,
    seed=True,
    passthrough=frozenset({"negativePrompt", "personGeneration", "enhancePrompt"}),
    usual_duration_s=8,
)
_GROK: Final = VideoAbilities(
    resolutions=("480p", "720p", "1080p"),
    aspect_ratios=("16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3"),
    durations_s=tuple(range(1, 16)),
    frame_images=("first_frame",),
    generate_audio=True,
    usual_duration_s=6,
)
_HAPPYHORSE: Final = VideoAbilities(
    resolutions=("720p", "1080p"),
    aspect_ratios=("16:9", "9:16", "1:1", "4:3", "3:4", "21:9", "9:21"),
    durations_s=tuple(range(3, 16)),
    frame_images=("first_frame",),
    generate_audio=True,
    seed=True,
    passthrough=frozenset({"watermark"}),
)
_HAILUO: Final = VideoAbilities(
    resolutions=("768p", "1080p"),
    aspect_ratios=("16:9",),
    durations_s=(6, 10),
    frame_images=("first_frame",),
    generate_audio=False,
    references=False,
    passthrough=frozenset({"prompt_optimizer", "fast_pretreatment", "aigc_watermark"}),
    usual_resolution="768p",
    usual_duration_s=6,
)
_MINIMAX_H3: Final = VideoAbilities(
    resolutions=("768p",),
    aspect_ratios=("21:9", "16:9", "4:3", "1:1", "3:4", "9:16"),
    durations_s=tuple(range(5, 16)),
    frame_images=("first_frame", "last_frame"),
    passthrough=frozenset({"aigc_watermark"}),
    usual_resolution="768p",
)
_FLUX_VIDEO: Final = VideoAbilities(
    resolutions=("720p", "1080p"),
    aspect_ratios=("21:9", "16:9", "4:3", "1:1", "3:4", "9:16"),
    durations_s=tuple(range(5, 21)),
    frame_images=("first_frame", "last_frame"),
    generate_audio=True,
    needs_first_frame=True,
    references=False,
    passthrough=frozenset({"safety_tolerance", "version"}),
)
_SANDBOX: Final = VideoAbilities(
    resolutions=("480p", "720p", "1080p"),
    aspect_ratios=ASPECT_RATIOS,
    durations_s=tuple(range(1, 21)),
    frame_images=("first_frame", "last_frame"),
    generate_audio=False,
    seed=True,
)

_ROWS: Final[tuple[tuple[str, str, str, VideoAbilities], ...]] = (
    ("openai-videos", "sandbox", "", _SANDBOX),
    ("openai-videos", "", "sora", _SORA),
    ("google-veo", "", "", _VEO),
    ("vertex-veo", "", "", _VEO),
    ("xai-videos", "", "", _GROK),
    ("dashscope-videos", "", "", _HAPPYHORSE),
    ("minimax-videos", "", "", _HAILUO),
    ("minimax-videos-v2", "", "", _MINIMAX_H3),
    ("bfl-videos", "", "", _FLUX_VIDEO),
)
"""Format, provider, beginning of the upstream's model, abilities: the first that fits; "" fits all."""


@lru_cache(maxsize=256)
def video_abilities_of(protocol: str, provider: str, upstream_model: str) -> VideoAbilities:
    """What is known of a model where it is served."""
    for format, slug, prefix, abilities in _ROWS:
        if format == protocol and slug in ("", provider) and upstream_model.startswith(prefix):
            return abilities
    return _ANY


def video_abilities_at(target: UpstreamTarget) -> VideoAbilities:
    """The same for an endpoint that is called."""
    return video_abilities_of(target.protocol, target.provider, target.upstream_model)


class Film(Struct, frozen=True):
    """What is asked for, complete."""

    duration_s: int
    resolution: str
    aspect_ratio: str | None
    with_audio: bool

    @property
    def pixels(self) -> Pixels:
        """For formats that want `WxH`."""
        short, ratio = SHORT_SIDES[self.resolution], ratio_of(self.aspect_ratio or "16:9")
        longer = round(short * max(ratio, 1 / ratio) / 2) * 2
        return Pixels(longer, short) if ratio >= 1 else Pixels(short, longer)


def film_of(request: VideoRequest, abilities: VideoAbilities) -> Film:
    """Complete, and within what the model can do. Raises InvalidRequest naming the list that a value is not in."""
    _require(request.duration_s, abilities.durations_s, "duration", "supported_durations")
    _require(request.resolution, abilities.resolutions, "resolution", "supported_resolutions")
    _require(request.aspect_ratio, abilities.aspect_ratios, "aspect_ratio", "supported_aspect_ratios")
    frames: tuple[tuple[FrameType, str | None], ...] = (
        ("first_frame", request.first_frame),
        ("last_frame", request.last_frame),
    )
    for frame_type, url in frames:
        if url is not None and frame_type not in abilities.frame_images:
            raise InvalidRequest(
                f"`frame_images` has a {frame_type}, which is not in the model's supported_frame_images: "
                f"{', '.join(abilities.frame_images) or 'none'}.",
                field="frame_images",
            )
    if request.references and not abilities.references:
        raise InvalidRequest(
            "`input_references` are not what this model works from. Send `frame_images`, or choose another model.",
            field="input_references",
        )
    if request.last_frame is not None and request.first_frame is None and abilities.needs_first_frame:
        raise InvalidRequest(
            "`frame_images` has a last_frame, which this model takes only beside a first_frame.",
            field="frame_images",
        )
    if request.upscales:
        raise InvalidRequest(
            "`creativity` and `upscale_factor` are for models that upscale, which this one does not. Leave them out.",
            field="upscale_factor",
        )
    return Film(
        duration_s=request.duration_s or abilities.usual_duration_s,
        resolution=request.resolution or abilities.usual_resolution,
        aspect_ratio=request.aspect_ratio,
        with_audio=abilities.generate_audio is True and request.generate_audio is not False,
    )


def _require(value: object, known: tuple[object, ...], field: str, list_name: str) -> None:
    if value is not None and known and value not in known:
        raise InvalidRequest(
            f"`{field}` {value} is not in the model's {list_name}: {', '.join(map(str, known))}.", field=field
        )


def film_used(film: Film, images: int) -> tuple[MediaUse, ...]:
    """What is billed: seconds of film by resolution and sound, and pictures to work from."""
    sound = "with audio" if film.with_audio else "no audio"
    return (
        MediaUse("second", film.duration_s * 1000, "", (film.resolution.lower(), sound)),
        MediaUse("image", images * 1000, "image input"),
    )
