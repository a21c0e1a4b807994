"""Reasoning as upstreams answer it: text for display and details for sending back (inference.md 7.3, 7.4).

An upstream that sends `reasoning_details` keeps them to the letter. One that sends only text (`reasoning_content`,
`reasoning`, a Mistral thinking part) gets a detail of format `unknown` beside it.
"""

from typing import Final

import msgspec
from msgspec import Raw, Struct

from trunkline.core import json
from trunkline.protocols.events import ReasoningDelta, ReasoningType
from trunkline.protocols.lenient_json import UNREADABLE, is_blank, label_of, list_of, object_of, quoted, text_of

_TYPES: Final[dict[str, ReasoningType]] = {
    "reasoning.text": "reasoning.text",
    "reasoning.summary": "reasoning.summary",
    "reasoning.encrypted": "reasoning.encrypted",
    "reasoning.server_tool_call": "reasoning.server_tool_call",
}


_GROWING: Final = frozenset({"text", "summary", "data"})
_CARRYING: Final = ("data", "signature", "summary", "text", "result", "arguments")


class _Detail(Struct):
    type: str = ""
    text: str | None = None
    summary: str | None = None
    signature: str | None = None
    data: str | None = None
    id: str | None = None
    format: str | None = "anthropic-claude-v1"
    index: int = 0


_detail_decoder = msgspec.json.Decoder(_Detail)


class ReasoningRead(Struct):
    """The reasoning of one delta: `text` for display, `details` beside it, as they go to the client."""

    text: str
    details: list[Raw]

    def has_content(self) -> bool:
        """More than the empty detail with which some streams of thought open."""
        if self.text:
            return True
        return any(text_of(object_of(detail).get(name)) for detail in self.details for name in _CARRYING)


def read_reasoning(text: str, details: list[Raw]) -> ReasoningRead | None:
    """Bring both spellings together; None if there is nothing.

    The text is what the details say, where they say any; a text without a visible detail gets one of its own.
    """
    if not details:
        return ReasoningRead(text, [text_detail(text)]) if text else None
    visible = "".join(_visible_text(detail) for detail in details)
    if text and not visible:
        return ReasoningRead(text, [text_detail(text), *details])
    return ReasoningRead(visible, details)


def text_detail(text: str) -> Raw:
    """The detail of an upstream that sends text alone."""
    return Raw(b'{"type":"reasoning.text","text":' + quoted(text) + b',"format":"unknown","index":0}')


def to_event(detail: Raw, part: int, choice: int) -> ReasoningDelta:
    """One detail as an event of part `part`; the detail itself rides along."""
    try:
        read = _detail_decoder.decode(detail)
    except UNREADABLE:
        read = _Detail(text=_visible_text(detail))
    kind = _TYPES.get(read.type, "reasoning.text")
    return ReasoningDelta(
        index=part,
        text=(read.summary if kind == "reasoning.summary" else read.text) or "",
        type=kind,
        signature=read.signature or None,
        data=read.data,
        id=read.id,
        format=read.format,
        detail_index=read.index,
        choice=choice,
        detail=detail,
    )


def from_event(event: ReasoningDelta) -> Raw:
    """The detail that an event stands for, members in the recorded order."""
    if event.detail:
        return event.detail
    members = [b'"type":' + quoted(event.type)]
    if event.type == "reasoning.summary":
        members.append(b'"summary":' + quoted(event.text))
    elif event.type == "reasoning.encrypted":
        members.append(b'"data":' + quoted(event.data or ""))
    elif event.text or event.signature is None:
        members.append(b'"text":' + quoted(event.text))
    if event.signature is not None:
        members.append(b'"signature":' + quoted(event.signature))
    members.append(b'"format":' + (b"null" if event.format is None else quoted(event.format)))
    if event.id is not None:
        members.append(b'"id":' + quoted(event.id))
    members.append(b'"index":%d' % event.detail_index)
    return Raw(b"{" + b",".join(members) + b"}")


def thinking_text(raw: Raw) -> str:
    """The text of a Mistral `thinking` part: an array of text parts, or a string."""
    pieces = [text_of(object_of(item).get("text")) for item in list_of(raw)]
    return "".join(pieces) or text_of(raw)


def _visible_text(detail: Raw) -> str:
    members = object_of(detail)
    name = "summary" if label_of(members.get("type")) == "reasoning.summary" else "text"
    return text_of(members.get(name))


def merge_details(first: Raw, second: Raw) -> Raw | None:
    """Two fragments of one detail as one: texts joined, of the rest the last that is not null.

    None when they are no fragments of one detail: another type or index (inference.md 7.4).
    """
    merged, more = object_of(first), object_of(second)
    if any(label_of(merged.get(name)) != label_of(more.get(name)) for name in ("type", "index")):
        return None
    for name, raw in more.items():
        if name in _GROWING:
            raw = Raw(quoted(text_of(merged.get(name)) + text_of(raw)))
        if not is_blank(raw):
            merged[name] = raw
    return json.raw(merged)
