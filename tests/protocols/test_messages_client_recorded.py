"""Recorded answers in Anthropic's format, given to a Messages client natively and through the hub."""

import json
from typing import Any

import pytest
from msgspec import structs

from tests.protocols.messages_client import hub_body, native, native_body, parse_body, through_hub
from tests.protocols.messages_recordings import TARGET, answers, payload, recorded
from tests.recorded import requires_recorded
from tests.reference import document, problems, requires_reference
from tests.ways.messages import assemble, events
from trunkline.protocols.answers import UpstreamTarget

pytestmark = requires_recorded

WHOLE = [exchange for exchange in answers() if not exchange["stream"] and "content" in json.loads(payload(exchange))]
STREAMED = [exchange for exchange in answers() if exchange["stream"]]
GIVEN_BY_US = {"id", "model", "provider", "usage"}
ADDED = ("stop_reason", "stop_sequence", "stop_details", "container")
"""Members that strict clients insist on, null where the upstream left them out."""
COSTS = {"cost", "is_byok", "cost_details"}
COUNTS = {
    "input_tokens",
    "output_tokens",
    "cache_creation",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
    "inference_geo",
    "output_tokens_details",
    "server_tool_use",
    "service_tier",
}
SPOKEN = {"text", "thinking", "redacted_thinking", "tool_use"}


def ids(exchange: dict[str, Any]) -> str:
    return exchange["id"]


def frames(text: str) -> list[str]:
    return [frame.strip("\n") for frame in text.replace("\r\n", "\n").split("\n\n") if frame.strip("\n")]


def is_complete(exchange: dict[str, Any]) -> bool:
    """One answer to its end: some recorders put several into one body."""
    return exchange["response"]["body"].count("event: message_stop") == 1


def begins_once(exchange: dict[str, Any]) -> bool:
    """Two are fixtures of an upstream that starts anew in the middle of a block."""
    return exchange["response"]["body"].count("event: message_start") == 1


@pytest.mark.parametrize("exchange", WHOLE, ids=ids)
def test_a_whole_answer_keeps_everything_but_the_named_edits(exchange: dict[str, Any]) -> None:
    data = payload(exchange)
    told = json.loads(data)
    rendered = native_body(data)
    assert (rendered["id"], rendered["model"], rendered["provider"]) == ("gen-1-x", "acme/m1", "Acme")
    expected = {name: value for name, value in told.items() if name not in GIVEN_BY_US}
    expected |= {name: None for name in ADDED if name not in told}
    assert {name: value for name, value in rendered.items() if name not in GIVEN_BY_US} == expected
    assert_usage_grew(told["usage"], rendered["usage"])


@pytest.mark.parametrize("exchange", [e for e in STREAMED if is_complete(e)], ids=ids)
def test_a_stream_keeps_its_bytes_but_for_the_named_edits(exchange: dict[str, Any]) -> None:
    stream, out = native([payload(exchange)])
    assert stream.facts.fault is None
    before, after = frames(payload(exchange).decode()), frames(out.decode())
    before = [frame for number, frame in enumerate(before) if "message_start" not in frame or number == 0]
    assert len(before) == len(after)
    for sent, given in zip(before, after, strict=True):
        name, _, data = sent.partition("\n")
        kind = name.removeprefix("event: ")
        if kind not in ("message_start", "message_delta", "message_stop"):
            assert given == sent
            continue
        old, new = json.loads(data.partition(":")[2]), json.loads(given.partition("\ndata: ")[2])
        if kind == "message_start":
            message = old["message"] | {"id": "gen-1-x", "model": "acme/m1", "provider": "Acme"}
            assert new == old | {"message": message}
        elif kind == "message_delta":
            assert new["delta"] == {name: None for name in ADDED} | old["delta"]
            assert_usage_grew(old["usage"], new["usage"])
            assert new.keys() == old.keys()
        else:
            assert new == {"type": "message_stop"}


def assert_usage_grew(told: dict[str, Any], rendered: dict[str, Any]) -> None:
    assert rendered.items() >= told.items()
    assert rendered.keys() >= COSTS | COUNTS


@pytest.mark.parametrize("exchange", STREAMED, ids=ids)
def test_splits_change_nothing(exchange: dict[str, Any]) -> None:
    data = payload(exchange)
    for width in (1, 61) if len(data) < 4_000 else (61,):
        reads = [data[start : start + width] for start in range(0, len(data), width)]
        assert native(reads)[1] == native([data])[1]
        assert through_hub(reads)[1] == through_hub([data])[1]


@pytest.mark.parametrize("exchange", [e for e in STREAMED if is_complete(e) and begins_once(e)], ids=ids)
def test_both_paths_tell_the_same_answer(exchange: dict[str, Any]) -> None:
    data = payload(exchange)
    (first, by_native), (second, by_hub) = native([data]), through_hub([data])
    second.facts.content_seen = first.facts.content_seen  # natively, blocks of servers' tools are content too
    assert first.facts == second.facts
    assert_agree(assemble(events(by_native.decode())), assemble(events(by_hub.decode())))


@pytest.mark.parametrize("exchange", WHOLE, ids=ids)
def test_both_paths_tell_the_same_whole_answer(exchange: dict[str, Any]) -> None:
    data = payload(exchange)
    assert_agree(native_body(data), hub_body(data))


def assert_agree(by_native: dict[str, Any], by_hub: dict[str, Any]) -> None:
    first, second = meaning(by_native), meaning(by_hub)
    if first["usage"] is None:
        second["usage"] = None
    assert first == second
    assert [block["type"] for block in by_native["content"]] == [block["type"] for block in by_hub["content"]]


def meaning(message: dict[str, Any]) -> dict[str, Any]:
    """What both paths must say; citations and servers' tools are told as far as the hub has words for them."""
    blocks = [
        {name: block.get(name) for name in ("type", "text", "thinking", "signature", "data", "name", "input")}
        for block in message["content"]
        if block["type"] in SPOKEN
    ]
    counts = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    called = any(block["type"] == "tool_use" for block in blocks)
    return {
        "blocks": blocks,
        # With calls, the hub's end is always theirs (inference.md 30.7).
        "stop": "tool_use" if called else [message[name] for name in ("stop_reason", "stop_sequence")],
        # Counts of compactions are shown apart natively; the hub adds them up, as the bill does.
        "usage": None if "iterations" in message["usage"] else [message["usage"][name] or 0 for name in counts],
        "id": message["id"],
    }


@requires_reference
@pytest.mark.parametrize("exchange", answers(), ids=ids)
def test_what_the_hub_tells_fits_the_published_schemas(exchange: dict[str, Any]) -> None:
    if not exchange["stream"]:
        if "content" in json.loads(payload(exchange)):
            schema = {"$ref": "#/components/schemas/MessagesResult"}
            assert problems(ours(hub_body(payload(exchange))), schema) == []
        return
    schemas = document()["components"]["schemas"]
    for event in events(through_hub([payload(exchange)])[1].decode()):
        schema = schemas[EVENTS[event["type"]]]
        if event["type"] == "content_block_start" and event["content_block"]["type"] not in SPOKEN:
            continue
        if event["type"] == "content_block_delta" and event["delta"]["type"] == "citations_delta":
            continue
        if event["type"] == "message_start":
            event["message"].pop("provider")  # a closed list of names there, an open one here
        assert problems(event, schema) == [], event


EVENTS = {
    "message_start": "MessagesStartEvent",
    "content_block_start": "MessagesContentBlockStartEvent",
    "content_block_delta": "MessagesContentBlockDeltaEvent",
    "content_block_stop": "MessagesContentBlockStopEvent",
    "message_delta": "MessagesDeltaEvent",
    "message_stop": "MessagesStopEvent",
    "ping": "MessagesPingEvent",
    "error": "MessagesErrorEvent",
}


def ours(body: dict[str, Any]) -> dict[str, Any]:
    """A body without the blocks that are another's and pass through as they came."""
    content = [block for block in body["content"] if block["type"] in SPOKEN]
    for block in content:
        block.pop("citations", None) if block["type"] != "text" else block.update(citations=None)
    return {**body, "content": content}


MIXED_UP = {"f17d14b161-00"}
"""The recorder replaced the id of a call, but not that of its result."""
REQUESTS = [
    exchange
    for exchange in recorded()
    if isinstance(exchange["request"].get("body"), dict)
    and exchange["response"]["status"] == 200
    and exchange["id"] not in MIXED_UP
    and all(isinstance(message, dict) for message in exchange["request"]["body"]["messages"])
]


@pytest.mark.parametrize("exchange", REQUESTS, ids=ids)
def test_a_recorded_request_travels_natively_as_it_was_sent(exchange: dict[str, Any]) -> None:
    sent = exchange["request"]["body"]
    body = json.loads(parse_body({"model": "acme/m1", **sent}).edit(target_like(sent)))
    expected = {**sent, "model": sent.get("model", TARGET.upstream_model)}
    expected.pop("anthropic_version", None)
    expected.pop("metadata", None)
    assert body == expected


def target_like(sent: dict[str, Any]) -> UpstreamTarget:
    return structs.replace(TARGET, upstream_model=sent.get("model", TARGET.upstream_model))
