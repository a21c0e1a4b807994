"""A `message` item: text with annotations and log probabilities, refusals (inference.md 17.3, 17.4)."""

from typing import Final, Literal

from msgspec import Raw, Struct

from trunkline.protocols.lenient_json import compact, list_of, object_of, quoted
from trunkline.protocols.responses.inbound.event_writer import PLAIN_TAIL, TEXT_TAIL, EventWriter, delta_head
from trunkline.protocols.responses.inbound.item_writer import ItemPlace, ItemStatus, ItemWriter, minted_id

PartName = Literal["text", "refusal"]
_EMPTY_TEXT: Final = b'{"type":"output_text","text":"","annotations":[],"logprobs":[]}'
_EMPTY_REFUSAL: Final = b'{"type":"refusal","refusal":""}'


class _OpenPart(Struct, gc=False):
    """The content part that grows."""

    kind: PartName
    members: bytes
    """`output_index`, `item_id` and `content_index`."""
    head: bytes
    offset: int
    """Characters of text in the answer before it: citations count from the start of their own part."""
    texts: list[str]
    annotations: list[bytes]
    logprobs: list[bytes]


class MessageWriter(ItemWriter):
    """Text and refusals, part by part."""

    __slots__ = ("_open", "_parts", "_place", "whole")

    def __init__(self, writer: EventWriter, output_index: int) -> None:
        self._place = ItemPlace(writer, output_index, minted_id("msg"))
        self._parts: list[bytes] = []
        self._open: _OpenPart | None = None
        self.whole = b""

    def open(self) -> bytes:
        return self._place.added(self._item(b"in_progress", b""))

    def say(self, kind: PartName, text: str, logprobs: Raw, offset: int) -> bytes:
        """More of the open part, or the beginning of one at `offset`."""
        out = b"" if self._open is not None and self._open.kind == kind else self._open_part(kind, offset)
        part = self._open
        assert part is not None
        part.texts.append(text)
        writer = self._place.writer
        if not logprobs:
            return out + writer.delta(part.head, text, TEXT_TAIL if kind == "text" else PLAIN_TAIL)
        tokens = [compact(token) for token in list_of(object_of(logprobs).get("content"))]
        part.logprobs += tokens
        return out + writer.delta(part.head, text, b',"logprobs":[%b],"sequence_number":' % b",".join(tokens))

    def annotate(self, annotation: bytes) -> bytes:
        """A citation of the open text."""
        part = self._open
        assert part is not None
        members = b'%b,"annotation_index":%d,"annotation":%b' % (part.members, len(part.annotations), annotation)
        part.annotations.append(annotation)
        return self._place.writer.event("response.output_text.annotation.added", members)

    @property
    def text_offset(self) -> int | None:
        """Where the open text begins; None when none is open."""
        return self._open.offset if self._open is not None and self._open.kind == "text" else None

    def end_part(self) -> bytes:
        part, self._open = self._open, None
        if part is None:
            return b""
        writer, text = self._place.writer, quoted("".join(part.texts))
        done = _part_json(part, text)
        self._parts.append(done)
        if part.kind == "refusal":
            ended = writer.event("response.refusal.done", b'%b,"refusal":%b' % (part.members, text))
        else:
            said = b'%b,"text":%b,"logprobs":[%b]' % (part.members, text, b",".join(part.logprobs))
            ended = writer.event("response.output_text.done", said)
        return ended + writer.event("response.content_part.done", b'%b,"part":%b' % (part.members, done))

    def close(self, status: ItemStatus) -> bytes:
        out = self.end_part()
        self.whole = self._item(status.encode("ascii"), b",".join(self._parts))
        return out + self._place.done(self.whole)

    def partial(self) -> bytes:
        begun = [] if self._open is None else [_part_json(self._open, quoted("".join(self._open.texts)))]
        return self._item(b"incomplete", b",".join([*self._parts, *begun]))

    def _open_part(self, kind: PartName, offset: int) -> bytes:
        out = self.end_part()
        members = b'%b,"content_index":%d' % (self._place.members, len(self._parts))
        name = "response.output_text.delta" if kind == "text" else "response.refusal.delta"
        self._open = _OpenPart(kind, members, delta_head(name, members), offset, [], [], [])
        empty = _EMPTY_TEXT if kind == "text" else _EMPTY_REFUSAL
        return out + self._place.writer.event("response.content_part.added", b'%b,"part":%b' % (members, empty))

    def _item(self, status: bytes, content: bytes) -> bytes:
        return b'{"id":%b,"type":"message","role":"assistant","status":"%b","content":[%b]}' % (
            self._place.id,
            status,
            content,
        )


def _part_json(part: _OpenPart, text: bytes) -> bytes:
    if part.kind == "refusal":
        return b'{"type":"refusal","refusal":%b}' % text
    return b'{"type":"output_text","text":%b,"annotations":[%b],"logprobs":[%b]}' % (
        text,
        b",".join(part.annotations),
        b",".join(part.logprobs),
    )
