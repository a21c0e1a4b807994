"""Content blocks of a request as the hub's parts (inference.md 18.2)."""

import msgspec
from msgspec import Raw

from trunkline.protocols.media_payloads import check_base64_image, check_base64_media, check_image, check_media
from trunkline.protocols.messages.wire_blocks import (
    Base64Source,
    BlockIn,
    CompactionBlockIn,
    ContentSource,
    DocumentBlockIn,
    FileSource,
    ImageBlockIn,
    MarkedBlock,
    SearchResultBlockIn,
    TextBlockIn,
    TextSource,
    UrlSource,
    read_blocks,
)
from trunkline.protocols.requests import CacheMarker, File, Image, Part, Text

_string = msgspec.json.Decoder(str)


def parts_of(blocks: tuple[BlockIn, ...], path: str) -> tuple[Part, ...]:
    """The parts that blocks of content come to; others are passed over. Raises InvalidRequest for broken media."""
    if len(blocks) == 1 and isinstance(block := blocks[0], TextBlockIn):
        return (Text(block.text, marker_of(block)),)
    return tuple([part for index, block in enumerate(blocks) for part in _parts(block, f"{path}[{index}]")])


def marker_of(block: MarkedBlock) -> CacheMarker | None:
    """The cache marker on a block."""
    return None if block.cache_control is None else CacheMarker(block.cache_control.ttl)


def _parts(block: BlockIn, path: str) -> list[Part]:
    match block:
        case TextBlockIn():
            return [Text(block.text, marker_of(block))]
        case ImageBlockIn():
            return [_image(block, path)]
        case DocumentBlockIn():
            return _document(block, path)
        case SearchResultBlockIn():
            found = "\n".join([f"{block.title} ({block.source})", *_texts(block.content, f"{path}.content")])
            return [Text(found, marker_of(block))]
        case CompactionBlockIn():
            return [Text(block.content, marker_of(block))] if block.content else []
        case _:
            return []


def _image(block: ImageBlockIn, path: str) -> Image | File:
    source, cache = block.source, marker_of(block)
    match source:
        case Base64Source():
            check_base64_image(source.media_type, source.data, f"{path}.source.data")
            return Image(_data_url(source), cache=cache, at=f"{path}.source")
        case UrlSource():
            check_image(source.url, f"{path}.source.url")
            return Image(_string.decode(source.url), cache=cache, at=f"{path}.source.url")
        case FileSource():
            return File(file_id=source.file_id, cache=cache, at=f"{path}.source.file_id")


def _document(block: DocumentBlockIn, path: str) -> list[Part]:
    """A file, or its text; what is said about a file stands before it."""
    source, cache = block.source, marker_of(block)
    about: list[Part] = [Text(block.context)] if block.context else []
    match source:
        case Base64Source():
            check_base64_media(source.data, f"{path}.source.data")
            return [*about, File(_data_url(source), block.title, cache=cache, at=f"{path}.source")]
        case UrlSource():
            check_media(source.url, f"{path}.source.url")
            return [*about, File(_string.decode(source.url), block.title, cache=cache, at=f"{path}.source.url")]
        case FileSource():
            return [
                *about,
                File(filename=block.title, file_id=source.file_id, cache=cache, at=f"{path}.source.file_id"),
            ]
        case TextSource():
            return [Text(_titled(block, [source.data]), cache)]
        case ContentSource(content):
            if isinstance(content, str):
                return [Text(_titled(block, [content]), cache)]
            inner = f"{path}.source.content"
            return [Text(_titled(block, [])), *parts_of(read_blocks(content, inner), inner)]


def _titled(block: DocumentBlockIn, texts: list[str]) -> str:
    return "\n".join(text for text in (block.title, block.context, *texts) if text)


def _texts(raws: list[Raw], path: str) -> list[str]:
    return [block.text for block in read_blocks(raws, path) if isinstance(block, TextBlockIn)]


def _data_url(source: Base64Source) -> str:
    return f"data:{source.media_type};base64,{_string.decode(source.data)}"
