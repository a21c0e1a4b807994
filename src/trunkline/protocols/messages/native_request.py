"""The native path of a request: the caller's own text with the named edits (inference.md 18).

Edited: `model`, the output cap, who asks, tiers, and what this generation of the model refuses. Left out: what is the
gateway's. What becomes of messages, `native_messages.py` says.
"""

from typing import Final

from msgspec import Raw

from trunkline.core import json
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.lenient_json import object_of, quoted
from trunkline.protocols.messages.betas import FAST_MODE, FAST_MODE_QUIRK, VERSION, allowed_betas
from trunkline.protocols.messages.families import COMPATIBLE, Family, family_of
from trunkline.protocols.messages.hosts import Host, host_of
from trunkline.protocols.messages.hub_request import Said, hub_request
from trunkline.protocols.messages.native_messages import edit_messages, loop_lacks_thinking
from trunkline.protocols.messages.sampling import sampling_of
from trunkline.protocols.messages.schema import has_native_schema
from trunkline.protocols.messages.thinking import Circumstances, Thinking, thinking_of
from trunkline.protocols.messages.upstream import ASKS_WHO_ASKS, MAX_TOKENS_DEFAULT, upstream_tier
from trunkline.protocols.messages.wire_request import (
    FOR_THE_GATEWAY,
    AdaptiveThinking,
    DisabledThinking,
    EnabledThinking,
)
from trunkline.protocols.support import output_cap, supports

_VENDOR: Final = "anthropic"
_SAMPLING: Final = ("temperature", "top_p", "top_k")


def edit_request(said: Said, target: UpstreamTarget) -> bytes:
    """The body that this endpoint is sent. Raises InvalidRequest or InvalidPrompt."""
    family, host = family_of(target.upstream_model), host_of(target)
    body: dict[str, object] = {name: raw for name, raw in said.members.items() if name not in FOR_THE_GATEWAY}
    _address(body, target, host)
    cap = output_cap(said.head.max_tokens, target) or target.max_output_tokens or MAX_TOKENS_DEFAULT
    body["max_tokens"] = cap
    body["messages"] = edit_messages(said, family)
    thinks = _edit_thinking(body, said, target, family, cap)
    _edit_sampling(body, said, target, family, thinks=thinks)
    _edit_output(body, said, target, family)
    _edit_tier(body, said, target, host)
    _edit_metadata(body, target)
    return json.encode(body)


def native_headers(target: UpstreamTarget, betas: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Version and flags, as this host wants them. At Anthropic itself every flag goes with the members that need it."""
    host = host_of(target)
    version = (("anthropic-version", VERSION),) if host.version_in_body is None else ()
    allowed = list(betas) if target.provider == _VENDOR else allowed_betas(betas, target)
    if FAST_MODE_QUIRK in target.quirks and FAST_MODE not in allowed:
        allowed.append(FAST_MODE)
    sent = [beta for beta in allowed if beta not in host.refused_betas]
    return (*version, ("anthropic-beta", ",".join(sent))) if sent else version


def _address(body: dict[str, object], target: UpstreamTarget, host: Host) -> None:
    """The model's name, here or in the path, and the version likewise."""
    body.pop("anthropic_version", None)
    if host.version_in_body is None:
        body["model"] = target.upstream_model
    else:
        body.pop("model", None)
        body["anthropic_version"] = host.version_in_body


def _edit_thinking(
    body: dict[str, object], said: Said, target: UpstreamTarget, family: Family, cap_tokens: int
) -> bool:
    """Keep what the model takes; ask in its own way for what it takes otherwise. Whether it is going to think."""
    asked = said.head.thinking
    if asked is None:
        return family.thinks_by_default
    if isinstance(asked, EnabledThinking) and family is not COMPATIBLE and loop_lacks_thinking(said.messages, family):
        body.pop("thinking", None)  # a budget is refused then; the answer is worth more than the thinking
        return False
    styles = {EnabledThinking: ("budget", "adaptive_or_budget"), AdaptiveThinking: ("adaptive_or_budget", "adaptive")}
    if family is COMPATIBLE or (not isinstance(asked, DisabledThinking) and family.thinking in styles[type(asked)]):
        return not isinstance(asked, DisabledThinking)
    if isinstance(asked, DisabledThinking) and family.thinking != "none":
        return False
    circumstances = Circumstances(
        cap_tokens=cap_tokens,
        tool_is_forced=said.tools.choice not in (None, "auto", "none"),
        loop_lacks_thinking=False,
    )
    thinking = (
        Thinking() if family.thinking == "none" else thinking_of(hub_request(said), target, family, circumstances)
    )
    if thinking.member is None:
        body.pop("thinking", None)
    else:
        body["thinking"] = thinking.member
    return thinking.on


def _edit_sampling(
    body: dict[str, object], said: Said, target: UpstreamTarget, family: Family, *, thinks: bool
) -> None:
    """Leave out what the model refuses (inference.md 7.2, 30.4)."""
    if family is COMPATIBLE:
        return
    allowed = sampling_of(said.sampling, target, family, thinks=thinks)
    for name in _SAMPLING:
        if name == "temperature" and said.head.temperature == 1 and not family.fixed_sampling:
            continue  # the one that thinking goes with
        value = allowed.get(name)
        if value is None:
            body.pop(name, None)
        elif name == "temperature" and value != said.head.temperature:
            body[name] = value


def _edit_output(body: dict[str, object], said: Said, target: UpstreamTarget, family: Family) -> None:
    """The effort that the model knows, and a format for the answer only where it takes one."""
    takes_schema = has_native_schema(target) or (family is COMPATIBLE and supports(target, "structured_outputs"))
    if not takes_schema:
        body.pop("output_format", None)
    config = said.head.output_config
    if config is None:
        return
    members: dict[str, Raw] = object_of(said.members["output_config"])
    if config.effort is not None and family is not COMPATIBLE and config.effort not in family.efforts:
        members.pop("effort")
        if family.efforts:
            members["effort"] = Raw(b'"high"')
    if config.format is not None and not takes_schema:
        members.pop("format")
    if members:
        body["output_config"] = members
    else:
        body.pop("output_config")


def _edit_tier(body: dict[str, object], said: Said, target: UpstreamTarget, host: Host) -> None:
    """Tiers that the format has no word for are the gateway's affair, and so is who answers fast (inference.md 14)."""
    if FAST_MODE_QUIRK in target.quirks:
        body["speed"] = "fast"
    elif said.head.speed == "fast":
        body.pop("speed")
    if said.head.service_tier is None:
        return
    tier = upstream_tier(said.service_tier) if host.has_tiers and target.provider == _VENDOR else None
    if tier is None:
        body.pop("service_tier")
    else:
        body["service_tier"] = tier


def _edit_metadata(body: dict[str, object], target: UpstreamTarget) -> None:
    """The caller's end user is never sent, only a hash where the provider wants one (inference.md 28)."""
    raw = body.pop("metadata", None)
    members: dict[str, Raw] = object_of(raw) if isinstance(raw, Raw) else {}
    members.pop("user_id", None)
    if target.user_hash is not None and target.provider in ASKS_WHO_ASKS:
        members["user_id"] = Raw(quoted(target.user_hash))
    if members:
        body["metadata"] = members
