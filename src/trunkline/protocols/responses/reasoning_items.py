"""Reasoning of earlier turns as `reasoning` items (inference.md 7.5, 17.6, 30.5).

Nothing is stored upstream, so an item without its encrypted content is worth nothing there and is left out. The
exception are vendors that take plain reasoning back (quirk `reasoning_content_roundtrip`).
"""

import msgspec
from msgspec import Raw, Struct

from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.quirks import quirks_of
from trunkline.protocols.reasoning.details import PLAIN_FORMATS, SentDetails, WireReasoningDetail
from trunkline.protocols.requests import Message
from trunkline.protocols.responses.quirks import reasoning_format

Item = dict[str, object]


class _PlacedDetail(WireReasoningDetail, frozen=True, gc=False):
    """`index`: equal for all details of one item; whatever the caller made of it."""

    index: Raw = Raw(b"0")


_detail = msgspec.json.Decoder(_PlacedDetail)


class _Group(Struct):
    """The details of one item."""

    summaries: list[str]
    texts: list[str]
    data: str | None = None
    id: str | None = None


class ReasoningItems:
    """Writes the reasoning that one request sends back."""

    __slots__ = ("_format", "_sent", "_takes_plain")

    def __init__(self, target: UpstreamTarget) -> None:
        self._format = reasoning_format(target)
        self._takes_plain = "reasoning_content_roundtrip" in quirks_of(target)
        self._sent = SentDetails()

    def of(self, message: Message) -> list[Item]:
        """The items of one assistant message. Details of other formats than this provider's are passed over."""
        if message.reasoning_details is None:
            plain = message.reasoning if self._takes_plain else None
            return [] if not plain else [_item(_Group([], [plain]))]
        groups: dict[bytes, _Group] = {}
        for detail in message.reasoning_details:
            if detail.format != self._format and not (self._takes_plain and detail.format in PLAIN_FORMATS):
                continue
            read = _detail.decode(detail.raw)
            if self._sent.is_first(read):
                _add(groups.setdefault(bytes(read.index), _Group([], [])), read)
        return [
            _item(group)
            for group in groups.values()
            if group.data is not None or (self._takes_plain and (group.texts or group.summaries))
        ]


def _add(group: _Group, detail: WireReasoningDetail) -> None:
    if detail.summary is not None:
        group.summaries.append(detail.summary)
    if detail.text is not None:
        group.texts.append(detail.text)
    if detail.data is not None:
        group.data = detail.data
        group.id = detail.id


def _item(group: _Group) -> Item:
    item: Item = {"type": "reasoning"}
    if group.id is not None:
        item["id"] = group.id
    item["summary"] = [{"type": "summary_text", "text": text} for text in group.summaries]
    if group.texts:
        item["content"] = [{"type": "reasoning_text", "text": text} for text in group.texts]
    if group.data is not None:
        item["encrypted_content"] = group.data
    return item
