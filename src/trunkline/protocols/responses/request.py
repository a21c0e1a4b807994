"""The hub's request as a Responses body for one endpoint (inference.md 30).

Left out without a word, because the format has none: `top_k`, `min_p`, `top_a`, `seed`, penalties, `logit_bias`, `n`,
`prediction`, `audio`, output formats other than JSON, cache markers on tools and at the top level. `stop` is kept by us
(`stop_cut.py`).
"""

from typing import Final

from msgspec import Raw

from trunkline.core import json
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.quirks import quirks_of
from trunkline.protocols.reasoning.efforts import REASONING_PARAMETERS, may_ask, upstream_effort
from trunkline.protocols.requests import (
    FunctionTool,
    GenerationRequest,
    JsonObject,
    JsonSchema,
    Message,
    NamedToolChoice,
    Text,
)
from trunkline.protocols.responses.input_items import InputWriter
from trunkline.protocols.responses.reasoning_items import Item
from trunkline.protocols.responses.server_tools import server_tools
from trunkline.protocols.support import may_pass, nothing_left, output_cap, output_format, supports

MAX_OUTPUT_TOKENS_MIN = 16
_NO_PARAMETERS: Final = Raw(b'{"type":"object","properties":{}}')


def encode_request(hub: GenerationRequest, target: UpstreamTarget) -> bytes:
    """The body that this endpoint is sent: what it does not support is left out silently (inference.md 2.1 rule 2).

    Raises InvalidRequest when reasoning is to be off where it cannot be and for parts that cannot be sent,
    InvalidPrompt when no message is left.
    """
    quirks = quirks_of(target)
    body: Item = {"model": target.upstream_model, "store": False}
    if hub.stream:
        body["stream"] = True
    instructions, messages = _split_instructions(hub.messages)
    if instructions is not None:
        body["instructions"] = instructions
    body["input"] = _input(messages, target)
    cap = output_cap(hub.sampling.max_tokens, target)
    if cap is not None and (supports(target, "max_tokens") or supports(target, "max_completion_tokens")):
        body["max_output_tokens"] = max(cap, MAX_OUTPUT_TOKENS_MIN)
    _add_reasoning(body, hub, target, quirks, cap)
    _add_sampling(body, hub, target, quirks)
    _add_tools(body, hub, target)
    _add_text(body, hub, target)
    _add_labels(body, hub, target, quirks)
    for name, raw in hub.extra.items():
        if may_pass(name, target, quirks):
            body[name] = raw
    return json.encode(body)


def _split_instructions(messages: tuple[Message, ...]) -> tuple[str | None, tuple[Message, ...]]:
    """The first system message, when it is one text and something follows it; all others keep their place (30.1)."""
    first = messages[0]
    if len(messages) > 1 and first.role in ("system", "developer") and first.name is None and len(first.parts) == 1:
        part = first.parts[0]
        if isinstance(part, Text) and part.text and part.cache is None:
            return part.text, messages[1:]
    return None, messages


def _input(messages: tuple[Message, ...], target: UpstreamTarget) -> list[Item]:
    writer = InputWriter(target)
    items = [item for message in messages for item in writer.write(message)]
    items += writer.flush()
    if not items:
        raise nothing_left()
    return items


def _add_reasoning(
    body: Item, hub: GenerationRequest, target: UpstreamTarget, quirks: frozenset[str], cap: int | None
) -> None:
    """Effort and summary (7.2). What is encrypted is always asked for, since it must come back next turn (17.1)."""
    reasoning = hub.reasoning
    if reasoning is not None and may_ask(reasoning, target):
        member: Item = {}
        if reasoning.enabled is not None:
            member["effort"] = upstream_effort(reasoning, target, cap)
        is_shown = reasoning.enabled is not False and not reasoning.exclude
        if is_shown and "no_reasoning_summary" not in quirks:
            member["summary"] = reasoning.summary or "auto"
        if member:
            body["reasoning"] = member
    may_reason = not target.supported_parameters or bool(target.supported_parameters & REASONING_PARAMETERS)
    if may_reason and "no_encrypted_reasoning" not in quirks:
        body["include"] = ["reasoning.encrypted_content"]


def _add_sampling(body: Item, hub: GenerationRequest, target: UpstreamTarget, quirks: frozenset[str]) -> None:
    if "no_sampling_parameters" in quirks:
        return
    sampling = hub.sampling
    if sampling.temperature is not None and supports(target, "temperature"):
        body["temperature"] = sampling.temperature
    if sampling.top_p is not None and supports(target, "top_p"):
        body["top_p"] = sampling.top_p
    if sampling.logprobs and supports(target, "logprobs"):
        included = body.get("include")
        body["include"] = [*(included if isinstance(included, list) else ()), "message.output_text.logprobs"]
        if sampling.top_logprobs is not None and supports(target, "top_logprobs"):
            body["top_logprobs"] = sampling.top_logprobs


def _add_tools(body: Item, hub: GenerationRequest, target: UpstreamTarget) -> None:
    has_functions = bool(hub.tools) and supports(target, "tools")
    tools = [_tool(tool) for tool in hub.tools] if has_functions else []
    tools += server_tools(hub, target)
    if tools:
        body["tools"] = tools
    if not has_functions:
        return
    choice = hub.tool_choice
    if choice is not None and supports(target, "tool_choice"):
        named = isinstance(choice, NamedToolChoice)
        body["tool_choice"] = {"type": "function", "name": choice.name} if named else choice
    if hub.parallel_tool_calls is not None and supports(target, "parallel_tool_calls"):
        body["parallel_tool_calls"] = hub.parallel_tool_calls


def _tool(tool: FunctionTool) -> Item:
    """Flat; `strict` is always said, because unsaid it would be on (30.3)."""
    written: Item = {"type": "function", "name": tool.name}
    if tool.description is not None:
        written["description"] = tool.description
    written["parameters"] = tool.parameters if len(tool.parameters) else _NO_PARAMETERS
    written["strict"] = bool(tool.strict)
    return written


def _add_text(body: Item, hub: GenerationRequest, target: UpstreamTarget) -> None:
    text: Item = {}
    output_as = _format(hub, target)
    if output_as is not None:
        text["format"] = output_as
    if hub.verbosity is not None and supports(target, "verbosity"):
        text["verbosity"] = "high" if hub.verbosity in ("xhigh", "max") else hub.verbosity
    if text:
        body["text"] = text


def _format(hub: GenerationRequest, target: UpstreamTarget) -> Item | None:
    match hub.output:
        case None:
            return None
        case JsonObject():
            return {"type": "json_object"} if output_format("json_object", target) == "keep" else None
        case JsonSchema() as asked:
            fate = output_format("json_schema", target)
            if fate != "keep":
                return {"type": "json_object"} if fate == "json_object" else None
            written: Item = {"type": "json_schema", "name": asked.name}
            if asked.description is not None:
                written["description"] = asked.description
            if len(asked.schema):
                written["schema"] = asked.schema
            if asked.strict is not None:
                written["strict"] = asked.strict
            return written


def _add_labels(body: Item, hub: GenerationRequest, target: UpstreamTarget, quirks: frozenset[str]) -> None:
    """Tier, cache key, and who asks."""
    if hub.service_tier is not None:
        body["service_tier"] = hub.service_tier
    if hub.prompt_cache_key is not None:
        body["prompt_cache_key"] = hub.prompt_cache_key
    if target.user_hash is not None and quirks & {"safety_identifier", "user"}:
        # Only where the provider asks for an identity (inference.md 28).
        body["safety_identifier"] = target.user_hash
