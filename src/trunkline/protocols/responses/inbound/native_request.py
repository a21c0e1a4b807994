"""The native path of a request: the caller's own text with the named edits (inference.md 17.5).

Edited are `model`, `store`, `include`, the output cap, the effort of reasoning, the tier and the end user; members
that are the gateway's or that the endpoint does not support are left out. Of `input`, items change only that no
upstream could take as they stand: reasoning of other providers, the gateway's own items, ids that it minted.
"""

from typing import Final

from msgspec import Raw

from trunkline.core import ids, json
from trunkline.core.errors import InvalidRequest
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.lenient_json import is_blank, label_of, object_of, text_of
from trunkline.protocols.quirks import quirks_of
from trunkline.protocols.reasoning.details import PLAIN_FORMATS
from trunkline.protocols.reasoning.efforts import REASONING_PARAMETERS, may_ask, upstream_effort
from trunkline.protocols.requests import GenerationRequest, JsonObject, JsonSchema
from trunkline.protocols.responses.inbound import wire_items
from trunkline.protocols.responses.inbound.asked import ResponsesRequest
from trunkline.protocols.responses.inbound.reasoning_reader import format_of
from trunkline.protocols.responses.inbound.wire_request import OURS
from trunkline.protocols.responses.quirks import reasoning_format
from trunkline.protocols.responses.request import MAX_OUTPUT_TOKENS_MIN
from trunkline.protocols.support import nothing_left, output_cap, output_format, supports
from trunkline.protocols.validation import is_string

ENCRYPTED: Final = "reasoning.encrypted_content"
_TOOL_MEMBERS: Final = frozenset({"tools", "tool_choice", "parallel_tool_calls", "max_tool_calls"})
_SAMPLING: Final = frozenset({"temperature", "top_p", "top_logprobs"})
_WRITTEN_ANEW: Final = frozenset(
    {"model", "input", "max_output_tokens", "reasoning", "include", "text", "service_tier", "stream"}
)
_OURS_IN_REASONING: Final = frozenset({"max_tokens", "enabled", "exclude"})
_OURS_IN_ITEMS: Final = frozenset({"format", "signature"})


def edit_request(request: ResponsesRequest, target: UpstreamTarget) -> bytes:
    """The body that this endpoint is sent. Raises as `request.encode_request`, and means the same."""
    quirks = quirks_of(target)
    hub = request.hub
    cap = output_cap(hub.sampling.max_tokens, target)
    body: dict[str, object] = {"model": target.upstream_model, "store": False}
    body |= {
        name: raw
        for name, raw in request.members.items()
        if name not in OURS and name not in _WRITTEN_ANEW and _takes(name, target, quirks)
    }
    body["input"] = _input(request, target)
    if hub.stream:
        body["stream"] = True
    if cap is not None and (supports(target, "max_tokens") or supports(target, "max_completion_tokens")):
        body["max_output_tokens"] = max(cap, MAX_OUTPUT_TOKENS_MIN)
    written = {
        "reasoning": _reasoning(request, target, quirks, cap),
        "include": _include(request, target, quirks),
        "text": _text(request, target),
        "service_tier": hub.service_tier,
    }
    body |= {name: value for name, value in written.items() if value}
    if target.user_hash is not None and quirks & {"safety_identifier", "user"}:
        # Only where the provider asks for an identity (inference.md 28).
        body["safety_identifier"] = target.user_hash
    return json.encode(body)


def _takes(name: str, target: UpstreamTarget, quirks: frozenset[str]) -> bool:
    """Whether the endpoint is sent this member as it stands; one that nobody here has heard of it is."""
    if name in _TOOL_MEMBERS:
        return supports(target, "tools")
    if name in _SAMPLING:
        return "no_sampling_parameters" not in quirks and supports(target, name)
    return True


def _input(request: ResponsesRequest, target: UpstreamTarget) -> object:
    raw = request.members["input"]
    if request.survey.media.videos:
        raise InvalidRequest(
            "`input` holds a video, which this model's provider cannot be sent. Leave it out or choose another model.",
            field="input",
        )
    if is_string(raw) or not request.edits_input:
        return raw
    edited = [item for item in (_item(raw, target) for raw in wire_items.items.decode(raw)) if item is not None]
    if not edited:
        raise nothing_left()
    return edited


def _item(raw: Raw, target: UpstreamTarget) -> object | None:
    """The item as this endpoint takes it; None when it does not."""
    members = object_of(raw)
    kind = text_of(members.get("type"))
    if kind.startswith(wire_items.OWN_PREFIX):
        return None
    left_out: frozenset[str] = frozenset()
    if kind == "reasoning":
        if not _may_return(raw, target):
            return None
        left_out = _OURS_IN_ITEMS
    if ids.is_minted_item_id(label_of(members.get("id")) or ""):
        left_out |= {"id"}
    if left_out.isdisjoint(members):
        return raw
    return {name: value for name, value in members.items() if name not in left_out}


def _may_return(raw: Raw, target: UpstreamTarget) -> bool:
    """Reasoning goes back to whom it came from, sealed; some vendors take open text of anybody (inference.md 7.5)."""
    item = wire_items.reasoning.decode(raw)
    told_format = format_of(item)
    if item.encrypted_content and told_format == reasoning_format(target):
        return True
    takes_plain = "reasoning_content_roundtrip" in quirks_of(target)
    return takes_plain and told_format in PLAIN_FORMATS and bool(item.content or item.summary)


def _reasoning(
    request: ResponsesRequest, target: UpstreamTarget, quirks: frozenset[str], cap: int | None
) -> Raw | None:
    asked = request.hub.reasoning
    if asked is None or not may_ask(asked, target):
        return None
    raw = request.members["reasoning"]
    sent = object_of(raw)
    members = {name: value for name, value in sent.items() if name not in _OURS_IN_REASONING and not is_blank(value)}
    if asked.enabled is not None:
        effort = upstream_effort(asked, target, cap)
        if text_of(members.get("effort")) != effort:
            members["effort"] = json.raw(effort)
    if "no_reasoning_summary" in quirks:
        members.pop("summary", None)
    if not members:
        return None
    return raw if members == sent else json.raw(members)


def _include(request: ResponsesRequest, target: UpstreamTarget, quirks: frozenset[str]) -> Raw | list[str] | None:
    """What is encrypted is always asked for, since it must come back next turn (inference.md 17.1)."""
    asked = request.head.include or []
    may_reason = not target.supported_parameters or bool(target.supported_parameters & REASONING_PARAMETERS)
    if not may_reason or "no_encrypted_reasoning" in quirks:
        return [name for name in asked if name != ENCRYPTED]
    return request.members["include"] if ENCRYPTED in asked else [*asked, ENCRYPTED]


def _text(request: ResponsesRequest, target: UpstreamTarget) -> Raw | None:
    """`text`, without what the endpoint does not support."""
    raw = request.members.get("text")
    if raw is None:
        return None
    members = object_of(raw)
    kept = _format(request.hub, target)
    if kept == "drop":
        members.pop("format", None)
    elif kept == "json_object":
        members["format"] = Raw(b'{"type":"json_object"}')
    verbosity = request.hub.verbosity
    if verbosity is not None and not supports(target, "verbosity"):
        members.pop("verbosity", None)
    elif verbosity in ("xhigh", "max"):
        members["verbosity"] = Raw(b'"high"')
    if not members:
        return None
    return raw if members == object_of(raw) else json.raw(members)


def _format(hub: GenerationRequest, target: UpstreamTarget) -> str:
    match hub.output:
        case JsonSchema():
            return output_format("json_schema", target)
        case JsonObject():
            return output_format("json_object", target)
        case None:
            return "keep"
