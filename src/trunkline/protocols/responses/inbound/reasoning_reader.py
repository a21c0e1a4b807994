"""`reasoning` items of earlier turns as reasoning details (inference.md 17.6)."""

from typing import Final

from trunkline.core import ids, json
from trunkline.protocols.requests import ReasoningDetail
from trunkline.protocols.responses.inbound.wire_items import ReasoningItem

SEALED_FORMAT: Final = "openai-responses-v1"
"""Whose an encrypted item is that does not say it: clients of OpenAI's own keep no `format`."""
OPEN_FORMAT: Final = "unknown"
_BOUND_TO_CALL: Final = "google-gemini-v1"
"""Its seals belong to a call, by the call's id; an item that lost its id comes right before the call."""


def format_of(item: ReasoningItem) -> str:
    """Whose reasoning it is."""
    return item.format or (SEALED_FORMAT if item.encrypted_content else OPEN_FORMAT)


class ReasoningReader:
    """The details of one assistant turn. All details of one item share an index (inference.md 7.3)."""

    __slots__ = ("_details", "_index", "_unbound")

    def __init__(self) -> None:
        self._details: list[ReasoningDetail] = []
        self._unbound: list[int] = []
        self._index = 0

    def read(self, item: ReasoningItem) -> None:
        """Add one item's details: summaries, texts with the signature at the last, what is encrypted."""
        told_format = format_of(item)
        texts: list[str | None] = [part.text for part in item.content or ()]
        if item.signature and not texts:
            texts.append(None)
        for part in item.summary or ():
            self._add("reasoning.summary", told_format, {"summary": part.text})
        for position, text in enumerate(texts):
            members: dict[str, str] = {} if text is None else {"text": text}
            if item.signature and position == len(texts) - 1:
                members["signature"] = item.signature
            self._add("reasoning.text", told_format, members)
        if item.encrypted_content:
            members = {"data": item.encrypted_content}
            if item.id is not None and not ids.is_minted_item_id(item.id):
                members["id"] = item.id
            elif told_format == _BOUND_TO_CALL:
                self._unbound.append(len(self._details))
            self._add("reasoning.encrypted", told_format, members)
        self._index += 1

    def bind(self, call_id: str) -> None:
        """A call follows: seals without an id that came before it are its own."""
        for position in self._unbound:
            detail = self._details[position]
            members = json.members(detail.raw) | {"id": json.raw(call_id)}
            self._details[position] = ReasoningDetail(detail.type, detail.format, json.raw(members))
        self._unbound.clear()

    def take(self) -> tuple[ReasoningDetail, ...] | None:
        """The turn is complete; None when it had no reasoning."""
        details, self._details = tuple(self._details), []
        self._unbound.clear()
        return details or None

    def _add(self, kind: str, told_format: str, members: dict[str, str]) -> None:
        whole = {"type": kind, **members, "format": told_format, "index": self._index}
        self._details.append(ReasoningDetail(kind, told_format, json.raw(whole)))
