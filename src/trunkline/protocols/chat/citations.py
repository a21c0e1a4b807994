"""Perplexity's `citations` and `search_results` as annotations (inference.md 30.10)."""

from msgspec import Raw

from trunkline.protocols.bounds import CITATIONS_MAX
from trunkline.protocols.lenient_json import list_of, object_of, quoted, text_of


class CitationReader:
    """Every chunk repeats the whole list: each source becomes one annotation, once."""

    __slots__ = ("_last", "_urls")

    def __init__(self) -> None:
        self._urls: set[str] = set()
        self._last = (b"", b"")

    def read(self, citations: Raw, search_results: Raw) -> list[Raw]:
        """Annotations for the sources that were not named before. Search results know titles, so they go first."""
        current = (bytes(citations), bytes(search_results))
        if current == self._last:
            return []
        self._last = current
        annotations: list[Raw] = []
        for result in list_of(search_results):
            members = object_of(result)
            self._add(annotations, text_of(members.get("url")), text_of(members.get("title")))
        for citation in list_of(citations):
            self._add(annotations, text_of(citation), "")
        return annotations

    def _add(self, annotations: list[Raw], url: str, title: str) -> None:
        if not url or url in self._urls or len(self._urls) >= CITATIONS_MAX:
            return
        self._urls.add(url)
        annotations.append(url_citation(url, title))


def url_citation(url: str, title: str) -> Raw:
    """The annotation of a source that names no place in the text."""
    inner = b'{"url":' + quoted(url) + b',"title":' + quoted(title) + b',"start_index":0,"end_index":0}'
    return Raw(b'{"type":"url_citation","url_citation":' + inner + b"}")
