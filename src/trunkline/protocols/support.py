"""What one endpoint may be sent of what was asked: the rules that every format shares (inference.md 2.1, 30.4)."""

from typing import Literal

from trunkline.core.errors import InvalidPrompt, InvalidRequest
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.requests import Medium


def supports(target: UpstreamTarget, parameter: str) -> bool:
    """True when the endpoint takes the parameter, or nothing is known of what it takes."""
    return not target.supported_parameters or parameter in target.supported_parameters


def output_cap(asked: int | None, target: UpstreamTarget) -> int | None:
    """The caller's cap, or the lower one that affordability set. None: the upstream's own default."""
    override = target.max_tokens_override
    if asked is None or override is None:
        return asked if override is None else override
    return min(asked, override)


def output_format(
    kind: Literal["json_schema", "json_object", "other"], target: UpstreamTarget
) -> Literal["keep", "json_object", "drop"]:
    """What becomes of `response_format`: a schema falls back to JSON mode, that to free text (inference.md 9.1)."""
    if kind == "json_schema" and supports(target, "structured_outputs"):
        return "keep"
    if not supports(target, "response_format"):
        return "keep" if kind == "other" and supports(target, "structured_outputs") else "drop"
    return "json_object" if kind == "json_schema" else "keep"


def may_pass(name: str, target: UpstreamTarget, quirks: frozenset[str]) -> bool:
    """True for a member without a meaning of ours that this endpoint takes."""
    return name in target.passthrough or (name == "prompt_cache_options" and "prompt_cache_key" in quirks)


def nothing_left() -> InvalidPrompt:
    """The refusal of a conversation of which this endpoint can be told nothing. It names no field: every client's
    format has its own (`AskedRequest.prompt_field`)."""
    return InvalidPrompt("The conversation holds nothing that this model can be sent. Add a message with text.")


def unsendable(medium: Medium, what: str, remedy: str) -> InvalidRequest:
    """The refusal of a medium that the endpoint's format has no place for: `what` names its kind."""
    if not medium.at:
        return InvalidRequest(f"The model cannot be sent {what}. {remedy}")
    return InvalidRequest(f"`{medium.at}`: the model cannot be sent {what}. {remedy}", field=medium.at)
