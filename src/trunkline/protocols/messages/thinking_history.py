"""Thinking of earlier turns, as it goes back (inference.md 7.5, 30.5): signatures and data to the letter."""

import msgspec
from msgspec import Struct

from trunkline.protocols.messages.blocks import Block
from trunkline.protocols.reasoning.details import WireReasoningDetail, detail_key
from trunkline.protocols.requests import Message

FORMAT = "anthropic-claude-v1"
"""Whose reasoning it is: details of any other format are dropped."""
THINKING_TYPES = frozenset({"thinking", "redacted_thinking"})


class _Detail(WireReasoningDetail, frozen=True):
    index: int | None = None


class _Thought(Struct):
    """A detail that may have come in pieces: a client that kept a stream's fragments sends them as they came."""

    text: str
    signature: str
    index: int | None

    def continues(self, detail: _Detail) -> bool:
        return not self.signature and self.index is not None and detail.index == self.index


_detail = msgspec.json.Decoder(_Detail)


class ThinkingHistory:
    """Which thinking was already sent in this request: a repeated detail goes out once, where it came first."""

    __slots__ = ("_seen",)

    def __init__(self) -> None:
        self._seen: set[tuple[str, str]] = set()

    def blocks(self, message: Message) -> list[Block]:
        """The thinking blocks that stand before everything else of `message`.

        Without a signature thinking cannot be verified and would be refused; summaries are not Claude's words.
        """
        return [block for detail in _joined(message) if (block := self._block(detail)) is not None]

    def _block(self, detail: _Detail) -> Block | None:
        key = detail_key(detail)
        if key in self._seen:
            return None
        if detail.type == "reasoning.encrypted" and detail.data:
            block: Block = {"type": "redacted_thinking", "data": detail.data}
        elif detail.type == "reasoning.text" and detail.signature:
            block = {"type": "thinking", "thinking": detail.text or "", "signature": detail.signature}
        else:
            return None
        self._seen.add(key)
        return block


def _joined(message: Message) -> list[_Detail]:
    """The details of this format, the fragments of one thought put together."""
    details: list[_Detail] = []
    thought: _Thought | None = None
    for member in message.reasoning_details or ():
        if member.format != FORMAT:
            continue
        detail = _detail.decode(member.raw)
        if detail.type != "reasoning.text":
            details.append(detail)
            thought = None
        elif thought is not None and thought.continues(detail):
            thought.text += detail.text or ""
            thought.signature = detail.signature or ""
            details[-1] = msgspec.structs.replace(detail, text=thought.text)
        else:
            thought = _Thought(detail.text or "", detail.signature or "", detail.index)
            details.append(detail)
    return details
