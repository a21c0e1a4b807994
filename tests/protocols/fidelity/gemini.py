"""Gemini."""

import json
from typing import Any

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
    refused,
)
from tests.protocols.gemini_as_chat import NoWords, as_chat, plain
from tests.protocols.gemini_reader import fold, read_sent
from tests.protocols.gemini_recordings import PROTOCOL, decode, documents, recorded, target_of
from tests.protocols.test_gemini_request_recorded import DIFFERENT, encode, meaning
from tests.protocols.test_gemini_response_recorded import FAULTY, compare, merge, without_minted
from trunkline.core.errors import InvalidRequest
from trunkline.protocols.gemini import hosts
from trunkline.protocols.gemini.protocol import GeminiProtocol

VERTEX = GeminiProtocol(hosts.VERTEX)


def gemini_formats() -> list[Format]:
    """AI Studio, and Vertex, whose requests differ in their path and have no ids of calls."""
    of_vertex = [exchange for exchange in recorded() if exchange["provider"] == "google-vertex"]
    others = [exchange for exchange in recorded() if exchange["provider"] != "google-vertex"]
    answers: dict[Letter, Check] = {"a": _told, "b": _whole, "c": _split}
    return [
        Format("google-gemini", others, {**answers, "e": _request}),
        Format("vertex-gemini", of_vertex, {**answers, "e": _vertex_request}),
    ]


def _told(exchange: Exchange) -> None:
    if is_error(exchange):
        body = exchange["response"]["body"].encode()
        return check_error(exchange, PROTOCOL.classify(exchange["response"]["status"], {}, body, now_ms=0))
    facts, events = decode(exchange)
    if exchange["id"] in FAULTY:
        assert facts.fault is not None
        return None
    sent, got = read_sent(exchange), fold(events)
    assert got.keys() == sent.keys()
    for index, candidate in sent.items():
        compare(exchange["id"], candidate, got[index])
    return None


def _whole(exchange: Exchange) -> None:
    only_streams(exchange)
    if exchange["id"] in FAULTY:
        raise Excused("a prompt or answer that Google refused")
    merged: dict[str, Any] = {}
    for document in documents(exchange):
        merged = {**merged, **document, "candidates": merge(merged.get("candidates", []), document["candidates"])}
    whole = fold(decode({**exchange, "stream": False}, json.dumps(merged).encode())[1])
    streamed = fold(decode(exchange)[1])
    for index, candidate in whole.items():
        for name in ("text", "thoughts", "calls", "media", "tokens", "finish"):
            assert getattr(candidate, name) == getattr(streamed[index], name), name
        assert sorted(candidate.signatures) == sorted(streamed[index].signatures)


def _split(exchange: Exchange) -> None:
    only_streams(exchange)
    decoder = PROTOCOL.open_stream(target_of(exchange), exclude_reasoning=False)
    events = [event for piece in pieces(exchange) for event in decoder.feed(piece)] + decoder.close()
    facts, expected = decode(exchange)
    assert decoder.facts == facts
    assert without_minted(events) == without_minted(expected)


def _vertex_request(exchange: Exchange) -> None:
    _request(exchange, VERTEX)
    path = exchange["request"]["path"].partition("/locations/")[2].partition("/")[2]
    # Some clients take their stream as one growing JSON array.
    assert VERTEX.path(target_of(exchange), stream=exchange["stream"]).partition("?")[0] == path.partition("?")[0]


def _request(exchange: Exchange, protocol: GeminiProtocol = PROTOCOL) -> None:
    sent = plain(only_asked(exchange))
    try:
        encoded = encode(exchange, as_chat(sent), protocol)
        got = meaning(encoded)
    except NoWords as reason:
        raise Excused(f"chat has no word for it: {reason}") from None
    except InvalidRequest as refusal:
        raise refused(refusal) from None
    wanted = meaning(sent)
    different = {name for name in wanted.keys() | got.keys() if wanted.get(name) != got.get(name)}
    if different and different == DIFFERENT.get(exchange["id"]):
        raise Excused(f"said differently on purpose: {', '.join(sorted(different))}")
    assert not different
    calls = [part.get("functionCall", {}) for content in encoded["contents"] for part in content["parts"]]
    assert protocol is not VERTEX or not any("id" in call for call in calls)
