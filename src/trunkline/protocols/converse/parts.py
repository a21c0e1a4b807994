"""Parts of messages as content blocks: this service takes bytes, never addresses (inference.md 30.2)."""

import re
from typing import Final

from trunkline.protocols.converse.blocks import Block, Member, text_block
from trunkline.protocols.data_urls import DataUrl, split_data_url
from trunkline.protocols.requests import Audio, File, Image, Medium, Part, Refusal, Text, Video
from trunkline.protocols.support import unsendable

_IMAGE_FORMATS: Final = {
    "image/png": "png",
    "image/jpeg": "jpeg",
    "image/jpg": "jpeg",
    "image/gif": "gif",
    "image/webp": "webp",
}
_VIDEO_FORMATS: Final = {
    "video/mp4": "mp4",
    "video/mpeg": "mpeg",
    "video/quicktime": "mov",
    "video/mov": "mov",
    "video/webm": "webm",
    "video/x-matroska": "mkv",
    "video/x-flv": "flv",
    "video/x-ms-wmv": "wmv",
    "video/3gpp": "three_gp",
}
_DOCUMENT_FORMATS: Final = {
    "application/pdf": "pdf",
    "application/msword": "doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/json": "txt",
    "application/xml": "txt",
    "application/yaml": "txt",
    "text/csv": "csv",
    "text/html": "html",
    "text/markdown": "md",
}
"""Other types of text are `txt`."""
_UNTOLD: Final = frozenset({"", "application/octet-stream"})
_PDF_START: Final = "JVBER"
"""`%PDF`, in base64."""

_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9\-()\[\] ]+")
_BLANKS: Final = re.compile(r" {2,}")
_NAME_CHARS_MAX: Final = 190
"""Leaves room for a number within the vendor's 200."""


class PartWriter:
    """Writes the parts of one request: documents of equal names get numbers, as names must differ."""

    __slots__ = ("_names",)

    def __init__(self) -> None:
        self._names: set[str] = set()

    def blocks(self, parts: tuple[Part, ...]) -> list[Block]:
        """The blocks that say what `parts` say, without texts that hold no words.

        Raises InvalidRequest for what cannot be sent.
        """
        return [block for part in parts if (block := self._block(part)) is not None]

    def _block(self, part: Part) -> Block | None:
        match part:
            case Text(text):
                return text_block(text, part.cache) if text.strip() else None
            case Refusal(refusal):
                return text_block(refusal) if refusal.strip() else None
            case Image(url):
                return Block(_media("image", part, url, _IMAGE_FORMATS), part.cache)
            case Video(url):
                return Block(_media("video", part, url, _VIDEO_FORMATS), part.cache)
            case File():
                return Block(self._file(part), part.cache)
            case Audio():
                raise unsendable(part, "audio", "Choose a model that hears.")

    def _file(self, file: File) -> Member:
        if file.data is None:
            raise unsendable(file, "uploaded files by `file_id`", "Send the file as a data URL.")
        data_url = _data_url("files", file, file.data)
        if data_url.mime.startswith("image/"):
            return _media("image", file, file.data, _IMAGE_FORMATS)
        document: Member = {
            "format": _document_format(data_url, file),
            "name": self._name(file.filename or ""),
            "source": {"bytes": data_url.data},
        }
        return {"document": document}

    def _name(self, filename: str) -> str:
        """The name without what the service refuses, and unlike those before."""
        name = _BLANKS.sub(" ", _NOT_IN_NAMES.sub(" ", filename))[:_NAME_CHARS_MAX].strip() or "Document"
        unique, number = name, 1
        while unique in self._names:
            number += 1
            unique = f"{name} ({number})"
        self._names.add(unique)
        return unique


def _media(kind: str, medium: Medium, url: str, formats: dict[str, str]) -> Member:
    data_url = _data_url(f"{kind}s", medium, url)
    named = formats.get(data_url.mime)
    if named is None:
        known = ", ".join(sorted(formats))
        raise unsendable(medium, f"{kind}s of type {data_url.mime or 'unknown'}", f"It takes {known}.")
    return {kind: {"format": named, "source": {"bytes": data_url.data}}}


def _document_format(data_url: DataUrl, file: File) -> str:
    known = _DOCUMENT_FORMATS.get(data_url.mime)
    if known is not None:
        return known
    if data_url.mime.startswith("text/"):
        return "txt"
    extension = (file.filename or "").rpartition(".")[2].lower()
    if data_url.mime in _UNTOLD:
        if data_url.data.startswith(_PDF_START):
            return "pdf"
        if extension in {"txt", *_DOCUMENT_FORMATS.values()}:
            return extension
    raise unsendable(file, f"files of type {data_url.mime or 'unknown'}", "PDF, Word, Excel and text files work.")


def _data_url(kinds: str, medium: Medium, url: str) -> DataUrl:
    data_url = split_data_url(url)
    if data_url is None:
        raise unsendable(medium, f"{kinds} by address", "Send the content as a data URL (data:<type>;base64,<data>).")
    return data_url
