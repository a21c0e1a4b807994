"""From a Responses request to the hub (inference.md 17.5)."""

from collections.abc import Mapping

from msgspec import Raw, Struct

from trunkline.protocols.reasoning.resolution import resolve
from trunkline.protocols.requests import (
    CacheMarker,
    FunctionTool,
    GenerationRequest,
    JsonObject,
    JsonSchema,
    Message,
    Sampling,
    Text,
    ToolChoice,
)
from trunkline.protocols.responses.inbound.wire_request import (
    OURS,
    Head,
    JsonObjectFormat,
    JsonSchemaFormat,
    head_reader,
)
from trunkline.protocols.wire_types import EMPTY

LOGPROBS_INCLUDED = "message.output_text.logprobs"
_BIG = frozenset({"input", "tools", "tool_choice"})


class Conversation(Struct, frozen=True):
    """What `input` and `tools` came to."""

    messages: tuple[Message, ...]
    tools: tuple[FunctionTool, ...]
    tool_choice: ToolChoice | None
    web_search: Raw


def hub_request(members: Mapping[str, Raw], head: Head, conversation: Conversation) -> GenerationRequest:
    """The request in no provider's format. Raises InvalidRequest where reasoning leaves no room for an answer."""
    messages = conversation.messages
    if head.instructions:
        messages = (Message(role="system", parts=(Text(head.instructions),), plain=True), *messages)
    return GenerationRequest(
        messages=messages,
        tools=conversation.tools,
        tool_choice=conversation.tool_choice,
        parallel_tool_calls=head.parallel_tool_calls,
        sampling=_sampling(head, members),
        output=_output(head),
        reasoning=resolve(head.reasoning, None, None, head.max_output_tokens, cap_field="max_output_tokens"),
        verbosity=head.text.verbosity if head.text is not None else None,
        modalities=tuple(head.modalities or ()),
        image_config=members.get("image_config", EMPTY),
        web_search_options=conversation.web_search,
        service_tier=service_tier(head),
        prompt_cache_key=head.prompt_cache_key,
        cache=CacheMarker(head.cache_control.ttl) if head.cache_control is not None else None,
        stream=bool(head.stream),
        extra={name: raw for name, raw in members.items() if _is_extra(name)},
    )


def service_tier(head: Head) -> str | None:
    """`fast` is `priority` (inference.md 14)."""
    return "priority" if head.service_tier == "fast" else head.service_tier


def _is_extra(name: str) -> bool:
    """True for a member that the hub has no word for."""
    return name == "prompt_cache_options" or (name not in head_reader.keys and name not in OURS and name not in _BIG)


def _sampling(head: Head, members: Mapping[str, Raw]) -> Sampling:
    """Log probabilities are asked for by `include` or by their number alone."""
    asks_logprobs = LOGPROBS_INCLUDED in (head.include or ()) or bool(head.top_logprobs)
    return head.sampling(
        max_tokens=head.max_output_tokens,
        logit_bias=members.get("logit_bias", EMPTY),
        logprobs=True if asks_logprobs else None,
        n=None,
    )


def _output(head: Head) -> JsonObject | JsonSchema | None:
    match head.text.format if head.text is not None else None:
        case JsonObjectFormat():
            return JsonObject()
        case JsonSchemaFormat() as asked:
            return JsonSchema(asked.name, asked.schema, asked.description, asked.strict)
        case _:
            return None
