"""Cohere's chat."""

import msgspec

from tests.protocols.cohere_as_chat import Inexpressible, meaning
from tests.protocols.cohere_recordings import decode, decode_stream, read
from tests.protocols.fidelity.checks import (
    Exchange,
    Excused,
    Format,
    check_error,
    is_error,
    only_asked,
    only_streams,
    payload,
    pieces,
)
from tests.protocols.test_cohere_request_recorded import encoded
from tests.protocols.test_cohere_response_recorded import rebuilt, without_nothing
from tests.recorded import exchanges
from trunkline.protocols.chat.event_fold import fold_events
from trunkline.protocols.chat.reading import DeltaRead
from trunkline.protocols.cohere.decoder import decode_body
from trunkline.protocols.cohere.protocol import CohereProtocol
from trunkline.protocols.events import GenerationEvent


def cohere_format() -> Format:
    files = ("cohere-v2.jsonl.gz", "response-only.jsonl.gz")
    every = [e for file in files for e in exchanges(file) if e["protocol"] == "cohere-v2"]
    return Format("cohere-v2", every, {"a": _told, "b": _whole, "c": _split, "e": _request})


def _told(exchange: Exchange) -> None:
    if is_error(exchange):
        classified = CohereProtocol().classify(exchange["response"]["status"], {}, payload(exchange), now_ms=0)
        return check_error(exchange, classified)
    facts, events = decode(exchange)
    body = read(exchange)
    if body["finish_reason"] == "ERROR":
        assert facts.fault is not None
        assert (facts.fault.message, facts.fault.code) == (body["error"], body["error_type"])
        return None
    assert without_nothing(rebuilt(events)) == without_nothing(body)
    return None


def _whole(exchange: Exchange) -> None:
    only_streams(exchange)
    body = read(exchange)
    if body["finish_reason"] == "ERROR":
        raise Excused("a stream that the upstream broke off")
    streamed, whole = (
        _in_hand(events) for events in (decode(exchange)[1], decode_body(msgspec.json.encode(body)).events)
    )
    assert (streamed.text, streamed.reasoning) == (whole.text, whole.reasoning)
    assert streamed.annotations == whole.annotations
    assert [(call.id, call.name, call.arguments or "{}") for call in streamed.calls] == [
        (call.id, call.name, call.arguments or "{}") for call in whole.calls
    ]


def _in_hand(events: list[GenerationEvent]) -> DeltaRead:
    message = fold_events(events).messages[0][0]
    assert isinstance(message, DeltaRead)
    return message


def _split(exchange: Exchange) -> None:
    only_streams(exchange)
    assert decode_stream(pieces(exchange)) == decode(exchange)


def _request(exchange: Exchange) -> None:
    body = only_asked(exchange)
    try:
        got = meaning(encoded(body))
    except Inexpressible as reason:
        raise Excused(f"chat has no word for it: {reason}") from None
    assert got == meaning(body)
