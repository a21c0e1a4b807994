"""Reasoning of earlier turns, as one endpoint may have it back (inference.md 7.5, 30.5)."""

import msgspec

from trunkline.protocols.chat.wire_messages import WireReasoningDetail
from trunkline.protocols.requests import Message

_detail = msgspec.json.Decoder(WireReasoningDetail)
_PLAIN_FORMATS = frozenset({None, "unknown"})
"""Formats of reasoning that carries no signature: only these become `reasoning_content`."""


class ReasoningHistory:
    """Which reasoning was already sent in this request: a repeated detail goes out once, where it came first."""

    __slots__ = ("_seen",)

    def __init__(self) -> None:
        self._seen: set[tuple[str, str]] = set()

    def plain_text(self, message: Message) -> str | None:
        """What goes into `reasoning_content`: the unsigned details, else the `reasoning` string, else nothing.

        `""` for an empty list of details: some upstreams want the member to be there (7.5).
        """
        if message.reasoning_details is None:
            return message.reasoning
        texts: list[str] = []
        for detail in message.reasoning_details:
            if detail.format not in _PLAIN_FORMATS:
                continue
            read = _detail.decode(detail.raw)
            text = read.text if read.text is not None else read.summary
            key = _key(read)
            if text is not None and key not in self._seen:
                self._seen.add(key)
                texts.append(text)
        if not texts and message.reasoning_details:
            return None
        return "".join(texts)


def _key(detail: WireReasoningDetail) -> tuple[str, str]:
    """What makes two details the same one: the summary; else id or data; else text or signature."""
    if detail.summary is not None:
        return "summary", detail.summary
    if detail.data is not None:
        return "encrypted", detail.id or detail.data
    return "text", detail.text or detail.signature or ""
