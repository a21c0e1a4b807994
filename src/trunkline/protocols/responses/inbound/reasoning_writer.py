"""A `reasoning` item: summaries, open text, and what is sealed (inference.md 17.3, 17.6).

Sealed content, and the format that says whose it is, appear when the item is done and not before.
"""

from typing import Literal

from msgspec import Struct

from trunkline.core import json
from trunkline.protocols.events import ReasoningDelta
from trunkline.protocols.lenient_json import quoted
from trunkline.protocols.responses.inbound.event_writer import PLAIN_TAIL, EventWriter, delta_head
from trunkline.protocols.responses.inbound.item_writer import ItemPlace, ItemStatus, ItemWriter, minted_id

_PartName = Literal["summary_text", "reasoning_text"]


class _OpenPart(Struct, gc=False):
    kind: _PartName
    members: bytes
    head: bytes
    texts: list[str]


class ReasoningWriter(ItemWriter):
    """All details of one `detail_index`."""

    __slots__ = ("_content", "_data", "_format", "_open", "_place", "_signature", "_summaries", "detail_index", "whole")

    def __init__(self, writer: EventWriter, output_index: int, first: ReasoningDelta) -> None:
        # What is sealed and stands alone has an id that must come back with it (inference.md 17.6).
        id = quoted(first.id) if first.id and first.data else minted_id("rs")
        self._place = ItemPlace(writer, output_index, id)
        self.detail_index = first.detail_index
        self._summaries: list[bytes] = []
        self._content: list[bytes] = []
        self._open: _OpenPart | None = None
        self._data: list[str] = []
        self._signature: str | None = None
        self._format: str | None = None
        self.whole = b""

    def open(self) -> bytes:
        return self._place.added(b'{"id":%b,"type":"reasoning","status":"in_progress","summary":[]}' % self._place.id)

    def think(self, delta: ReasoningDelta) -> bytes:
        """One fragment: text for reading, a seal, or both."""
        self._format = delta.format
        if delta.signature:
            self._signature = delta.signature
        if delta.data:
            self._data.append(delta.data)
        if not delta.text:
            return b""
        kind: _PartName = "summary_text" if delta.type == "reasoning.summary" else "reasoning_text"
        out = b"" if self._open is not None and self._open.kind == kind else self._open_part(kind)
        assert self._open is not None
        self._open.texts.append(delta.text)
        return out + self._place.writer.delta(self._open.head, delta.text, PLAIN_TAIL)

    def end_part(self) -> bytes:
        part, self._open = self._open, None
        if part is None:
            return b""
        writer, text = self._place.writer, quoted("".join(part.texts))
        done = _part_json(part.kind, text)
        texts, whole = b'%b,"text":%b' % (part.members, text), b'%b,"part":%b' % (part.members, done)
        if part.kind == "summary_text":
            self._summaries.append(done)
            ended = writer.event("response.reasoning_summary_text.done", texts)
            return ended + writer.event("response.reasoning_summary_part.done", whole)
        self._content.append(done)
        return writer.event("response.reasoning_text.done", texts) + writer.event("response.content_part.done", whole)

    def close(self, status: ItemStatus) -> bytes:
        out = self.end_part()
        self.whole = self._item(status.encode("ascii"))
        return out + self._place.done(self.whole)

    def partial(self) -> None:
        """Thoughts without their seal are worth nothing to anybody."""

    def _item(self, status: bytes) -> bytes:
        summaries = b",".join(self._summaries)
        pieces = [b'{"id":%b,"type":"reasoning","status":"%b","summary":[%b]' % (self._place.id, status, summaries)]
        if self._content:
            pieces.append(b',"content":[%b]' % b",".join(self._content))
        if self._data:
            pieces.append(b',"encrypted_content":' + quoted("".join(self._data)))
        if self._signature is not None:
            pieces.append(b',"signature":' + quoted(self._signature))
        pieces.append(b',"format":' + json.encode(self._format) + b"}")
        return b"".join(pieces)

    def _open_part(self, kind: _PartName) -> bytes:
        out = self.end_part()
        if kind == "summary_text":
            members = b'%b,"summary_index":%d' % (self._place.members, len(self._summaries))
            added, grown = "response.reasoning_summary_part.added", "response.reasoning_summary_text.delta"
        else:
            members = b'%b,"content_index":%d' % (self._place.members, len(self._content))
            added, grown = "response.content_part.added", "response.reasoning_text.delta"
        self._open = _OpenPart(kind, members, delta_head(grown, members), [])
        return out + self._place.writer.event(added, b'%b,"part":%b' % (members, _part_json(kind, b'""')))


def _part_json(kind: _PartName, text: bytes) -> bytes:
    return b'{"type":"%b","text":%b}' % (kind.encode("ascii"), text)
