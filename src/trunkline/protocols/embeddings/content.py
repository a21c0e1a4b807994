"""`{"content": [parts]}` in the input of POST /embeddings: texts and media as the hub's parts (inference.md 20)."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta, Raw, Struct

from trunkline.protocols.media_payloads import check_audio, check_image, check_media, without_data_prefix
from trunkline.protocols.media_types import OCTETS, type_of_name
from trunkline.protocols.remote_media import is_web_address
from trunkline.protocols.requests import Audio, File, Image, Part, Text, Video
from trunkline.protocols.validation import decode, string_of

_AUDIO_FORMAT_USUAL: Final = "wav"
_VIDEO_FORMAT_USUAL: Final = "mp4"


class _Url(Struct, frozen=True):
    url: Raw


class _Media(Struct, frozen=True):
    """`data` is base64, a data URL, or but for audio an address."""

    data: Raw
    format: str | None = None


class _Text(Struct, frozen=True, tag_field="type", tag="text"):
    text: Annotated[str, Meta(min_length=1)]


class _Image(Struct, frozen=True, tag_field="type", tag="image_url"):
    image_url: _Url


class _Audio(Struct, frozen=True, tag_field="type", tag="input_audio"):
    input_audio: _Media


class _Video(Struct, frozen=True, tag_field="type", tag="input_video"):
    input_video: _Media


class _File(Struct, frozen=True, tag_field="type", tag="input_file"):
    input_file: _Media


_Part = _Text | _Image | _Audio | _Video | _File


class _Content(Struct, frozen=True):
    content: Annotated[tuple[_Part, ...], Meta(min_length=1)]


_decoder = msgspec.json.Decoder(_Content)


def content_of(raw: Raw, path: str) -> tuple[Part, ...]:
    """The parts of one input. Raises InvalidRequest naming the field."""
    content = decode(_decoder, raw, path).content
    return tuple([_part(part, f"{path}.content[{index}]") for index, part in enumerate(content)])


def _part(part: _Part, path: str) -> Part:
    match part:
        case _Text(text):
            return Text(text)
        case _Image(_Url(url)):
            check_image(url, f"{path}.image_url.url")
            return Image(string_of(url, path))
        case _Audio(media):
            check_audio(media.data, f"{path}.input_audio.data")
            return Audio(without_data_prefix(string_of(media.data, path)), media.format or _AUDIO_FORMAT_USUAL)
        case _Video(media):
            return Video(_url(media, f"{path}.input_video.data", f"video/{media.format or _VIDEO_FORMAT_USUAL}"))
        case _File(media):
            named = type_of_name(f".{media.format}") if media.format is not None else None
            return File(_url(media, f"{path}.input_file.data", named or OCTETS))


def _url(media: _Media, path: str, media_type: str) -> str:
    """The address or data URL; bare base64 gets the head of one."""
    data = string_of(media.data, path)
    if is_web_address(data) or data[:5].lower() == "data:":
        check_media(media.data, path)
        return data
    check_audio(media.data, path)
    return f"data:{media_type};base64,{data}"
