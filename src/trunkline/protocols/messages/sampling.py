"""Parameters of sampling, in the words of this format (inference.md 30.4)."""

from typing import Final

from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.messages.families import Family
from trunkline.protocols.requests import Sampling
from trunkline.protocols.support import supports

TOP_P_WHILE_THINKING_MIN: Final = 0.95


def sampling_of(asked: Sampling, target: UpstreamTarget, family: Family, *, thinks: bool) -> dict[str, object]:
    """What is sent; None for what is not. A thinking model takes hardly any, the newest none (inference.md 7.2)."""
    stop = [text for text in asked.stop if text.strip()] if supports(target, "stop") else []
    members: dict[str, object] = {"stop_sequences": stop or None}
    if family.fixed_sampling:
        return members
    temperature = asked.temperature if supports(target, "temperature") and not thinks else None
    top_p = asked.top_p if supports(target, "top_p") else None
    if top_p is not None and thinks and top_p < TOP_P_WHILE_THINKING_MIN:
        top_p = None
    if temperature is not None and family.one_sampling_parameter:
        top_p = None
    members["temperature"] = None if temperature is None else min(temperature, 1.0)
    members["top_p"] = top_p
    members["top_k"] = asked.top_k or None if supports(target, "top_k") and not thinks else None
    return members
