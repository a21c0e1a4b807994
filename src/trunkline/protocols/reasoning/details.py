"""Members of `reasoning_details` that come back with the history (inference.md 7.5)."""

import msgspec
from msgspec import Struct

from trunkline.protocols.requests import ReasoningDetail


class WireReasoningDetail(Struct, frozen=True, gc=False):
    """What the rules of inference.md 7.5 read of a detail. An absent `format` means `anthropic-claude-v1` (7.3)."""

    type: str
    format: str | None = "anthropic-claude-v1"
    summary: str | None = None
    text: str | None = None
    signature: str | None = None
    data: str | None = None
    id: str | None = None


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


def read_detail(detail: ReasoningDetail) -> WireReasoningDetail:
    """What stands in a detail of the history."""
    return _detail.decode(detail.raw)


def detail_key(detail: WireReasoningDetail) -> tuple[str, str]:
    """What makes two details the same one: the summary; else id or data; else text or signature."""
    if detail.summary is not None:
        return "summary", detail.summary
    if detail.data is not None:
        return "encrypted", detail.id or detail.data
    return ("text", detail.text) if detail.text else ("signature", detail.signature or "")
