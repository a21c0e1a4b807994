"""Citations of this format as annotations (inference.md 30.10)."""

from typing import Final

from msgspec import Raw

from trunkline.protocols.lenient_json import int_of, list_of, object_of, quoted, text_of

CITATIONS_MAX: Final = 1000
_OF_TEXT: Final = frozenset({"", "TEXT_CONTENT"})
"""Kinds of citation whose place is in the answer's text; others stand in a plan or a thought."""
_ADDRESSES: Final = ("url", "link", "source")
"""Members of a caller's document that by custom hold its address."""


class Citation:
    """One citation while it is read: a stretch of a content item, and the sources that it rests on."""

    __slots__ = ("_members", "raw")

    def __init__(self, raw: Raw) -> None:
        self.raw = raw
        self._members = object_of(raw)

    @property
    def content_index(self) -> int:
        """The content item in which it stands; models that write a single one leave it out."""
        return int_of(self._members.get("content_index")) or 0

    def annotations(self, text_start: int) -> list[Raw]:
        """One for each source that has an address: the caller's own documents and results of tools mostly have none.

        `text_start`: where in the whole answer's text the content item begins.
        """
        if text_of(self._members.get("type")) not in _OF_TEXT:
            return []
        start = text_start + (int_of(self._members.get("start")) or 0)
        end = text_start + (int_of(self._members.get("end")) or 0)
        sources = (object_of(source) for source in list_of(self._members.get("sources")))
        known = (object_of(source.get("document") or source.get("tool_output")) for source in sources)
        annotations = (_url_citation(members, start, end) for members in known)
        return [annotation for annotation in annotations if annotation is not None]


def _url_citation(source: dict[str, Raw], start: int, end: int) -> Raw | None:
    url = next(
        (url for name in _ADDRESSES if (url := text_of(source.get(name))).startswith(("http://", "https://"))), ""
    )
    if not url:
        return None
    inner = b'{"url":%s,"title":%s,"content":%s,"start_index":%d,"end_index":%d}' % (
        quoted(url),
        quoted(text_of(source.get("title"))),
        quoted(text_of(source.get("text")) or text_of(source.get("snippet"))),
        start,
        end,
    )
    return Raw(b'{"type":"url_citation","url_citation":' + inner + b"}")
