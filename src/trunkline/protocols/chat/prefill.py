"""How chat upstreams are told to go on from a last message of the assistant (quirks `prefill…`).

Mistral's `prefix`, which its answer repeats; DeepSeek's, at its beta address only; Moonshot's and Alibaba's `partial`;
`continue_final_message` of vLLM and SGLang; gateways and llama.cpp do so unasked. All others are taken not to.
"""

from typing import Final

from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.chat.message_writer import WrittenMessage
from trunkline.protocols.quirks import quirks_of

_MARKS: Final = (
    ("prefill_marked_prefix", "prefix"),
    ("prefill_marked_prefix_beta", "prefix"),
    ("prefill_marked_partial", "partial"),
)
_PREFILLS: Final = frozenset({"prefill", "prefill_by_switch", *(quirk for quirk, _ in _MARKS)})


def can_go_on(target: UpstreamTarget) -> bool:
    """Whether this endpoint goes on with an answer that another one began."""
    return not quirks_of(target).isdisjoint(_PREFILLS)


def mark_prefill(message: WrittenMessage, quirks: frozenset[str]) -> dict[str, object]:
    """Mark the last message as a beginning; returns the members that the body must have for it."""
    for quirk, member in _MARKS:
        if quirk in quirks:
            message[member] = True
    return {"continue_final_message": True, "add_generation_prompt": False} if "prefill_by_switch" in quirks else {}


def beta_path(path: str, target: UpstreamTarget) -> str:
    """Where such a request goes."""
    return f"beta/{path}" if "prefill_marked_prefix_beta" in quirks_of(target) else path
