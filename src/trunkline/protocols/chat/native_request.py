"""The native path of a request: the caller's own text with the named edits, for an upstream of the same format.

Top-level members are carried as the text that they were sent as. Edited are: `model`, the output cap, streaming,
reasoning, `n`, seed, tier and end user (`envelope.py`); parameters that the endpoint does not support and members
that are the gateway's are left out. Messages keep their bytes, unless a trait of one is in the endpoint's mask
(`dialect.py`): then that one message is written anew, with its unknown members kept.
"""

import msgspec
from msgspec import Raw

from trunkline.core import json
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.chat.chat_request import ChatRequest, is_extra
from trunkline.protocols.chat.dialect import Dialect, dialect_of
from trunkline.protocols.chat.envelope import OUTPUT_CONTROLS, PLAIN_PARAMETERS, Asked, envelope
from trunkline.protocols.chat.message_writer import MessageWriter, write_tool
from trunkline.protocols.chat.messages import hub_message, hub_tool
from trunkline.protocols.chat.survey import CALL_INDEX
from trunkline.protocols.chat.wire_messages import AssistantMessage, ToolMessage, given
from trunkline.protocols.chat.wire_request import JsonObjectFormat, JsonSchemaResponse, WireTool
from trunkline.protocols.support import may_pass, nothing_left, output_format, supports

MESSAGE_MEMBERS = frozenset(
    {
        "role",
        "content",
        "name",
        "cache_control",
        "tool_calls",
        "tool_call_id",
        "refusal",
        "reasoning",
        "reasoning_content",
        "reasoning_details",
        "images",
        "audio",
        "annotations",
    }
)
"""Members of a message that have a meaning here; an edited message keeps the others as sent."""

_raw_messages = msgspec.json.Decoder(list[Raw])
_calls = msgspec.json.Decoder(list[dict[str, Raw]])
_JSON_OBJECT = Raw(b'{"type":"json_object"}')
_NULL = b"null"


def edit_request(request: ChatRequest, target: UpstreamTarget) -> bytes:
    """The body that this endpoint is sent. Raises as `upstream.encode_upstream`, and means the same."""
    dialect = dialect_of(target)
    quirks = dialect.quirks
    body = envelope(_asked(request), target, quirks)
    for name, raw in request.members.items():
        if name in PLAIN_PARAMETERS:
            if supports(target, name):
                body[name] = raw
        elif name in OUTPUT_CONTROLS or (is_extra(name) and may_pass(name, target, quirks)):
            body[name] = raw
    body["messages"] = _messages(request, dialect)
    _add_tools(body, request, target, dialect)
    response_format = _response_format(request, target)
    if response_format is not None:
        body["response_format"] = response_format
    if "openrouter_dialect" in quirks and "cache_control" in request.members:
        body["cache_control"] = request.members["cache_control"]
    return json.encode(body)


def _asked(request: ChatRequest) -> Asked:
    head = request.head
    return Asked(
        stream=request.stream,
        max_tokens=head.max_output_tokens,
        reasoning=request.reasoning,
        n=head.n,
        top_k=head.top_k,
        seed=head.seed,
        verbosity=head.verbosity,
        service_tier=request.service_tier,
        prompt_cache_key=head.prompt_cache_key,
    )


def _messages(request: ChatRequest, dialect: Dialect) -> object:
    whole = request.members["messages"]
    if not request.survey.all_traits & (dialect.edits | CALL_INDEX) and not _may_hold_nulls(request, whole):
        return whole
    writer = MessageWriter(dialect)
    edited: list[object] = []
    raws = _raw_messages.decode(whole)
    surveyed = zip(request.messages, request.survey.traits, raws, strict=True)
    for index, (message, traits, raw) in enumerate(surveyed):
        if traits & dialect.edits:
            edited += writer.write(hub_message(message, f"messages[{index}]"), _unknown_members(raw))
        else:
            if not isinstance(message, ToolMessage):
                edited += writer.flush()
            edited.append(_as_asked(raw, traits) if isinstance(message, AssistantMessage) else raw)
    edited += writer.flush()
    if not edited:
        raise nothing_left()
    return edited


def _may_hold_nulls(request: ChatRequest, messages: Raw) -> bool:
    """Looks at the text only where there are answers in it: a picture in a first question is long."""
    return any(isinstance(message, AssistantMessage) for message in request.messages) and _NULL in bytes(messages)


def _as_asked(raw: Raw, traits: int) -> object:
    """A message without what only answers have, and strict upstreams refuse when a client sends it back: `index` of
    calls, and members that are null. Everything else stays as it was sent."""
    if not traits & CALL_INDEX and _NULL not in bytes(raw):
        return raw
    members: dict[str, object] = {
        name: value for name, value in json.members(raw).items() if name == "content" or bytes(value) != _NULL
    }
    if traits & CALL_INDEX:
        calls = _calls.decode(json.members(raw)["tool_calls"])
        for call in calls:
            call.pop("index", None)
        members["tool_calls"] = calls
    return members


def _unknown_members(raw: Raw) -> dict[str, Raw]:
    return {
        name: value
        for name, value in json.members(raw).items()
        if name not in MESSAGE_MEMBERS and bytes(value) != _NULL
    }


def _add_tools(body: dict[str, object], request: ChatRequest, target: UpstreamTarget, dialect: Dialect) -> None:
    if not request.tools or not supports(target, "tools"):
        return
    members = request.members
    if any(_needs_edit(tool, dialect) for tool in request.tools):
        body["tools"] = [write_tool(hub_tool(tool), dialect.quirks) for tool in request.tools]
    else:
        body["tools"] = members["tools"]
    if request.tool_choice is not None and supports(target, "tool_choice"):
        body["tool_choice"] = members["tool_choice"]
    if request.head.parallel_tool_calls is not None and supports(target, "parallel_tool_calls"):
        body["parallel_tool_calls"] = request.head.parallel_tool_calls


def _needs_edit(tool: WireTool, dialect: Dialect) -> bool:
    return (
        tool.type is None
        or not given(tool.function.parameters)
        or tool.eager_input_streaming is not None
        or (tool.cache_control is not None and "cache_control" not in dialect.quirks)
    )


def _response_format(request: ChatRequest, target: UpstreamTarget) -> Raw | None:
    match request.head.response_format:
        case None:
            return None
        case JsonSchemaResponse():
            fate = output_format("json_schema", target)
        case JsonObjectFormat():
            fate = output_format("json_object", target)
        case _:
            fate = output_format("other", target)
    if fate == "keep":
        return request.members["response_format"]
    return _JSON_OBJECT if fate == "json_object" else None
