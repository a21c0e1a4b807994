"""The hub's request as an OpenAI chat body for one endpoint (inference.md 30)."""

from msgspec import Raw

from trunkline.core import json
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.chat.dialect import Dialect, dialect_of
from trunkline.protocols.chat.envelope import OUTPUT_CONTROLS, PLAIN_PARAMETERS, Asked, envelope
from trunkline.protocols.chat.message_writer import MessageWriter, WrittenMessage, cache_control, write_tool
from trunkline.protocols.chat.prefill import mark_prefill
from trunkline.protocols.requests import GenerationRequest, JsonObject, JsonSchema, NamedToolChoice
from trunkline.protocols.support import may_pass, nothing_left, output_format, supports


def encode_upstream(hub: GenerationRequest, target: UpstreamTarget) -> bytes:
    """The body that this endpoint is sent: what it does not support is left out silently (inference.md 2.1 rule 2).

    Raises InvalidRequest when reasoning is to be off where it cannot be, InvalidPrompt when no message is left.
    """
    dialect = dialect_of(target)
    body = envelope(_asked(hub), target, dialect.quirks)
    body["messages"] = messages = write_messages(hub, dialect)
    if target.goes_on:
        body.update(mark_prefill(messages[-1], dialect.quirks))
    body.update(_parameters(hub, target))
    body.update(_tools(hub, target, dialect))
    response_format = _response_format(hub, target)
    if response_format is not None:
        body["response_format"] = response_format
    if hub.cache is not None and "openrouter_dialect" in dialect.quirks:
        body["cache_control"] = cache_control(hub.cache)
    for name, raw in hub.extra.items():
        if may_pass(name, target, dialect.quirks):
            body[name] = raw
    return json.encode(body)


def write_messages(hub: GenerationRequest, dialect: Dialect) -> list[WrittenMessage]:
    """All messages in this dialect. Raises InvalidPrompt when none is left."""
    writer = MessageWriter(dialect)
    messages = [written for message in hub.messages for written in writer.write(message)]
    messages += writer.flush()
    if not messages:
        raise nothing_left()
    return messages


def _asked(hub: GenerationRequest) -> Asked:
    sampling = hub.sampling
    return Asked(
        stream=hub.stream,
        max_tokens=sampling.max_tokens,
        reasoning=hub.reasoning,
        n=sampling.n,
        top_k=sampling.top_k,
        seed=sampling.seed,
        verbosity=hub.verbosity,
        service_tier=hub.service_tier,
        prompt_cache_key=hub.prompt_cache_key,
    )


def _parameters(hub: GenerationRequest, target: UpstreamTarget) -> dict[str, object]:
    sampling = hub.sampling
    asked: dict[str, object] = {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "min_p": sampling.min_p,
        "top_a": sampling.top_a,
        "frequency_penalty": sampling.frequency_penalty,
        "presence_penalty": sampling.presence_penalty,
        "repetition_penalty": sampling.repetition_penalty,
        "stop": sampling.stop or None,
        "logit_bias": _sent(sampling.logit_bias),
        "logprobs": sampling.logprobs,
        "top_logprobs": sampling.top_logprobs,
        "prediction": _sent(hub.prediction),
        "web_search_options": _sent(hub.web_search_options),
        "modalities": hub.modalities or None,
        "audio": _sent(hub.audio),
        "image_config": _sent(hub.image_config),
    }
    return {
        name: value
        for name, value in asked.items()
        if value is not None and (name in OUTPUT_CONTROLS or (name in PLAIN_PARAMETERS and supports(target, name)))
    }


def _sent(raw: Raw) -> Raw | None:
    return raw if len(raw) else None


def _tools(hub: GenerationRequest, target: UpstreamTarget, dialect: Dialect) -> dict[str, object]:
    if not hub.tools or not supports(target, "tools"):
        return {}
    members: dict[str, object] = {"tools": [write_tool(tool, dialect.quirks) for tool in hub.tools]}
    choice = hub.tool_choice
    if choice is not None and supports(target, "tool_choice"):
        named = isinstance(choice, NamedToolChoice)
        members["tool_choice"] = {"type": "function", "function": {"name": choice.name}} if named else choice
    if hub.parallel_tool_calls is not None and supports(target, "parallel_tool_calls"):
        members["parallel_tool_calls"] = hub.parallel_tool_calls
    return members


def _response_format(hub: GenerationRequest, target: UpstreamTarget) -> object:
    match hub.output:
        case None:
            return hub.output_raw if len(hub.output_raw) and output_format("other", target) == "keep" else None
        case JsonObject():
            return {"type": "json_object"} if output_format("json_object", target) == "keep" else None
        case JsonSchema() as asked:
            fate = output_format("json_schema", target)
            if fate == "drop":
                return None
            if fate == "json_object":
                return {"type": "json_object"}
            schema: dict[str, object] = {"name": asked.name}
            if asked.description is not None:
                schema["description"] = asked.description
            if len(asked.schema):
                schema["schema"] = asked.schema
            if asked.strict is not None:
                schema["strict"] = asked.strict
            return {"type": "json_schema", "json_schema": schema}
