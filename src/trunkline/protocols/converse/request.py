"""The hub's request as a Converse body for one endpoint (inference.md 30)."""

from typing import Final

from msgspec import Raw

from trunkline.core import json
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.converse.blocks import Member, write_blocks
from trunkline.protocols.converse.cache_points import settle_cache_points
from trunkline.protocols.converse.conversation import write_conversation
from trunkline.protocols.converse.families import Family, family_of
from trunkline.protocols.converse.reasoning import ask
from trunkline.protocols.converse.schema import output_config
from trunkline.protocols.converse.tools import write_tools
from trunkline.protocols.converse.turns import loop_lacks_thinking, write_turns
from trunkline.protocols.messages.betas import STRUCTURED_OUTPUTS, betas_of
from trunkline.protocols.messages.families import family_of as claude_generation
from trunkline.protocols.messages.sampling import sampling_of
from trunkline.protocols.messages.thinking import Circumstances
from trunkline.protocols.messages.upstream import MAX_TOKENS_DEFAULT
from trunkline.protocols.requests import GenerationRequest
from trunkline.protocols.support import output_cap

_SERVICE_TIERS: Final = frozenset({"default", "priority", "flex", "reserved"})
_PLACES: Final = {"temperature": "temperature", "top_p": "topP", "stop_sequences": "stopSequences"}
"""Parameters of sampling in `inferenceConfig`."""


def encode_request(request: GenerationRequest, target: UpstreamTarget) -> bytes:
    """The body that this endpoint is sent: what it does not support is left out silently (inference.md 2.1 rule 2).

    Raises InvalidRequest for a part that cannot be sent or reasoning that cannot be switched off, InvalidPrompt when
    no message is left.
    """
    family = family_of(target.upstream_model)
    generation = claude_generation(target.upstream_model)
    conversation = write_conversation(request.messages, family)
    tools = write_tools(request, target, family)
    cap = output_cap(request.sampling.max_tokens, target)
    circumstances = Circumstances(
        cap_tokens=cap or target.max_output_tokens or MAX_TOKENS_DEFAULT,
        tool_is_forced=tools.is_forced,
        loop_lacks_thinking=loop_lacks_thinking(conversation.turns),
    )
    asking = ask(request, target, family, generation, circumstances)
    sampling = sampling_of(request.sampling, target, generation, thinks=asking.restricts_sampling)
    spoken = [block for turn in conversation.turns for block in turn.all_blocks()]
    settle_cache_points(tools.definitions, conversation.system, spoken, request.cache, family)
    model_fields = {
        **_betas(request, target, family),
        **asking.fields,
        **tools.model_fields(),
        **_top_k(sampling, family),
    }
    members: dict[str, object] = {
        "system": write_blocks(conversation.system) or None,
        "messages": write_turns(conversation.turns),
        "inferenceConfig": _inference_config(sampling, cap) or None,
        "toolConfig": tools.config(),
        "additionalModelRequestFields": model_fields or None,
        "outputConfig": output_config(request, target),
        "serviceTier": {"type": request.service_tier} if request.service_tier in _SERVICE_TIERS else None,
        **_passed_on(request, target),
    }
    return json.encode({name: member for name, member in members.items() if member is not None})


def _inference_config(sampling: dict[str, object], cap: int | None) -> Member:
    config: Member = {} if cap is None else {"maxTokens": cap}
    for name, place in _PLACES.items():
        value = sampling.get(name)
        if value is not None:
            config[place] = value
    return config


def _top_k(sampling: dict[str, object], family: Family) -> Member:
    top_k = sampling.get("top_k")
    if top_k is None:
        return {}
    return {"inferenceConfig": {"topK": top_k}} if family.top_k == "inferenceConfig" else {family.top_k: top_k}


def _betas(request: GenerationRequest, target: UpstreamTarget, family: Family) -> Member:
    """Claude's beta flags. Structured output is no beta here: it has its own member (inference.md 8.5)."""
    if not family.is_claude:
        return {}
    betas = [beta for beta in betas_of(request, target) if beta != STRUCTURED_OUTPUTS]
    return {"anthropic_beta": betas} if betas else {}


def _passed_on(request: GenerationRequest, target: UpstreamTarget) -> dict[str, Raw]:
    return {name: raw for name, raw in request.extra.items() if name in target.passthrough}
