"""A Responses request: bytes in, a validated `ResponsesClientRequest` out (inference.md 17.1, 17.2)."""

from collections.abc import Mapping

import msgspec
from msgspec import UNSET, Raw

from trunkline.core.errors import InvalidRequest
from trunkline.protocols.hub_survey import survey_of, used_parameters
from trunkline.protocols.lenient_json import is_blank
from trunkline.protocols.requests import Message, Text
from trunkline.protocols.responses.inbound import wire_items
from trunkline.protocols.responses.inbound.client import ResponsesClientRequest
from trunkline.protocols.responses.inbound.hub_request import Conversation, hub_request
from trunkline.protocols.responses.inbound.input_reader import InputReader
from trunkline.protocols.responses.inbound.tool_reader import ToolReader, unknown_elsewhere
from trunkline.protocols.responses.inbound.wire_request import Head, head_reader
from trunkline.protocols.validation import (
    ParseLimits,
    check_nesting,
    decode,
    invalid,
    invalid_prompt,
    is_string,
    top_level,
)
from trunkline.protocols.wire_types import METADATA_PAIRS_MAX

_BIG = frozenset({"input", "tools"})
_HISTORY = "This API stores nothing: send the full history in `input`."
_string = msgspec.json.Decoder(str)


def parse_responses(body: bytes, limits: ParseLimits) -> ResponsesClientRequest:
    """The body of POST /responses. Raises InvalidRequest or InvalidPrompt for anything that is no request."""
    members = top_level(body)
    head = head_reader.read(members)
    _check_head(head, limits)
    _check_stateless(head)
    for name, raw in members.items():
        if name not in _BIG:
            check_nesting(raw, name, limits.nesting_max)
    tools = ToolReader(limits)
    if "tools" in members:
        tools.read(members["tools"], "tools")
    reader = InputReader(tools)
    messages = _read_input(members.get("input"), reader, limits)
    functions, choice = tools.choose(members.get("tool_choice"))
    hub = hub_request(members, head, Conversation(messages, functions, choice, tools.web_search))
    used = used_parameters(hub)
    return ResponsesClientRequest(
        members=members,
        head=head,
        hub=hub,
        survey=survey_of(hub),
        tool_names=tools.names,
        refusal_elsewhere=unknown_elsewhere(tools.only_here) if tools.only_here is not None else None,
        models=_models(head),
        used_parameters=used | {"tools"} if tools.only_here is not None else used,
        edits_input=reader.needs_edit,
        names_uploads=reader.parts.names_uploads,
    )


def _read_input(raw: Raw | None, reader: InputReader, limits: ParseLimits) -> tuple[Message, ...]:
    if raw is None:
        raise InvalidRequest("`input` is missing. Send a text or an array of items.", field="input")
    if is_string(raw):
        return (Message(role="user", parts=(Text(decode(_string, raw, "input")),), plain=True),)
    items = decode(wire_items.items, raw, "input")
    if len(items) > limits.messages_max:
        raise invalid(
            "input", f"has {len(items):,} items, more than {limits.messages_max:,}. Shorten the conversation."
        )
    messages = reader.read(items)
    if not messages:
        raise invalid_prompt("input", "holds nothing to answer. Send at least one message.")
    return messages


def _check_head(head: Head, limits: ParseLimits) -> None:
    if head.models is not None and len(head.models) > limits.models_max:
        raise InvalidRequest(f"'models' array must have {limits.models_max} items or fewer.", field="models")
    if head.metadata is not None and len(head.metadata) > METADATA_PAIRS_MAX:
        raise invalid("metadata", f"has {len(head.metadata)} pairs, more than {METADATA_PAIRS_MAX}. Send fewer.")
    if head.modalities is not None and "audio" in head.modalities:
        raise invalid("modalities", "asks for audio, which this API cannot answer with. Use /chat/completions.")


def _check_stateless(head: Head) -> None:
    """Nothing is stored (inference.md 17.1)."""
    if head.store:
        raise invalid("store", f"must be false. {_HISTORY}")
    if head.background:
        raise invalid("background", "must be false: answers are not kept to be fetched later. Use `stream`.")
    kept: Mapping[str, Raw | msgspec.UnsetType] = {
        "previous_response_id": head.previous_response_id,
        "conversation": head.conversation,
        "prompt": head.prompt,
    }
    for name, value in kept.items():
        if value is not UNSET and not is_blank(value):
            raise invalid(name, f"is not supported. {_HISTORY}")


def _models(head: Head) -> tuple[str, ...]:
    named = ([head.model] if head.model else []) + (head.models or [])
    return tuple(dict.fromkeys(named))
