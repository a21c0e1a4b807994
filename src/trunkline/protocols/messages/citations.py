"""Citations as chat's annotations (inference.md 30.10)."""

from typing import Final

from msgspec import Raw

from trunkline.protocols.lenient_json import object_of, quoted, text_of

_ADDRESS: Final = {"web_search_result_location": "url", "search_result_location": "source"}
"""Kinds of citation that name a page, and where. Places in the caller's own documents have no address."""


def url_citation(citation: Raw, start: int, end: int) -> Raw | None:
    """The annotation that names the cited page. `start` and `end` are those of the text block in the answer's text;
    None for a citation without an address."""
    members = object_of(citation)
    url = text_of(members.get(_ADDRESS.get(text_of(members.get("type")), "")))
    if not url.startswith(("http://", "https://")):
        return None
    inner = b'{"url":%s,"title":%s,"content":%s,"start_index":%d,"end_index":%d}' % (
        quoted(url),
        quoted(text_of(members.get("title"))),
        quoted(text_of(members.get("cited_text"))),
        start,
        end,
    )
    return Raw(b'{"type":"url_citation","url_citation":' + inner + b"}")
