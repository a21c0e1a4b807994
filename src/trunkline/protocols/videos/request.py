"""The body of POST /videos (inference.md 25.1)."""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Raw, Struct

from trunkline.protocols.aspect_ratios import Pixels, is_of_ratio, parse_pixels
from trunkline.protocols.estimates import estimated_tokens
from trunkline.protocols.media_payloads import check_image
from trunkline.protocols.plain_request import PlainRequest, plain_head
from trunkline.protocols.provider_options import NO_OPTIONS, ProviderOptions, provider_options
from trunkline.protocols.request_head import HeadReader
from trunkline.protocols.validation import ParseLimits, invalid, top_level

Resolution = Literal["480p", "720p", "768p", "1080p", "1K", "2K", "4K"]
AspectRatio = Literal["16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3", "21:9", "9:21"]
FrameType = Literal["first_frame", "last_frame"]

SHORT_SIDES: Final[dict[str, int]] = {
    "480p": 480, "720p": 720, "768p": 768, "1080p": 1080, "1K": 1024, "2K": 1440, "4K": 2160,
}  # fmt: skip
"""Of a film, in pixels."""
ASPECT_RATIOS: Final[tuple[AspectRatio, ...]] = AspectRatio.__args__
DURATION_S_MAX: Final = 3_600
REFERENCES_MAX: Final = 16
URL_CHARS_MAX: Final = 2_048


class Url(Struct, frozen=True):
    url: Raw


class FrameImage(Struct, frozen=True):
    """An `image_url` part that the film begins or ends with."""

    type: Literal["image_url"]
    image_url: Url
    frame_type: FrameType


class ImageReference(Struct, frozen=True, tag_field="type", tag="image_url"):
    image_url: Url


class AudioReference(Struct, frozen=True, tag_field="type", tag="audio_url"):
    audio_url: Url


class VideoReference(Struct, frozen=True, tag_field="type", tag="video_url"):
    video_url: Url


class WireVideo(Struct, frozen=True, kw_only=True):
    """The members that are decoded as they are."""

    prompt: str | None = None
    duration: Annotated[int, Meta(ge=1, le=DURATION_S_MAX)] | None = None
    resolution: Resolution | None = None
    aspect_ratio: AspectRatio | None = None
    size: str | None = None
    frame_images: tuple[FrameImage, ...] = ()
    input_references: Annotated[
        tuple[ImageReference | AudioReference | VideoReference, ...], Meta(max_length=REFERENCES_MAX)
    ] = ()
    generate_audio: bool | None = None
    seed: int | None = None
    creativity: int | None = None
    upscale_factor: Annotated[float, Meta(gt=0)] | None = None
    callback_url: Annotated[str, Meta(max_length=URL_CHARS_MAX)] | None = None


_head = HeadReader(WireVideo)
_text = msgspec.json.Decoder(str)


class VideoRequest(PlainRequest, frozen=True, kw_only=True):
    """`resolution` and `aspect_ratio` are settled: what `size` says is in them."""

    prompt_field: str = "prompt"
    prompt: str = ""
    duration_s: int | None = None
    resolution: str | None = None
    aspect_ratio: str | None = None
    pixels: Pixels | None = None
    first_frame: str | None = None
    last_frame: str | None = None
    references: tuple[str, ...] = ()
    """Images; http(s) or data URLs."""
    generate_audio: bool | None = None
    seed: int | None = None
    upscales: bool = False
    """It asks for what only upscalers do."""
    callback_url: str | None = None
    options: ProviderOptions = NO_OPTIONS


def parse_video(body: bytes, limits: ParseLimits) -> VideoRequest:
    """The request. Raises InvalidRequest for anything that is none."""
    members = top_level(body)
    head = plain_head(members, limits.models_max)
    wire = _head.read(members)
    pixels = _size(wire)
    frames = _frames(wire)
    references = () if frames else _references(wire)
    if not wire.prompt and not frames and not references:
        raise invalid("prompt", "is missing. Say what the video shows, or send `frame_images`.")
    if wire.callback_url is not None and not wire.callback_url.lower().startswith("https://"):
        raise invalid("callback_url", "must be an https URL.")
    prompt = wire.prompt or ""
    images = len(frames) + len(references)
    return VideoRequest(
        models=head.models,
        provider=head.provider,
        user=head.user,
        session_id=head.session_id,
        metadata=head.metadata,
        prompt_tokens_estimate=estimated_tokens(len(prompt.encode())),
        input_modalities=frozenset({"text", "image"} if images else {"text"}),
        num_images=images,
        num_media=images,
        prompt=prompt,
        duration_s=wire.duration,
        resolution=wire.resolution if pixels is None else _resolution_of(pixels),
        aspect_ratio=wire.aspect_ratio if pixels is None else _ratio_of(pixels),
        pixels=pixels,
        first_frame=frames.get("first_frame"),
        last_frame=frames.get("last_frame"),
        references=references,
        generate_audio=wire.generate_audio,
        seed=wire.seed,
        upscales=wire.creativity is not None or wire.upscale_factor is not None,
        callback_url=wire.callback_url,
        options=provider_options(head.provider),
    )


def _size(wire: WireVideo) -> Pixels | None:
    """Pixels, which equal a resolution and a ratio. Raises InvalidRequest for a contradiction."""
    if wire.size is None:
        return None
    pixels = parse_pixels(wire.size)
    if pixels is None:
        raise invalid("size", "must be pixels such as 1280x720.")
    if wire.aspect_ratio is not None and not is_of_ratio(pixels, wire.aspect_ratio):
        raise invalid("size", f"{pixels.text} is not of the `aspect_ratio` {wire.aspect_ratio}. Send one of them.")
    if wire.resolution is not None and wire.resolution != _resolution_of(pixels):
        raise invalid("size", f"{pixels.text} is not of the `resolution` {wire.resolution}. Send one of them.")
    return pixels


def _resolution_of(pixels: Pixels) -> str:
    short = min(pixels.width, pixels.height)
    return min(SHORT_SIDES, key=lambda name: abs(SHORT_SIDES[name] - short))


def _ratio_of(pixels: Pixels) -> str:
    return min(ASPECT_RATIOS, key=lambda ratio: not is_of_ratio(pixels, ratio))


def _frames(wire: WireVideo) -> dict[FrameType, str]:
    """At most one of each type."""
    frames: dict[FrameType, str] = {}
    for index, frame in enumerate(wire.frame_images):
        if frame.frame_type in frames:
            raise invalid(f"frame_images[{index}].frame_type", f"is the second {frame.frame_type}. Send one of each.")
        frames[frame.frame_type] = _url(frame.image_url.url, f"frame_images[{index}].image_url.url")
    return frames


def _references(wire: WireVideo) -> tuple[str, ...]:
    """The images; no model that is spoken to takes recordings and films, so these are left out."""
    return tuple(
        _url(part.image_url.url, f"input_references[{index}].image_url.url")
        for index, part in enumerate(wire.input_references)
        if isinstance(part, ImageReference)
    )


def _url(raw: Raw, path: str) -> str:
    check_image(raw, path)
    return _text.decode(raw)
