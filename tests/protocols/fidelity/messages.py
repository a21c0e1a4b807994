"""Anthropic's Messages."""

import json
from typing import Any

from msgspec import structs

from tests.protocols.fidelity.checks import (
    Check,
    Exchange,
    Excused,
    Format,
    Letter,
    check_error,
    is_error,
    only_asked,
    only_streams,
    pieces,
)
from tests.protocols.messages_as_chat import Inexpressible, meaning
from tests.protocols.messages_recordings import TARGET, decode, decode_stream, read, recorded
from tests.protocols.test_messages_request_recorded import (
    BEGINS_WITH_THE_ASSISTANT,
    UNKNOWN_CALL,
    WITHOUT_DEFINITIONS,
    encoded,
    model_of,
)
from tests.protocols.test_messages_response_recorded import WRITTEN_ANEW, in_hand, rebuilt, without_nothing
from trunkline.protocols.faults.classify import classify
from trunkline.protocols.messages.decoder import decode_body
from trunkline.protocols.messages.hosts import ANTHROPIC, VERTEX, Host


def messages_formats() -> list[Format]:
    """Anthropic's and Azure's, and Vertex, whose requests name the model in the path and the version in the body."""
    of_vertex = [exchange for exchange in recorded() if exchange["provider"] == "google-vertex"]
    others = [exchange for exchange in recorded() if exchange["provider"] != "google-vertex"]
    answers: dict[Letter, Check] = {"a": _told, "b": _whole, "c": _split}
    return [
        Format("anthropic-messages", others, {**answers, "e": _request}),
        Format("vertex-anthropic", of_vertex, {**answers, "e": _vertex_request}),
    ]


def _told(exchange: Exchange) -> None:
    if is_error(exchange):
        return check_error(
            exchange, classify(exchange["response"]["status"], {}, exchange["response"]["body"].encode())
        )
    _one_answer(exchange)
    message, (facts, events) = read(exchange), decode(exchange)
    blocks, members = rebuilt(events)
    assert [without_nothing(block) for block in blocks] == [without_nothing(block) for block in message.blocks]
    assert members == {name: value for name, value in message.members.items() if name not in WRITTEN_ANEW}
    assert facts.usage is not None
    assert json.loads(bytes(facts.usage.raw)) == message.usage
    return None


def _one_answer(exchange: Exchange) -> None:
    if exchange["response"]["body"].count("event: message_start") > 1:
        raise Excused("several answers in one recorded stream")


def _whole(exchange: Exchange) -> None:
    only_streams(exchange)
    _one_answer(exchange)
    message = read(exchange)
    whole: dict[str, Any] = {**message.members, "content": message.blocks, "usage": message.usage}
    decoded = decode_body(json.dumps(whole).encode(), TARGET)
    assert in_hand(decoded.events) == in_hand(decode(exchange)[1])


def _split(exchange: Exchange) -> None:
    only_streams(exchange)
    assert decode_stream(pieces(exchange)) == decode(exchange)


def _vertex_request(exchange: Exchange) -> None:
    _request(exchange, VERTEX)
    sent, ours = only_asked(exchange), encoded(exchange, VERTEX)
    assert ours["anthropic_version"] == sent["anthropic_version"]
    assert "model" not in ours.keys() | sent.keys()
    target = structs.replace(TARGET, upstream_model=model_of(exchange))
    path = exchange["request"]["path"].partition("/locations/")[2].partition("/")[2]
    assert path == VERTEX.path(target, stream=bool(sent.get("stream")))


def _request(exchange: Exchange, host: Host = ANTHROPIC) -> None:
    body = only_asked(exchange)
    if exchange["id"] in UNKNOWN_CALL:
        raise Excused("answers a call that was never made")
    try:
        got = meaning(encoded(exchange, host))
    except Inexpressible as reason:
        raise Excused(f"chat has no word for it: {reason}") from None
    sent = meaning(body)
    if exchange["id"] in WITHOUT_DEFINITIONS:
        stub = {"name": WITHOUT_DEFINITIONS[exchange["id"]], "input_schema": {"type": "object"}}
        sent |= {"tools": [stub], "tool_choice": {"type": "none"}}
    if exchange["id"] in BEGINS_WITH_THE_ASSISTANT:
        sent["messages"].insert(0, {"role": "user", "content": [{"type": "text", "text": "."}]})
    assert got == sent
