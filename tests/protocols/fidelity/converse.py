"""Bedrock's Converse."""

import json

from tests.protocols.converse_as_chat import Inexpressible, meaning
from tests.protocols.converse_recordings import decode, decode_stream, read, recorded, target
from tests.protocols.fidelity.checks import (
    Exchange,
    Excused,
    Format,
    is_error,
    only_asked,
    only_streams,
    payload,
    pieces,
)
from tests.protocols.test_converse_request_recorded import encoded
from tests.protocols.test_converse_response_recorded import AROUND, expected, rebuilt, without_nothing
from trunkline.protocols.converse.decoder import decode_body
from trunkline.protocols.converse.protocol import ConverseProtocol
from trunkline.protocols.events import GenerationEvent


def converse_format() -> Format:
    return Format("bedrock-converse", recorded(), {"a": _told, "b": _whole, "c": _split, "e": _request})


def _told(exchange: Exchange) -> None:
    if is_error(exchange):
        # The status is what the name of the exception means, which is not always the one that was sent.
        fault = ConverseProtocol().classify(exchange["response"]["status"], {}, payload(exchange), now_ms=0).fault
        assert fault.raw == exchange["response"]["body"]
        assert fault.message in fault.raw
        return
    answer, events = read(exchange), decode(exchange)[1]
    blocks, members = rebuilt(events)
    sent = [expected(block) for block in answer["output"]["message"]["content"]]
    assert [without_nothing(block) for block in blocks] == [without_nothing(block) for block in sent]
    assert members == {name: value for name, value in answer.items() if name not in AROUND and value is not None}


def _whole(exchange: Exchange) -> None:
    only_streams(exchange)
    whole = decode_body(json.dumps(read(exchange)).encode(), target(exchange))
    assert _said(whole.events) == _said(decode(exchange)[1])


def _said(events: list[GenerationEvent]) -> object:
    blocks, members = rebuilt(events)
    return [without_nothing(block) for block in blocks], members


def _split(exchange: Exchange) -> None:
    only_streams(exchange)
    assert decode_stream(pieces(exchange), target(exchange)) == decode(exchange)


def _request(exchange: Exchange) -> None:
    body = only_asked(exchange)
    try:
        got = meaning(encoded(exchange))
    except Inexpressible as reason:
        raise Excused(f"chat has no word for it: {reason}") from None
    assert got == meaning(body)
