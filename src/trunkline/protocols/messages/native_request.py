"""The native path of a request: the caller's own text with the named edits (inference.md 18).

Edited: `model`, the output cap, who asks, tiers, and what this generation of the model refuses. Left out: what is the
gateway's. Messages keep their bytes, but for thinking that belongs to another provider and instructions in the middle
where the model takes none: then that one message is written anew, its other blocks as they were sent.
"""

from typing import Final

import msgspec
from msgspec import Raw

from trunkline.core import json
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.lenient_json import object_of, quoted
from trunkline.protocols.messages.betas import FAST_MODE, FAST_MODE_QUIRK, VERSION, allowed_betas
from trunkline.protocols.messages.families import COMPATIBLE, Family, family_of
from trunkline.protocols.messages.hosts import Host, host_of
from trunkline.protocols.messages.hub_request import Said, hub_request
from trunkline.protocols.messages.sampling import sampling_of
from trunkline.protocols.messages.schema import has_native_schema
from trunkline.protocols.messages.sealed import is_sealed
from trunkline.protocols.messages.thinking import Circumstances, Thinking, thinking_of
from trunkline.protocols.messages.upstream import ASKS_WHO_ASKS, MAX_TOKENS_DEFAULT, upstream_tier
from trunkline.protocols.messages.wire_blocks import (
    BlockIn,
    MessageIn,
    RedactedThinkingBlockIn,
    TextBlockIn,
    ThinkingBlockIn,
)
from trunkline.protocols.messages.wire_request import (
    FOR_THE_GATEWAY,
    AdaptiveThinking,
    DisabledThinking,
    EnabledThinking,
)
from trunkline.protocols.support import nothing_left, output_cap, supports

_VENDOR: Final = "anthropic"
_SAMPLING: Final = ("temperature", "top_p", "top_k")
_raws: Final = msgspec.json.Decoder(list[Raw])


def edit_request(said: Said, target: UpstreamTarget) -> bytes:
    """The body that this endpoint is sent. Raises InvalidRequest or InvalidPrompt."""
    family, host = family_of(target.upstream_model), host_of(target)
    body: dict[str, object] = {name: raw for name, raw in said.members.items() if name not in FOR_THE_GATEWAY}
    _address(body, target, host)
    cap = output_cap(said.head.max_tokens, target) or target.max_output_tokens or MAX_TOKENS_DEFAULT
    body["max_tokens"] = cap
    body["messages"] = _messages(said, family)
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


def _messages(said: Said, family: Family) -> object:
    whole = said.members["messages"]
    if not any(_needs_edit(message, family) for message in said.messages):
        return whole
    edited: list[object] = []
    for message, raw in zip(said.messages, _raws.decode(whole), strict=True):
        written = _edited(message, raw, family) if _needs_edit(message, family) else raw
        if written is not None:
            edited.append(written)
    if not edited:
        raise nothing_left()
    return edited


def _needs_edit(message: MessageIn, family: Family) -> bool:
    if message.role == "system":
        return family is not COMPATIBLE and not family.later_system
    if message.role == "user" or isinstance(message.content, str):
        return False
    return any(_is_foreign(block, family) for block in message.content)


def _edited(message: MessageIn, raw: Raw, family: Family) -> object | None:
    if message.role == "system":
        return _as_user(message)
    members = json.members(raw)
    blocks = [
        block
        for block, read in zip(_raws.decode(members["content"]), message.content, strict=True)
        if not isinstance(read, str) and not _is_foreign(read, family)
    ]
    return {**members, "content": blocks} if blocks else None


def _is_foreign(block: BlockIn, family: Family) -> bool:
    """Thinking that this upstream would refuse: another provider's, or without a signature (inference.md 7.5)."""
    if isinstance(block, RedactedThinkingBlockIn):
        return is_sealed(block.data)
    if not isinstance(block, ThinkingBlockIn):
        return False
    return is_sealed(block.signature) or (not block.signature and family is not COMPATIBLE)


def _as_user(message: MessageIn) -> object | None:
    """Instructions in the middle as text of the user (inference.md 30.1)."""
    if isinstance(message.content, str):
        texts = [message.content]
    else:
        texts = [block.text for block in message.content if isinstance(block, TextBlockIn)]
    content = [{"type": "text", "text": f"<system>{text}</system>"} for text in texts if text.strip()]
    return {"role": "user", "content": content} if content else None


def _edit_thinking(
    body: dict[str, object], said: Said, target: UpstreamTarget, family: Family, cap_tokens: int
) -> bool:
    """Keep what the model takes; ask in its own way for what it takes otherwise. Whether it is going to think."""
    asked = said.head.thinking
    if asked is None:
        return family.thinks_by_default
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
