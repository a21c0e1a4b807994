"""Media that a request names by URL and that its upstream must be given as data (inference.md 10.1).

Which URLs those are, each format says by itself (`UpstreamProtocol.needs_content`). Nothing is fetched here.
"""

from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

from msgspec import Struct, structs

from trunkline.core.errors import InvalidRequest
from trunkline.protocols.requests import File, GenerationRequest, Image, Message, Part, Video

Addressed: TypeAlias = Image | File | Video
"""The parts that may be given by URL; audio never is (inference.md 10.4)."""
MediaKind = Literal["image", "file", "video"]


class RemoteMedia(Struct, frozen=True):
    """Something to fetch. Of equal `kind` and `url`, one is fetched for all."""

    kind: MediaKind
    url: str
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
    failures: dict[MediaKey, InvalidRequest] = {}


def remote_media(request: GenerationRequest, needs_content: Callable[[Addressed], bool]) -> tuple[RemoteMedia, ...]:
    """Every http(s) URL whose content is needed, each once, in the order in which the request names them."""
    found: dict[MediaKey, RemoteMedia] = {}
    for index, message in enumerate(request.messages):
        for position, part in enumerate(message.parts):
            if isinstance(part, Image | File | Video):
                url = url_of(part)
                if url is not None and is_web_address(url) and needs_content(part):
                    remote = _remote(part, url, f"messages[{index}].content[{position}]")
                    found.setdefault(remote.key, remote)
    return tuple(found.values())


def with_content(request: GenerationRequest, data_urls: Mapping[MediaKey, str]) -> GenerationRequest:
    """The request with data URLs in place of the URLs that were fetched."""
    return structs.replace(request, messages=tuple([_filled(message, data_urls) for message in request.messages]))


def is_web_address(url: str) -> bool:
    """Whether it is something that could be fetched at all."""
    return url[:8].lower().startswith(("http://", "https://"))


def url_of(part: Addressed) -> str | None:
    """The part's URL, perhaps a data URL; None for a file that names an upload."""
    return part.data if isinstance(part, File) else part.url


def _remote(part: Addressed, url: str, field: str) -> RemoteMedia:
    match part:
        case Image():
            return RemoteMedia("image", url, f"{field}.image_url.url")
        case File():
            return RemoteMedia("file", url, f"{field}.file.file_data")
        case Video():
            return RemoteMedia("video", url, f"{field}.video_url.url")


def _filled(message: Message, data_urls: Mapping[MediaKey, str]) -> Message:
    parts = tuple([_filled_part(part, data_urls) for part in message.parts])
    return message if parts == message.parts else structs.replace(message, parts=parts)


def _filled_part(part: Part, data_urls: Mapping[MediaKey, str]) -> Part:
    match part:
        case Image(url) if (data_url := data_urls.get(("image", url))) is not None:
            return structs.replace(part, url=data_url)
        case File(str(url)) if (data_url := data_urls.get(("file", url))) is not None:
            return structs.replace(part, data=data_url)
        case Video(url) if (data_url := data_urls.get(("video", url))) is not None:
            return structs.replace(part, url=data_url)
        case _:
            return part
