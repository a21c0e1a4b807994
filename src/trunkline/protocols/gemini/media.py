"""Images, files, recordings and videos as `inlineData` or `fileData` (inference.md 30.2)."""

from typing import Final
from urllib.parse import urlsplit

from msgspec import UNSET

from trunkline.core.errors import InvalidRequest
from trunkline.protocols.data_urls import split_data_url
from trunkline.protocols.gemini.families import Family
from trunkline.protocols.gemini.written import FileData, InlineData, WrittenPart
from trunkline.protocols.requests import Audio, File, Image, Video

_PDF: Final = "application/pdf"
_PDF_START: Final = "JVBERi0"
"""`%PDF-` in base64."""
_UNTOLD: Final = frozenset({"", "application/octet-stream", "binary/octet-stream"})
_RENAMED: Final = {"image/jpg": "image/jpeg", "audio/mp3": "audio/mpeg", "video/mov": "video/quicktime"}

_OF_EXTENSION: Final = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "pdf": "application/pdf",
    "txt": "text/plain",
    "md": "text/markdown",
    "csv": "text/csv",
    "html": "text/html",
    "xml": "text/xml",
    "json": "application/json",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "mp4": "video/mp4",
    "mpeg": "video/mpeg",
    "mov": "video/quicktime",
    "webm": "video/webm",
}
_OF_AUDIO_FORMAT: Final = {"mp3": "audio/mpeg", "m4a": "audio/mp4", "pcm16": "audio/pcm", "pcm24": "audio/pcm"}

_GOOGLE_FILES: Final = "https://generativelanguage.googleapis.com/"
_YOUTUBE_HOSTS: Final = frozenset({"youtube.com", "www.youtube.com", "m.youtube.com", "youtu.be"})
_FETCHED_TYPES: Final = ("image/", "text/", "application/pdf", "application/json")
"""Types that Google fetches by itself from any address."""


def image_part(image: Image, field: str, family: Family) -> WrittenPart:
    """An image. `detail` has no counterpart here."""
    return _inline(image.url, None) or _by_address(image.url, field, family)


def file_part(file: File, field: str, family: Family) -> WrittenPart:
    """A document. Raises InvalidRequest for uploads, which this format cannot name."""
    if file.data is None:
        raise InvalidRequest(
            f"`{field}` is missing: this provider knows no uploads. Send the document as a data URL.", field=field
        )
    return _inline(file.data, file.filename) or _by_address(file.data, field, family)


def audio_part(audio: Audio) -> WrittenPart:
    """A recording, always base64 (inference.md 10.4)."""
    return inline_data(_OF_AUDIO_FORMAT.get(audio.format, f"audio/{audio.format}"), audio.data)


def video_part(video: Video, field: str) -> WrittenPart:
    """A video: inline, or by an address that Google opens (inference.md 10.5)."""
    inline = _inline(video.url, None)
    if inline is not None:
        return inline
    if _host_and_path(video.url)[0] in _YOUTUBE_HOSTS or _is_googles(video.url):
        return _file_data(video.url, _type_of_name(video.url) or "video/mp4")
    raise _needs_fetching(field)


def inline_data(mime_type: str, data: str) -> WrittenPart:
    """Base64 data of a type."""
    return WrittenPart(inline_data=InlineData(mime_type, data))


def _inline(url: str, filename: str | None) -> WrittenPart | None:
    split = split_data_url(url)
    if split is None:
        return None
    mime_type = split.mime
    if mime_type in _UNTOLD:
        mime_type = _type_of_name(filename or "") or (_PDF if split.data.startswith(_PDF_START) else mime_type)
    return inline_data(_RENAMED.get(mime_type, mime_type), split.data)


def _by_address(url: str, field: str, family: Family) -> WrittenPart:
    mime_type = _type_of_name(url)
    if _is_googles(url):
        return _file_data(url, mime_type)
    fetched = mime_type is not None and mime_type.startswith(_FETCHED_TYPES)
    if fetched and family.fetches_urls and url.startswith("https://"):
        return _file_data(url, mime_type)
    raise _needs_fetching(field)


def _file_data(uri: str, mime_type: str | None) -> WrittenPart:
    return WrittenPart(file_data=FileData(uri, UNSET if mime_type is None else mime_type))


def _is_googles(url: str) -> bool:
    return url.startswith(("gs://", _GOOGLE_FILES))


def _type_of_name(name: str) -> str | None:
    path = _host_and_path(name)[1]
    return _OF_EXTENSION.get(path.rpartition(".")[2].lower()) if "." in path else None


def _host_and_path(url: str) -> tuple[str, str]:
    """Both empty for what is no address at all."""
    try:
        split = urlsplit(url)
    except ValueError:
        return "", ""
    return split.hostname or "", split.path


def _needs_fetching(field: str) -> InvalidRequest:
    return InvalidRequest(
        f"`{field}` is an address that this provider cannot open. Send the content as a data URL "
        "(data:<type>;base64,<data>).",
        field=field,
    )
