"""Media that a request names, by URL or as uploads, and that its upstream must be given as data (inference.md 10.1
and 26).

Which URLs those are, each format says by itself (`UpstreamProtocol.needs_content`); uploads are known to no upstream.
Nothing is fetched here.
"""

from collections.abc import Callable, Mapping
from typing import Final, Literal, TypeAlias

from msgspec import Struct, structs

from trunkline.core.errors import TrunklineError
from trunkline.protocols.data_urls import split_data_url
from trunkline.protocols.requests import Audio, File, GenerationRequest, Image, Message, Part, Video

Addressed: TypeAlias = Image | File | Video
"""The parts that may be given by URL; audio never is (inference.md 10.4)."""
MediaKind = Literal["image", "file", "video", "upload"]
_AUDIO_FORMATS: Final = {"audio/mpeg": "mp3", "audio/wav": "wav", "audio/flac": "flac", "audio/ogg": "ogg"}


class RemoteMedia(Struct, frozen=True):
    """Something to fetch. Of equal `kind` and `url`, one is fetched for all."""

    kind: MediaKind
    url: str
    """Of an upload the id."""
    field: str
    """Where the request names it first."""

    @property
    def key(self) -> "MediaKey":
        return self.kind, self.url


MediaKey: TypeAlias = tuple[MediaKind, str]


class FetchedMedia(Struct):
    """What was fetched for one request, kept for the fallbacks that need it too."""

    left_bytes: int
    """How much more may be fetched."""
    data_urls: dict[MediaKey, str] = {}
    failures: dict[MediaKey, TrunklineError] = {}
    filenames: dict[str, str] = {}
    """Of uploads, by id."""


def remote_media(request: GenerationRequest, needs_content: Callable[[Addressed], bool]) -> tuple[RemoteMedia, ...]:
    """Every http(s) URL whose content is needed, and every upload, each once, in the order of the request."""
    found: dict[MediaKey, RemoteMedia] = {}
    for message in request.messages:
        for part in message.parts:
            if isinstance(part, Image | File | Video):
                remote = _remote(part, needs_content)
                if remote is not None:
                    found.setdefault(remote.key, remote)
    return tuple(found.values())


def with_content(
    request: GenerationRequest, data_urls: Mapping[MediaKey, str], filenames: Mapping[str, str] | None = None
) -> GenerationRequest:
    """The request with data URLs in place of what was fetched. An uploaded picture or recording becomes a part of that
    kind (inference.md 10.3); `filenames` are those of uploads, for parts that say none."""
    names = filenames or {}
    messages = tuple([_filled(message, data_urls, names) for message in request.messages])
    return structs.replace(request, messages=messages)


def is_web_address(url: str) -> bool:
    """Whether it is something that could be fetched at all."""
    return url[:8].lower().startswith(("http://", "https://"))


def url_of(part: Addressed) -> str | None:
    """The part's URL, perhaps a data URL; None for a file that names an upload."""
    return part.data if isinstance(part, File) else part.url


def _remote(part: Addressed, needs_content: Callable[[Addressed], bool]) -> RemoteMedia | None:
    if isinstance(part, File) and part.data is None:
        return None if part.file_id is None else RemoteMedia("upload", part.file_id, part.at)
    url = url_of(part)
    if url is None or not is_web_address(url) or not needs_content(part):
        return None
    match part:
        case Image():
            return RemoteMedia("image", url, part.at)
        case File():
            return RemoteMedia("file", url, part.at)
        case Video():
            return RemoteMedia("video", url, part.at)


def _filled(message: Message, data_urls: Mapping[MediaKey, str], filenames: Mapping[str, str]) -> Message:
    parts = tuple([_filled_part(part, data_urls, filenames) for part in message.parts])
    return message if parts == message.parts else structs.replace(message, parts=parts)


def _filled_part(part: Part, data_urls: Mapping[MediaKey, str], filenames: Mapping[str, str]) -> Part:
    match part:
        case Image(url) if (data_url := data_urls.get(("image", url))) is not None:
            return structs.replace(part, url=data_url)
        case File(str(url)) if (data_url := data_urls.get(("file", url))) is not None:
            return structs.replace(part, data=data_url)
        case File(None, _, str(file_id)) if (data_url := data_urls.get(("upload", file_id))) is not None:
            return _uploaded(part, data_url, filenames.get(file_id))
        case Video(url) if (data_url := data_urls.get(("video", url))) is not None:
            return structs.replace(part, url=data_url)
        case _:
            return part


def _uploaded(part: File, data_url: str, filename: str | None) -> Part:
    content = split_data_url(data_url)
    if content is not None and content.mime.startswith("image/"):
        return Image(data_url, cache=part.cache, at=part.at)
    if content is not None and content.mime in _AUDIO_FORMATS:
        return Audio(content.data, _AUDIO_FORMATS[content.mime], part.cache, part.at)
    return File(data_url, part.filename or filename, cache=part.cache, at=part.at)
