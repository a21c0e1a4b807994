"""What a piece of media is: told by its first bytes, or by the name that it goes by (inference.md 10.1)."""

from typing import Final
from urllib.parse import urlsplit

OCTETS: Final = "application/octet-stream"
UNTOLD: Final = frozenset({"", OCTETS, "binary/octet-stream"})
"""Types that say nothing."""

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

_STARTS: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"\x1a\x45\xdf\xa3", "video/webm"),
    (b"\x00\x00\x01\xba", "video/mpeg"),
    (b"\x00\x00\x01\xb3", "video/mpeg"),
)
_RIFF_FORMS: Final = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}
_FTYP_BRANDS: Final = {
    b"qt  ": "video/quicktime",
    b"M4A ": "audio/mp4",
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heif",
}


def type_of_bytes(data: bytes) -> str | None:
    """The type that the first bytes give away, None when they do not."""
    for start, media_type in _STARTS:
        if data.startswith(start):
            return media_type
    if data.startswith(b"RIFF"):
        return _RIFF_FORMS.get(data[8:12])
    if data[4:8] == b"ftyp":
        return _FTYP_BRANDS.get(data[8:12], "video/mp4")
    return None


def type_of_name(name: str) -> str | None:
    """The type that the ending of a file name or of a URL's path stands for, None for an unknown one."""
    path = host_and_path(name)[1]
    return _OF_EXTENSION.get(path.rpartition(".")[2].lower()) if "." in path else None


def host_and_path(url: str) -> tuple[str, str]:
    """Both empty for what is no address at all."""
    try:
        split = urlsplit(url)
    except ValueError:
        return "", ""
    return split.hostname or "", split.path
