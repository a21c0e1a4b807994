"""From a chat request to the hub: for upstreams of other formats, and for comparing the two paths."""

from msgspec import Raw

from trunkline.protocols.chat import messages as chat_messages
from trunkline.protocols.chat.chat_request import ChatRequest, is_extra
from trunkline.protocols.chat.wire_request import JsonObjectFormat, JsonSchemaResponse
from trunkline.protocols.heard import Expected
from trunkline.protocols.requests import CacheMarker, GenerationRequest, JsonObject, JsonSchema
from trunkline.protocols.wire_types import EMPTY


def to_hub(request: ChatRequest) -> GenerationRequest:
    """The request in no provider's format. What the hub has no word for rides along in `extra`."""
    head, members = request.head, request.members
    output, output_raw = _output(request)
    return GenerationRequest(
        messages=tuple(
            [chat_messages.hub_message(message, f"messages[{index}]") for index, message in enumerate(request.messages)]
        ),
        tools=tuple([chat_messages.hub_tool(tool) for tool in request.tools]),
        tool_choice=request.tool_choice,
        parallel_tool_calls=head.parallel_tool_calls,
        sampling=head.sampling(
            max_tokens=head.max_output_tokens,
            logit_bias=request.members.get("logit_bias", EMPTY),
            logprobs=head.logprobs,
            n=head.n,
        ),
        output=output,
        output_raw=output_raw,
        reasoning=request.reasoning,
        verbosity=head.verbosity,
        modalities=tuple(head.modalities or ()),
        audio=members.get("audio", EMPTY),
        image_config=members.get("image_config", EMPTY),
        prediction=members.get("prediction", EMPTY),
        web_search_options=members.get("web_search_options", EMPTY),
        service_tier=request.service_tier,
        prompt_cache_key=head.prompt_cache_key,
        cache=CacheMarker(head.cache_control.ttl) if head.cache_control is not None else None,
        stream=request.stream,
        extra={name: raw for name, raw in members.items() if is_extra(name)},
    )


def expected(request: ChatRequest) -> Expected:
    """The part of it that answers are judged by."""
    return Expected(tuple([chat_messages.hub_tool(tool) for tool in request.tools]), _output(request)[0])


def _output(request: ChatRequest) -> tuple[JsonObject | JsonSchema | None, Raw]:
    match request.head.response_format:
        case None:
            return None, EMPTY
        case JsonObjectFormat():
            return JsonObject(), EMPTY
        case JsonSchemaResponse(json_schema=asked):
            return JsonSchema(asked.name, asked.schema, asked.description, asked.strict), EMPTY
        case _:
            return None, request.members["response_format"]
