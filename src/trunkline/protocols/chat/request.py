"""A chat or completions request: bytes in, a validated `ChatRequest` out.

The body is looked at once from above (members as raw text), the documented members are decoded typed, the messages
are walked once. Everything else stays the text that the caller wrote, ready for the native path.
"""

from collections.abc import Mapping

import msgspec
from msgspec import Raw

from trunkline.core.errors import InvalidPrompt, InvalidRequest
from trunkline.protocols.chat import messages as chat_messages
from trunkline.protocols.chat.chat_request import ChatRequest
from trunkline.protocols.chat.client import ChatClientRequest
from trunkline.protocols.chat.hub_request import to_hub
from trunkline.protocols.chat.survey import survey
from trunkline.protocols.chat.tools import parse_tool_choice, parse_tools
from trunkline.protocols.chat.wire_messages import WireMessage
from trunkline.protocols.chat.wire_request import (
    HEAD,
    Head,
    JsonObjectFormat,
    JsonSchemaResponse,
)
from trunkline.protocols.reasoning.resolution import resolve
from trunkline.protocols.requests import PARAMETERS
from trunkline.protocols.validation import ParseLimits, check_nesting, decode, invalid, is_string, top_level
from trunkline.protocols.wire_types import METADATA_PAIRS_MAX

__all__ = ["ChatRequest", "ParseLimits", "parse_chat", "parse_completion", "to_hub"]

_DECIDED_BY_FORMAT = frozenset({"response_format", "structured_outputs"})
"""Which of the two a request uses is what its `response_format` says, not that it is there."""
_NAMED = PARAMETERS - _DECIDED_BY_FORMAT

TOOL_PARAMETERS = frozenset({"tools", "tool_choice", "parallel_tool_calls"})
"""Mean nothing without a tool: an empty list of tools excludes no endpoint."""

_messages = msgspec.json.Decoder(list[WireMessage])
_completion_logprobs: msgspec.json.Decoder[bool | int] = msgspec.json.Decoder(bool | int)
_prompts: msgspec.json.Decoder[str | list[str]] = msgspec.json.Decoder(str | list[str])


def parse_chat(body: bytes, limits: ParseLimits) -> ChatClientRequest:
    """The body of POST /chat/completions. Raises InvalidRequest or InvalidPrompt for anything that is no request."""
    members = top_level(body)
    text_completion = "messages" not in members and "prompt" in members
    if text_completion:
        members = _with_prompt_as_message(members)
    return _parse(members, limits, text_completion=text_completion, size_bytes=len(body))


def parse_completion(body: bytes, limits: ParseLimits) -> ChatClientRequest:
    """The body of POST /completions (inference.md 19): `prompt` is one string, or an array of one.

    `logprobs` is a number there: so many alternatives for each token.
    """
    members = top_level(body)
    if "prompt" not in members:
        raise invalid("prompt", "is missing. Send the text to be continued.")
    members.pop("messages", None)
    members = _with_prompt_as_message(members)
    if (logprobs := members.get("logprobs")) is not None:
        count = decode(_completion_logprobs, logprobs, "logprobs")
        if not isinstance(count, bool):
            if not 0 <= count <= 20:
                raise invalid("logprobs", "must be between 0 and 20.")
            members["logprobs"] = Raw(b"true")
            members["top_logprobs"] = Raw(b"%d" % count)
    return _parse(members, limits, text_completion=True, size_bytes=len(body))


def _with_prompt_as_message(members: dict[str, Raw]) -> dict[str, Raw]:
    prompt = members.pop("prompt")
    if not is_string(prompt):
        texts = decode(_prompts, prompt, "prompt")
        if len(texts) != 1:
            raise invalid("prompt", "must be one string. Send one request for each prompt.")
        prompt = Raw(msgspec.json.encode(texts[0]))
    members["messages"] = chat_messages.user_message_of(prompt)
    return members


def _parse(
    members: dict[str, Raw], limits: ParseLimits, *, text_completion: bool, size_bytes: int
) -> ChatClientRequest:
    head = HEAD.read(members)
    for name, listed in (("stop", head.stop), ("modalities", head.modalities)):
        if listed == []:
            del members[name]  # an empty list says nothing, and some upstreams refuse it
    messages = _parse_messages(members, limits)
    raw_tools = members.get("tools")
    tools = parse_tools(raw_tools, limits)
    _check_head(head, limits)
    _check_free_form(members, limits)
    max_output_tokens = head.max_output_tokens
    return ChatClientRequest(
        members=members,
        head=head,
        messages=messages,
        survey=survey(messages, len(raw_tools) if raw_tools is not None else 0),
        tools=tools,
        tool_choice=parse_tool_choice(members.get("tool_choice"), tools),
        reasoning=resolve(head.reasoning, head.reasoning_effort, head.include_reasoning, max_output_tokens),
        models=_models(head),
        used_parameters=_used_parameters(members, head, has_tools=bool(tools)),
        text_completion=text_completion,
        size_bytes=size_bytes,
        stream=bool(head.stream),
        max_output_tokens=max_output_tokens,
    )


def _parse_messages(members: Mapping[str, Raw], limits: ParseLimits) -> tuple[WireMessage, ...]:
    raw = members.get("messages")
    if raw is None:
        raise InvalidRequest('Input required: specify "prompt" or "messages".', field="messages")
    messages = decode(_messages, raw, "messages")
    if not messages:
        raise InvalidPrompt("`messages` is empty. Send at least one message.", field="messages")
    if len(messages) > limits.messages_max:
        raise invalid(
            "messages",
            f"has {len(messages):,} entries, more than {limits.messages_max:,}. Shorten the conversation.",
        )
    return tuple(messages)


def _check_head(head: Head, limits: ParseLimits) -> None:
    """What no type can say: rules between members."""
    if head.models is not None and len(head.models) > limits.models_max:
        raise InvalidRequest(f"'models' array must have {limits.models_max} items or fewer.", field="models")
    if head.top_logprobs is not None and not head.logprobs:
        raise invalid("top_logprobs", "needs `logprobs: true`. Add it or leave `top_logprobs` out.")
    if head.metadata is not None and len(head.metadata) > METADATA_PAIRS_MAX:
        raise invalid("metadata", f"has {len(head.metadata)} pairs, more than {METADATA_PAIRS_MAX}. Send fewer.")
    if head.modalities is not None and "audio" in head.modalities and not head.stream:
        raise invalid("stream", "must be true when `modalities` asks for audio. Audio is only streamed.")


def _check_free_form(members: Mapping[str, Raw], limits: ParseLimits) -> None:
    for name, raw in members.items():
        if name != "messages" and name != "tools":
            check_nesting(raw, name, limits.nesting_max)


def _models(head: Head) -> tuple[str, ...]:
    named = ([head.model] if head.model else []) + (head.models or [])
    return tuple(dict.fromkeys(named))


def _used_parameters(members: Mapping[str, Raw], head: Head, *, has_tools: bool) -> frozenset[str]:
    used = _NAMED & members.keys()
    if not has_tools:
        used -= TOOL_PARAMETERS
    match head.response_format:
        case JsonSchemaResponse():
            return used | {"structured_outputs"}
        case JsonObjectFormat():
            return used | {"response_format"}
        case _:
            return used
