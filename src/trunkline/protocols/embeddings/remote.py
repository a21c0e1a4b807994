"""Media by URL in the inputs, for formats that take them only as data (inference.md 10.1)."""

from collections.abc import Mapping

from trunkline.protocols.embeddings.request import Content, EmbeddingsRequest
from trunkline.protocols.remote_media import MediaKey, MediaKind, RemoteMedia, is_web_address
from trunkline.protocols.requests import File, Image, Part, Video


def remote_in(request: EmbeddingsRequest) -> tuple[RemoteMedia, ...]:
    """Every http(s) URL of the inputs, each once."""
    found: dict[MediaKey, RemoteMedia] = {}
    for index, one in enumerate(request.inputs):
        if isinstance(one, Content):
            for position, part in enumerate(one.parts):
                remote = _remote(part, f"input[{index}].content[{position}]")
                if remote is not None:
                    found.setdefault(remote.key, remote)
    return tuple(found.values())


def content_url(kind: MediaKind, url: str, contents: Mapping[MediaKey, str]) -> str:
    """The data URL that was fetched for an address; a data URL itself."""
    return contents.get((kind, url), url)


def _remote(part: Part, field: str) -> RemoteMedia | None:
    match part:
        case Image(url) if is_web_address(url):
            return RemoteMedia("image", url, f"{field}.image_url.url")
        case Video(url) if is_web_address(url):
            return RemoteMedia("video", url, f"{field}.input_video.data")
        case File(str(url)) if is_web_address(url):
            return RemoteMedia("file", url, f"{field}.input_file.data")
        case _:
            return None
