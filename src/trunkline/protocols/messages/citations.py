"""Citations as chat's annotations (inference.md 30.10)."""

from typing import Final

from msgspec import Raw

from trunkline.protocols.lenient_json import int_of, object_of, quoted, text_of

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


def is_page(citation: Raw) -> bool:
    """Whether a citation of this format names a page, so that `url_citation` has told it."""
    members = object_of(citation)
    return text_of(members.get(_ADDRESS.get(text_of(members.get("type")), ""))).startswith(("http://", "https://"))


def page_citation(annotation: Raw) -> Raw | None:
    """Chat's annotation as a citation of this format, where it stands for some words of the answer (18.3)."""
    cited = object_of(object_of(annotation).get("url_citation"))
    url, start, end = text_of(cited.get("url")), int_of(cited.get("start_index")), int_of(cited.get("end_index"))
    if not url or start is None or end is None or end <= start:
        return None
    return Raw(
        b'{"type":"web_search_result_location","url":%s,"title":%s,"cited_text":%s,"encrypted_index":""}'
        % (quoted(url), quoted(text_of(cited.get("title"))), quoted(text_of(cited.get("content"))))
    )
