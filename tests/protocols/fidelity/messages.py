"""Anthropic's Messages."""

import json
from typing import Any

from tests.protocols.fidelity.checks import (
    Exchange,
    Excused,
    Format,
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
)
from tests.protocols.test_messages_response_recorded import WRITTEN_ANEW, in_hand, rebuilt, without_nothing
from trunkline.protocols.faults.classify import classify
from trunkline.protocols.messages.decoder import decode_body


def messages_format() -> Format:
    return Format("anthropic-messages", recorded(), {"a": _told, "b": _whole, "c": _split, "e": _request})


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


def _request(exchange: Exchange) -> None:
    body = only_asked(exchange)
    if exchange["id"] in UNKNOWN_CALL:
        raise Excused("answers a call that was never made")
    try:
        got = meaning(encoded(exchange))
    except Inexpressible as reason:
        raise Excused(f"chat has no word for it: {reason}") from None
    sent = meaning(body)
    if exchange["id"] in WITHOUT_DEFINITIONS:
        stub = {"name": WITHOUT_DEFINITIONS[exchange["id"]], "input_schema": {"type": "object"}}
        sent |= {"tools": [stub], "tool_choice": {"type": "none"}}
    if exchange["id"] in BEGINS_WITH_THE_ASSISTANT:
        sent["messages"].insert(0, {"role": "user", "content": [{"type": "text", "text": "."}]})
    assert got == sent
