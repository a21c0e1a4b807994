"""Thinking that comes back with the history, as members of `reasoning_details` (inference.md 7.5, 7.6)."""

from collections.abc import Sequence
from typing import Final, TypeAlias

from msgspec import Struct

from trunkline.core import json
from trunkline.protocols.messages.sealed import OWN_FORMAT, Seal, unseal
from trunkline.protocols.messages.wire_blocks import RedactedThinkingBlockIn, ThinkingBlockIn
from trunkline.protocols.requests import ReasoningDetail

Thought: TypeAlias = ThinkingBlockIn | RedactedThinkingBlockIn
UNSIGNED: Final = "unknown"
"""Thinking without a signature is nobody's: whoever takes plain reasoning may have it."""


class _Detail(Struct, omit_defaults=True):
    type: str
    format: str | None = "?"
    index: int = -1
    text: str | None = None
    summary: str | None = None
    signature: str | None = None
    data: str | None = None
    id: str | None = None


def reasoning_details(thoughts: Sequence[Thought]) -> tuple[ReasoningDetail, ...]:
    """All thinking of one message, in order, out of its envelopes.

    Unsigned words right before another provider's encrypted reasoning are the summaries of it: they share its place.
    """
    details: list[_Detail] = []
    for ordinal, thought in enumerate(thoughts):
        seal, content = unseal(thought.data if isinstance(thought, RedactedThinkingBlockIn) else thought.signature)
        if isinstance(thought, RedactedThinkingBlockIn):
            if seal is not None:
                _make_summaries(details, seal)
            details.append(_Detail("reasoning.encrypted", OWN_FORMAT, ordinal, data=content))
        elif content:
            details.append(_Detail("reasoning.text", OWN_FORMAT, ordinal, text=thought.thinking, signature=content))
        else:
            details.append(_Detail("reasoning.text", UNSIGNED, ordinal, text=thought.thinking))
        if seal is not None:
            details[-1].format, details[-1].index, details[-1].id = seal.format, seal.index, seal.id
    return tuple([ReasoningDetail(detail.type, detail.format, json.raw(detail)) for detail in details])


def _make_summaries(details: list[_Detail], seal: Seal) -> None:
    for detail in reversed(details):
        if detail.format != UNSIGNED or detail.signature is not None:
            return
        detail.type, detail.summary, detail.text = "reasoning.summary", detail.text, None
        detail.format, detail.index = seal.format, seal.index
