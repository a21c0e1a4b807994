"""Text while it is read, with its citations (inference.md 30.9, 30.10)."""

from msgspec import Raw

from trunkline.protocols.events import Annotated, Extra, GenerationEvent, PartEnded, PartStarted, TextDelta
from trunkline.protocols.lenient_json import object_of, objects_of, quoted, text_of
from trunkline.protocols.messages.block_state import AnswerState, Members

CITATIONS_MAX = 1000


class CitedText:
    """A block of text. Citations may come before the words they stand for, so they are told at the end."""

    __slots__ = ("_chars_before", "_citations", "_index", "_part", "_state")

    def __init__(self, state: AnswerState, index: int) -> None:
        self._state = state
        self._index = index
        self._part = state.next_part()
        self._chars_before = state.text_chars
        self._citations: list[Raw] = []

    def takes(self, delta: Members) -> bool:
        return "text" in delta or "citation" in delta

    def open(self) -> list[GenerationEvent]:
        return [PartStarted(self._part, "text")]

    def grow(self, delta: Members) -> list[GenerationEvent]:
        if "citation" in delta and len(self._citations) < CITATIONS_MAX:
            self._citations.append(delta["citation"])
        text = text_of(delta.get("text"))
        if not text:
            return []
        self._state.text_chars += len(text)
        self._state.produced(len(text))
        return [TextDelta(self._part, text)]

    def close(self) -> list[GenerationEvent]:
        events: list[GenerationEvent] = []
        for citation in self._citations:
            annotation = _url_citation(citation, self._chars_before, self._state.text_chars)
            if annotation is not None:
                events.append(Annotated(annotation))
            events.append(Extra(f"content[{self._index}].citations[]", citation))
        return [*events, PartEnded(self._part)]


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
