"""Reasoning of earlier turns, as one endpoint may have it back (inference.md 7.5, 30.5)."""

import msgspec

from trunkline.protocols.chat.wire_messages import WireReasoningDetail
from trunkline.protocols.requests import Message, ReasoningDetail

_detail = msgspec.json.Decoder(WireReasoningDetail)
PLAIN_FORMATS = frozenset({None, "unknown"})
"""Formats of reasoning that carries no signature: only these become `reasoning_content`."""


class SentDetails:
    """Which details were already sent in this request: a repeated one goes out once, where it came first (7.5)."""

    __slots__ = ("_seen",)

    def __init__(self) -> None:
        self._seen: set[tuple[str, str]] = set()

    def is_first(self, detail: WireReasoningDetail) -> bool:
        """True the first time, and remembered."""
        key = detail_key(detail)
        if key in self._seen:
            return False
        self._seen.add(key)
        return True


class ReasoningHistory:
    """The plain text of the reasoning that one request sends back."""

    __slots__ = ("_sent",)

    def __init__(self) -> None:
        self._sent = SentDetails()

    def plain_text(self, message: Message) -> str | None:
        """What goes into `reasoning_content`: the unsigned details, else the `reasoning` string, else nothing.

        `""` for an empty list of details: some upstreams want the member to be there (7.5).
        """
        if message.reasoning_details is None:
            return message.reasoning
        texts: list[str] = []
        for detail in message.reasoning_details:
            if detail.format not in PLAIN_FORMATS:
                continue
            read = read_detail(detail)
            text = read.text if read.text is not None else read.summary
            if text is not None and self._sent.is_first(read):
                texts.append(text)
        if not texts and message.reasoning_details:
            return None
        return "".join(texts)


def read_detail(detail: ReasoningDetail) -> WireReasoningDetail:
    """What stands in a detail of the history."""
    return _detail.decode(detail.raw)


def detail_key(detail: WireReasoningDetail) -> tuple[str, str]:
    """What makes two details the same one: the summary; else id or data; else text or signature."""
    if detail.summary is not None:
        return "summary", detail.summary
    if detail.data is not None:
        return "encrypted", detail.id or detail.data
    return "text", detail.text or detail.signature or ""
