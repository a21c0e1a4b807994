"""The hub's request as a body of this format for one endpoint (inference.md 30)."""

from typing import Final

from msgspec import Raw

from trunkline.core import json
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.cohere.conversation import write_conversation
from trunkline.protocols.cohere.thinking import thinking_of
from trunkline.protocols.requests import FunctionTool, GenerationRequest, JsonSchema, NamedToolChoice
from trunkline.protocols.support import output_cap, output_format, supports

P_MIN: Final = 0.01
P_MAX: Final = 0.99
K_MAX: Final = 500

_NO_PARAMETERS: Final = Raw(b'{"type":"object","properties":{}}')


def encode_upstream(request: GenerationRequest, target: UpstreamTarget) -> bytes:
    """The body that this endpoint is sent: what it does not support is left out silently (inference.md 2.1 rule 2).

    Raises InvalidRequest for a part that cannot be sent or reasoning that cannot be switched off, InvalidPrompt when
    no message is left.
    """
    members: dict[str, object] = {
        "model": target.upstream_model,
        "messages": write_conversation(request.messages, target),
        "stream": request.stream or None,
        "max_tokens": output_cap(request.sampling.max_tokens, target) if supports(target, "max_tokens") else None,
        **_sampling(request, target),
        **_tools(request, target),
        "response_format": _response_format(request, target),
        "thinking": thinking_of(request.reasoning, target),
        **{name: raw for name, raw in request.extra.items() if name in target.passthrough},
    }
    return json.encode({name: member for name, member in members.items() if member is not None})


def _sampling(request: GenerationRequest, target: UpstreamTarget) -> dict[str, object]:
    """Under the format's own names, moved into the ranges that it takes."""
    asked = request.sampling
    members: dict[str, tuple[str, object]] = {
        "temperature": ("temperature", asked.temperature),
        "top_p": ("p", None if asked.top_p is None else min(max(asked.top_p, P_MIN), P_MAX)),
        "top_k": ("k", min(asked.top_k, K_MAX) if asked.top_k else None),
        "frequency_penalty": ("frequency_penalty", _penalty(asked.frequency_penalty)),
        "presence_penalty": ("presence_penalty", _penalty(asked.presence_penalty)),
        "seed": ("seed", asked.seed),
        "stop": ("stop_sequences", asked.stop or None),
    }
    return {name: value for parameter, (name, value) in members.items() if supports(target, parameter)}


def _penalty(asked: float | None) -> float | None:
    return None if asked is None else min(max(asked, 0.0), 1.0)


def _tools(request: GenerationRequest, target: UpstreamTarget) -> dict[str, object]:
    """The model cannot be told which tool to call: it gets only that one, and must call."""
    tools, choice = request.tools, request.tool_choice if supports(target, "tool_choice") else None
    if not tools or not supports(target, "tools"):
        return {}
    if isinstance(choice, NamedToolChoice):
        tools = tuple(tool for tool in tools if tool.name == choice.name)
        choice = "required"
    return {
        "tools": [_definition(tool) for tool in tools],
        "tool_choice": choice.upper() if choice in ("required", "none") else None,
        "strict_tools": True if all(tool.strict for tool in tools) else None,
    }


def _definition(tool: FunctionTool) -> dict[str, object]:
    function: dict[str, object] = {"name": tool.name}
    if tool.description is not None:
        function["description"] = tool.description
    function["parameters"] = tool.parameters if len(tool.parameters) else _NO_PARAMETERS
    return {"type": "function", "function": function}


def _response_format(request: GenerationRequest, target: UpstreamTarget) -> dict[str, object] | None:
    """JSON mode, with the schema where the endpoint takes one (inference.md 9.1)."""
    output = request.output
    if output is None:
        return None
    schema = output.schema if isinstance(output, JsonSchema) else Raw(b"")
    fate = output_format("json_schema" if len(schema) else "json_object", target)
    if fate == "drop":
        return None
    return {"type": "json_object", "json_schema": schema} if len(schema) and fate == "keep" else {"type": "json_object"}
