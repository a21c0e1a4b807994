"""Images, files, recordings and videos as `inlineData` or `fileData` (inference.md 30.2)."""

from typing import Final

from msgspec import UNSET

from trunkline.core.errors import InvalidRequest
from trunkline.protocols.data_urls import split_data_url
from trunkline.protocols.gemini.families import Family
from trunkline.protocols.gemini.written import FileData, InlineData, WrittenPart
from trunkline.protocols.media_types import UNTOLD, host_and_path, type_of_name
from trunkline.protocols.remote_media import Addressed, url_of
from trunkline.protocols.requests import Audio, File, Image, Video
from trunkline.protocols.support import unsendable

_PDF: Final = "application/pdf"
_PDF_START: Final = "JVBERi0"
"""`%PDF-` in base64."""
_RENAMED: Final = {"image/jpg": "image/jpeg", "audio/mp3": "audio/mpeg", "video/mov": "video/quicktime"}

_OF_AUDIO_FORMAT: Final = {"mp3": "audio/mpeg", "m4a": "audio/mp4", "pcm16": "audio/pcm", "pcm24": "audio/pcm"}

_GOOGLE_FILES: Final = "https://generativelanguage.googleapis.com/"
_YOUTUBE_HOSTS: Final = frozenset({"youtube.com", "www.youtube.com", "m.youtube.com", "youtu.be"})
_FETCHED_TYPES: Final = ("image/", "text/", "application/pdf", "application/json")
"""Types that Google fetches by itself from any address."""


def image_part(image: Image, family: Family) -> WrittenPart:
    """An image. `detail` has no counterpart here."""
    inline = _inline(image.url, None)
    if inline is not None:
        return inline
    if not opens_url(image, family):
        raise _needs_fetching(image)
    return _file_data(image.url, type_of_name(image.url))


def file_part(file: File, family: Family) -> WrittenPart:
    """A document. Raises InvalidRequest for uploads, which this format cannot name."""
    if file.data is None:
        raise unsendable(file, "uploaded files", "Send the document as a data URL.")
    inline = _inline(file.data, file.filename)
    if inline is not None:
        return inline
    if not opens_url(file, family):
        raise _needs_fetching(file)
    return _file_data(file.data, type_of_name(file.data))


def audio_part(audio: Audio) -> WrittenPart:
    """A recording, always base64 (inference.md 10.4)."""
    return inline_data(audio_type(audio.format), audio.data)


def audio_type(format: str) -> str:
    """The media type of a recording's format."""
    return _OF_AUDIO_FORMAT.get(format, f"audio/{format}")


def video_part(video: Video, family: Family) -> WrittenPart:
    """A video: inline, or by an address that Google opens (inference.md 10.5)."""
    inline = _inline(video.url, None)
    if inline is not None:
        return inline
    if not opens_url(video, family):
        raise _needs_fetching(video)
    return _file_data(video.url, type_of_name(video.url) or "video/mp4")


def inline_data(mime_type: str, data: str) -> WrittenPart:
    """Base64 data of a type."""
    return WrittenPart(inline_data=InlineData(mime_type, data))


def _inline(url: str, filename: str | None) -> WrittenPart | None:
    split = split_data_url(url)
    if split is None:
        return None
    mime_type = split.mime
    if mime_type in UNTOLD:
        mime_type = type_of_name(filename or "") or (_PDF if split.data.startswith(_PDF_START) else mime_type)
    return inline_data(_RENAMED.get(mime_type, mime_type), split.data)


def opens_url(part: Addressed, family: Family) -> bool:
    """Whether Google opens a part's address by itself."""
    if not family.opens_addresses:
        return False
    if isinstance(part, Video):
        return host_and_path(part.url)[0] in _YOUTUBE_HOSTS or _is_googles(part.url)
    url = url_of(part)
    if url is None:
        return False
    media_type = type_of_name(url)
    fetched = media_type is not None and media_type.startswith(_FETCHED_TYPES)
    return _is_googles(url) or (fetched and family.fetches_urls and url.startswith("https://"))


def _file_data(uri: str, mime_type: str | None) -> WrittenPart:
    return WrittenPart(file_data=FileData(uri, UNSET if mime_type is None else mime_type))


def _is_googles(url: str) -> bool:
    return url.startswith(("gs://", _GOOGLE_FILES))


def _needs_fetching(medium: Addressed) -> InvalidRequest:
    return unsendable(medium, "an address of this kind", "Send the content as a data URL (data:<type>;base64,<data>).")
