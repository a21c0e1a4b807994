"""How a model of each family is asked to reason: members of `additionalModelRequestFields` (inference.md 7.2, 30.5)."""

from typing import Final, Literal

from msgspec import Struct

from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.converse.blocks import Member
from trunkline.protocols.converse.families import Family
from trunkline.protocols.messages.families import Family as Generation
from trunkline.protocols.messages.thinking import Circumstances, effort_of, thinking_of
from trunkline.protocols.reasoning.efforts import may_ask, upstream_effort
from trunkline.protocols.requests import Effort, GenerationRequest
from trunkline.protocols.support import output_cap, supports

NovaEffort = Literal["low", "medium", "high"]
_NOVA_EFFORTS: Final[dict[Effort, NovaEffort]] = {
    "minimal": "low",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "high",
    "max": "high",
}


class Asking(Struct, frozen=True):
    """`fields` as sent. `restricts_sampling`: a model that reasons so takes hardly any parameters of sampling."""

    fields: Member = {}
    restricts_sampling: bool = False


def ask(
    request: GenerationRequest,
    target: UpstreamTarget,
    family: Family,
    generation: Generation,
    circumstances: Circumstances,
) -> Asking:
    """What the model is told. Raises InvalidRequest when reasoning is to be off where it cannot be."""
    if family.is_claude:
        return _claude(request, target, generation, circumstances)
    reasoning = request.reasoning
    if reasoning is None or not may_ask(reasoning, target) or reasoning.enabled is None or family.thinking == "none":
        return Asking()
    if family.thinking == "effort" and not supports(target, "reasoning_effort"):
        return Asking()
    effort = upstream_effort(reasoning, target, circumstances.cap_tokens)
    if effort is None:
        return Asking()
    if family.thinking == "nova":
        return _nova(effort, is_capped=output_cap(request.sampling.max_tokens, target) is not None)
    if effort == "none" and family.thinking == "config":
        return Asking()
    return Asking({"reasoning_config" if family.thinking == "config" else "reasoning_effort": effort})


def _claude(
    request: GenerationRequest, target: UpstreamTarget, generation: Generation, circumstances: Circumstances
) -> Asking:
    thinking = thinking_of(request, target, generation, circumstances)
    fields: Member = {}
    if thinking.member is not None:
        fields["thinking"] = thinking.member
    effort = effort_of(request, target, generation)
    if effort is not None:
        fields["output_config"] = {"effort": effort}
    return Asking(fields, restricts_sampling=thinking.on)


def _nova(effort: Effort, *, is_capped: bool) -> Asking:
    """Nova refuses an output cap and sampling beside its highest effort; the cap is the caller's money and stays."""
    if effort == "none":
        return Asking({"reasoningConfig": {"type": "disabled"}})
    word = _NOVA_EFFORTS[effort]
    if word == "high" and is_capped:
        word = "medium"
    fields: Member = {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": word}}
    return Asking(fields, restricts_sampling=word == "high")
