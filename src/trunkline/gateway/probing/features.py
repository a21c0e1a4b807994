"""What is probed of a model: for each feature the request that asks for it, and how its answer shows it."""

from collections.abc import Callable, Mapping
from typing import Literal

import msgspec
from msgspec import Struct

from trunkline.catalog.types import Endpoint, Model
from trunkline.core import json
from trunkline.core.json import JsonValue
from trunkline.gateway.probing.picture import PICTURE_URL
from trunkline.protocols.answers import Facts
from trunkline.protocols.chat.client import ChatClientRequest
from trunkline.protocols.chat.request import parse_chat
from trunkline.protocols.validation import ParseLimits

Feature = Literal["text", "stream", "tools", "structured_output", "reasoning", "image_input"]
FEATURES: tuple[Feature, ...] = ("text", "stream", "tools", "structured_output", "reasoning", "image_input")

ANSWER_TOKENS = 16
"""The least that every provider allows."""
JSON_TOKENS = 64
"""A tool call or an object needs a little more."""
REASONING_TOKENS = 2048
"""Some take no smaller budget than 1,024, and the answer comes on top."""
REASONING_ROOM_TOKENS = 512
"""Added for a model that may reason unasked: what it thinks counts against the cap."""

_WORD = "Reply with the single word OK."
_SCHEMA: JsonValue = {
    "type": "object",
    "properties": {"word": {"type": "string"}},
    "required": ["word"],
    "additionalProperties": False,
}
_LIMITS = ParseLimits()


class _Message(Struct, frozen=True):
    content: str | None = None
    reasoning: str | None = None


class _Choice(Struct, frozen=True):
    message: _Message = _Message()


class _Answer(Struct, frozen=True):
    choices: tuple[_Choice, ...] = ()


_answer_decoder = msgspec.json.Decoder(_Answer)


def claims(feature: Feature, endpoint: Endpoint) -> bool:
    """Whether the catalog says that the endpoint does it; one of which no parameters are known is taken at its best."""
    known = endpoint.supported_parameters
    match feature:
        case "text" | "stream":
            return True
        case "tools" | "reasoning":
            return not known or feature in known
        case "structured_output":
            return not known or not known.isdisjoint(("structured_outputs", "response_format"))
        case "image_input":
            return "image" in endpoint.input_modalities


def question(feature: Feature, model: Model, endpoint: Endpoint) -> ChatClientRequest:
    """The cheapest request that shows the feature, as a client of the gateway would send it."""
    members = dict(_QUESTIONS[feature](endpoint))
    members["model"] = model.id
    members["max_tokens"] = output_tokens_max(feature, model)
    return parse_chat(json.encode(members), _LIMITS)


def output_tokens_max(feature: Feature, model: Model) -> int:
    """The cap on the answer."""
    if feature == "reasoning":
        return REASONING_TOKENS
    tokens = JSON_TOKENS if feature in ("tools", "structured_output") else ANSWER_TOKENS
    return tokens if model.reasoning is None else tokens + REASONING_ROOM_TOKENS


def lack(feature: Feature, facts: Facts, answer: bytes) -> str | None:
    """What a good answer lacks to show the feature, as a clause; None when it shows it.

    `answer` is the chat completion that a client would get; empty for a stream, of which the facts say enough.
    """
    message = _message(answer)
    match feature:
        case "text" | "image_input":
            lacks = None if (message.content or "").strip() else "without text"
        case "stream":
            lacks = None if facts.content_seen else "without content"
        case "tools":
            lacks = None if facts.tool_call_count else "without a tool call"
        case "structured_output":
            lacks = None if _has_word(message.content or "") else "without the JSON that was asked for"
        case "reasoning":
            counted = facts.usage is not None and facts.usage.reasoning_tokens > 0
            lacks = None if message.reasoning or counted else "without reasoning"
    if lacks is not None and facts.finish_reason == "length":
        return f"{lacks} before it was cut off at the limit of tokens"
    return lacks


def _message(answer: bytes) -> _Message:
    if not answer:
        return _Message()
    choices = _answer_decoder.decode(answer).choices
    return choices[0].message if choices else _Message()


def _has_word(content: str) -> bool:
    try:
        return "word" in json.members(content.encode())
    except msgspec.DecodeError:
        return False


def _user(content: JsonValue) -> JsonValue:
    return [{"role": "user", "content": content}]


def _text(endpoint: Endpoint) -> Mapping[str, JsonValue]:
    return {"messages": _user(_WORD)}


def _stream(endpoint: Endpoint) -> Mapping[str, JsonValue]:
    return {"messages": _user(_WORD), "stream": True}


def _tools(endpoint: Endpoint) -> Mapping[str, JsonValue]:
    function: JsonValue = {"name": "say", "description": "Says one word.", "parameters": _SCHEMA}
    members: dict[str, JsonValue] = {
        "messages": _user('Call the tool say with the word "OK".'),
        "tools": [{"type": "function", "function": function}],
    }
    if not endpoint.supported_parameters or "tool_choice" in endpoint.supported_parameters:
        members["tool_choice"] = "required"
    return members


def _structured_output(endpoint: Endpoint) -> Mapping[str, JsonValue]:
    """A schema where the endpoint takes one, else JSON mode."""
    form: JsonValue = {"type": "json_object"}
    if not endpoint.supported_parameters or "structured_outputs" in endpoint.supported_parameters:
        form = {"type": "json_schema", "json_schema": {"name": "said", "strict": True, "schema": _SCHEMA}}
    return {"messages": _user('Reply with the JSON object {"word": "OK"}.'), "response_format": form}


def _reasoning(endpoint: Endpoint) -> Mapping[str, JsonValue]:
    return {"messages": _user("What is 17 * 23? Reply with the number."), "reasoning": {"effort": "low"}}


def _image_input(endpoint: Endpoint) -> Mapping[str, JsonValue]:
    return {
        "messages": _user(
            [
                {"type": "text", "text": "Which colour is this? One word."},
                {"type": "image_url", "image_url": {"url": PICTURE_URL}},
            ]
        )
    }


_QUESTIONS: Mapping[Feature, Callable[[Endpoint], Mapping[str, JsonValue]]] = {
    "text": _text,
    "stream": _stream,
    "tools": _tools,
    "structured_output": _structured_output,
    "reasoning": _reasoning,
    "image_input": _image_input,
}
