"""A text block while it is read (inference.md 30.10)."""

from msgspec import Raw

from trunkline.protocols.events import GenerationEvent, PartStarted
from trunkline.protocols.lenient_json import object_of, objects_of, quoted, text_of
from trunkline.protocols.messages.block_state import AnswerState, Members
from trunkline.protocols.messages.cited_text import CitedText


class TextBlock:
    """Text, with its citations."""

    __slots__ = ("_text",)

    def __init__(self, state: AnswerState, index: int) -> None:
        self._text = CitedText(state, index, _url_citation)

    def takes(self, delta: Members) -> bool:
        return "text" in delta or "citation" in delta

    def open(self) -> list[GenerationEvent]:
        return [PartStarted(self._text.part, "text")]

    def grow(self, delta: Members) -> list[GenerationEvent]:
        if "citation" in delta:
            self._text.cite((delta["citation"],))
        return self._text.add(text_of(delta.get("text")))

    def close(self) -> list[GenerationEvent]:
        return self._text.end()


def _url_citation(citation: Raw, start: int, end: int) -> Raw | None:
    """The annotation that names the cited page, None for places in the caller's own documents. `start` and `end` are
    those of the block in the answer's text."""
    members = object_of(citation)
    web = object_of(object_of(members.get("location")).get("web"))
    url = text_of(web.get("url")) or text_of(members.get("source"))
    if not url.startswith(("http://", "https://")):
        return None
    inner = b'{"url":%s,"title":%s,"content":%s,"start_index":%d,"end_index":%d}' % (
        quoted(url),
        quoted(text_of(members.get("title")) or text_of(web.get("domain"))),
        quoted(cited_text(members.get("sourceContent"))),
        start,
        end,
    )
    return Raw(b'{"type":"url_citation","url_citation":' + inner + b"}")


def cited_text(raw: Raw | None) -> str:
    """The words in a list of `{"text": …}`."""
    return "".join(text_of(object_of(item).get("text")) for item in objects_of(raw))
