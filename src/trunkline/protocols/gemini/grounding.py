"""`groundingMetadata` as citations of the text (inference.md 30.10)."""

from typing import Final

import msgspec
from msgspec import Raw, Struct

from trunkline.core import json
from trunkline.protocols.bounds import CITATIONS_MAX
from trunkline.protocols.lenient_json import UNREADABLE


class _Source(Struct):
    uri: str = ""
    title: str = ""


class _Chunk(Struct, rename="camel"):
    web: _Source | None = None
    maps: _Source | None = None
    retrieved_context: _Source | None = None

    def source(self) -> _Source:
        return self.web or self.maps or self.retrieved_context or _Source()


class _Segment(Struct, rename="camel"):
    start_index: int = 0
    end_index: int = 0
    text: str = ""


class _Support(Struct, rename="camel"):
    segment: _Segment | None = None
    grounding_chunk_indices: list[int] | None = None


class _Grounding(Struct, rename="camel"):
    grounding_chunks: list[_Chunk] | None = None
    grounding_supports: list[_Support] | None = None
    web_search_queries: list[str] | None = None


_decoder = msgspec.json.Decoder(_Grounding)
_NOWHERE: Final = (0, 0)


class GroundingReader:
    """The sources of one candidate; a stream may repeat or complete them in later chunks."""

    __slots__ = ("_cited", "_sources", "_used", "queries")

    def __init__(self) -> None:
        self._sources: dict[str, _Source] = {}
        self._cited: set[tuple[str, int, int]] = set()
        self._used: set[str] = set()
        self.queries: set[str] = set()
        """What was searched for."""

    def read(self, metadata: Raw, text: str) -> list[Raw]:
        """Annotations that were not told before: one for each support and source.

        `text` is the answer so far. Places come as bytes of its UTF-8 and leave as characters.
        """
        try:
            grounding = _decoder.decode(metadata)
        except UNREADABLE:
            return []
        self.queries.update(grounding.web_search_queries or ())
        sources = [chunk.source() for chunk in grounding.grounding_chunks or ()]
        annotations: list[Raw] = []
        encoded = text.encode()
        for support in grounding.grounding_supports or ():
            place = _place(support.segment, encoded)
            for index in support.grounding_chunk_indices or ():
                if 0 <= index < len(sources):
                    self._cite(sources[index], place, annotations)
        if len(self._sources) < CITATIONS_MAX:
            self._sources.update((source.uri, source) for source in sources)
        return annotations

    def finish(self) -> list[Raw]:
        """Annotations of the sources that no support named."""
        annotations: list[Raw] = []
        for uri, source in self._sources.items():
            if uri not in self._used:
                self._cite(source, _NOWHERE, annotations)
        return annotations

    def _cite(self, source: _Source, place: tuple[int, int], annotations: list[Raw]) -> None:
        key = (source.uri, *place)
        if not source.uri or key in self._cited or len(self._cited) >= CITATIONS_MAX:
            return
        self._cited.add(key)
        self._used.add(source.uri)
        start, end = place
        citation = {"url": source.uri, "title": source.title, "start_index": start, "end_index": end}
        annotations.append(json.raw({"type": "url_citation", "url_citation": citation}))


def _place(segment: _Segment | None, encoded: bytes) -> tuple[int, int]:
    """First character and the one behind the last."""
    if segment is None:
        return _NOWHERE
    return _characters(encoded, segment.start_index), _characters(encoded, segment.end_index)


def _characters(encoded: bytes, byte_index: int) -> int:
    return len(encoded[: max(byte_index, 0)].decode("utf-8", "ignore"))
