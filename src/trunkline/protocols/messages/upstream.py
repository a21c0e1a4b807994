"""The hub's request as a Messages body for one endpoint (inference.md 30)."""

from typing import Final

from msgspec import Raw

from trunkline.core import json
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.messages.betas import FAST_MODE_QUIRK
from trunkline.protocols.messages.blocks import Block, cache_control
from trunkline.protocols.messages.cache_marks import limit_markers
from trunkline.protocols.messages.conversation import write_conversation
from trunkline.protocols.messages.families import COMPATIBLE, family_of
from trunkline.protocols.messages.hosts import ANTHROPIC, Host
from trunkline.protocols.messages.sampling import sampling_of
from trunkline.protocols.messages.schema import output_config
from trunkline.protocols.messages.thinking import Circumstances, effort_of, thinking_of
from trunkline.protocols.messages.tools import write_tools
from trunkline.protocols.messages.turns import blocks_of, loop_lacks_thinking, write_turns
from trunkline.protocols.requests import GenerationRequest
from trunkline.protocols.support import output_cap

MAX_TOKENS_DEFAULT: Final = 4096
"""The format insists on a cap; every model that speaks it can say this much."""

ASKS_WHO_ASKS: Final = frozenset({"anthropic"})
"""Providers that want an identity of the end user, hashed (inference.md 28)."""
_SERVICE_TIERS: Final = {"auto": "auto", "priority": "auto", "default": "standard_only"}


def encode_upstream(request: GenerationRequest, target: UpstreamTarget, host: Host = ANTHROPIC) -> bytes:
    """The body that this endpoint is sent: what it does not support is left out silently (inference.md 2.1 rule 2).

    Raises InvalidRequest for a part that cannot be sent or reasoning that cannot be switched off, InvalidPrompt when
    no message is left.
    """
    family = family_of(target.upstream_model)
    conversation = write_conversation(request.messages, later_system=family.later_system)
    tools = write_tools(request, target)
    cap = output_cap(request.sampling.max_tokens, target) or target.max_output_tokens or MAX_TOKENS_DEFAULT
    circumstances = Circumstances(
        cap_tokens=cap,
        tool_is_forced=tools.is_forced,
        loop_lacks_thinking=loop_lacks_thinking(conversation.turns),
    )
    thinking = thinking_of(request, target, family, circumstances)
    limit_markers(
        [*tools.tools, *conversation.system], blocks_of(conversation.turns), automatic=request.cache is not None
    )
    members: dict[str, object] = {
        "anthropic_version": host.version_in_body,
        "model": target.upstream_model if host.version_in_body is None else None,
        "max_tokens": cap,
        "stream": request.stream or None,
        "thinking": thinking.member,
        "output_config": output_config(request, target, effort_of(request, target, family)) or None,
        "system": conversation.system or None,
        "messages": write_turns(conversation.turns),
        "tools": tools.tools or None,
        "tool_choice": tools.choice or None,
        **sampling_of(request.sampling, target, family, thinks=thinking.on),
        "service_tier": upstream_tier(request.service_tier) if host.has_tiers and family is not COMPATIBLE else None,
        "speed": "fast" if FAST_MODE_QUIRK in target.quirks else None,
        "cache_control": None if request.cache is None else cache_control(request.cache),
        "metadata": _metadata(target),
        **_passed_on(request, target),
    }
    return json.encode({name: member for name, member in members.items() if member is not None})


def upstream_tier(asked: str | None) -> str | None:
    """A tier in this format's words; None for those that it has no word for (inference.md 30.4)."""
    return None if asked is None else _SERVICE_TIERS.get(asked)


def _metadata(target: UpstreamTarget) -> Block | None:
    if target.user_hash is None or target.provider not in ASKS_WHO_ASKS:
        return None
    return {"user_id": target.user_hash}


def _passed_on(request: GenerationRequest, target: UpstreamTarget) -> dict[str, Raw]:
    return {name: raw for name, raw in request.extra.items() if name in target.passthrough}
