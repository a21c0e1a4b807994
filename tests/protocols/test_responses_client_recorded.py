"""Recorded Responses exchanges with a Responses client in front: natively to the byte, through the hub in meaning."""

import json
import random
from dataclasses import replace
from typing import Any

import pytest

from tests.protocols.responses_client import (
    IDENTITY,
    answering,
    drive,
    drive_events,
    parse,
    report,
    without_minted_ids,
)
from tests.protocols.responses_recordings import Said, answers, final_response, of_items, recorded, target_of
from tests.recorded import requires_recorded
from tests.ways.responses import REQUIRED
from trunkline.core.errors import InvalidRequest
from trunkline.core.json import members
from trunkline.protocols.hub import DecodedBody
from trunkline.protocols.responses.decoder import ResponsesDecoder, decode_body
from trunkline.protocols.responses.inbound.request import parse_responses
from trunkline.protocols.validation import ParseLimits

pytestmark = requires_recorded

EDITED = {"id", "model", "usage", "metadata", "user", "safety_identifier"}
"""Of a response object. `usage` is looked at by itself."""
COST = {"cost", "is_byok", "cost_details", "server_tool_use_details"}


def ids(exchanges: tuple[dict[str, Any], ...]) -> list[str]:
    return [exchange["id"] for exchange in exchanges]


WHOLE = tuple(exchange for exchange in answers() if not exchange["stream"])
STREAMED = tuple(exchange for exchange in answers() if exchange["stream"])


def check_response(ours: dict[str, bytes], theirs: dict[str, bytes], items: list[dict[str, Any]]) -> None:
    """Member by member: the same bytes but for the named edits."""
    assert json.loads(ours["id"]) == IDENTITY.generation_id
    assert json.loads(ours["model"]) == IDENTITY.model
    for name, value in theirs.items():
        if name in EDITED:
            continue
        if name == "output":
            check_output(json.loads(ours["output"]), json.loads(value) or items)
        elif name != "completed_at" or value != b"null":
            assert ours[name] == value, name
    assert ours.keys() - theirs.keys() <= set(REQUIRED) | {"usage"}


def check_output(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> None:
    """`format` says whose sealed reasoning it is."""
    assert len(ours) == len(theirs)
    for mine, told in zip(ours, theirs, strict=True):
        assert mine == told | {name: mine[name] for name in {"format"} & mine.keys()}


def raw_members(text: bytes) -> dict[str, bytes]:
    return {name: bytes(raw) for name, raw in members(text).items()}


def check_usage(ours: bytes, theirs: bytes | None) -> None:
    told = json.loads(theirs) if theirs is not None else None
    usage = json.loads(ours)
    assert usage["cost"] == 0.000021
    if told:
        assert {name: value for name, value in usage.items() if name not in COST} == told


@pytest.mark.parametrize("exchange", WHOLE, ids=ids(WHOLE))
def test_whole_answer_keeps_its_bytes_natively(exchange: dict[str, Any]) -> None:
    data = exchange["response"]["body"].encode()
    answer = parse().native_body(data, answering(target_of(exchange)))
    ours, theirs = raw_members(answer.render(report(answer.facts))), raw_members(data)
    check_response(ours, theirs, [])
    check_usage(ours["usage"], theirs.get("usage"))


@pytest.mark.parametrize("exchange", STREAMED, ids=ids(STREAMED))
def test_streamed_events_keep_their_bytes_natively(exchange: dict[str, Any]) -> None:
    body = exchange["response"]["body"].encode()
    ours = payloads(drive(parse(stream=True).native_stream(answering(target_of(exchange))), [body]).encode())
    theirs = payloads(body.replace(b"\r\n", b"\n"))
    assert ours.pop() == b"[DONE]"
    if theirs[-1].startswith(b"[DONE]"):
        theirs.pop()
    assert len(ours) == len(theirs)
    items = [json.loads(p)["item"] for p in theirs if json.loads(p)["type"] == "response.output_item.done"]
    for number, (mine, told) in enumerate(zip(ours, theirs, strict=True)):
        if mine == told:
            continue
        mine_members, told_members = raw_members(mine), raw_members(told)
        assert mine_members["sequence_number"] == b"%d" % number
        if "response" in told_members:
            output = items if number == len(theirs) - 1 else []
            check_response(raw_members(mine_members["response"]), raw_members(told_members["response"]), output)
        elif "item" in told_members:
            check_output([json.loads(mine_members["item"])], [json.loads(told_members["item"])])
        else:
            assert mine_members | {"sequence_number": b""} == told_members | {"sequence_number": b""}


def payloads(stream: bytes) -> list[bytes]:
    return [line.partition(b":")[2].strip() for line in stream.split(b"\n") if line.startswith(b"data:")]


@pytest.mark.parametrize("exchange", STREAMED[::5], ids=ids(STREAMED[::5]))
def test_any_split_of_the_bytes_gives_the_same_stream(exchange: dict[str, Any]) -> None:
    body, dice = exchange["response"]["body"].encode(), random.Random(exchange["id"])
    cuts = sorted(dice.sample(range(len(body)), min(40, len(body) - 1)))
    pieces = [body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    target = answering(target_of(exchange))
    assert drive(parse().native_stream(target), pieces) == drive(parse().native_stream(target), [body])


@pytest.mark.parametrize("exchange", answers(), ids=ids(answers()))
def test_through_the_hub_the_answer_means_the_same(exchange: dict[str, Any]) -> None:
    data, target = exchange["response"]["body"].encode(), target_of(exchange)
    request = parse()
    if exchange["stream"]:
        ours = drive_events(request.hub_stream(ResponsesDecoder(target), answering(target)), [data]).response
    else:
        answer = request.hub_body(decode_body(data, target), answering(target))
        ours = json.loads(answer.render(report(answer.facts)))
    theirs = final_response(exchange)
    assert ours["status"] == theirs["status"] or theirs["status"] == "incomplete"
    assert _meaning(ours["output"]) == _meaning(theirs["output"])


def _meaning(items: list[dict[str, Any]]) -> Said:
    """Ids of sealed reasoning may be ours, and OpenAI seals anew each time; images are told without their format."""
    images = [item | {"output_format": "png"} if "result" in item else item for item in items]
    said = of_items(images)
    return replace(said, encrypted=[(None, "") for _ in said.encrypted], citations=sorted(said.citations))


@pytest.mark.parametrize("exchange", STREAMED, ids=ids(STREAMED))
def test_the_final_response_is_the_whole_answer_of_the_same_events(exchange: dict[str, Any]) -> None:
    data, target = exchange["response"]["body"].encode(), target_of(exchange)
    told = drive_events(parse().hub_stream(ResponsesDecoder(target), answering(target)), [data])
    decoder = ResponsesDecoder(target)
    events = [*decoder.feed(data), *decoder.close()]
    whole = parse().hub_body(DecodedBody(decoder.facts, events), answering(target))
    rendered = json.loads(whole.render(report(decoder.facts)))
    assert without_minted_ids(told.response) == without_minted_ids(rendered)


REQUESTS = tuple(e for e in recorded() if isinstance(e["request"].get("body"), dict))
OURS = {"model", "store", "include", "stream", "input", "max_output_tokens", "reasoning", "user", "safety_identifier"}
STATEFUL = {"previous_response_id", "conversation", "prompt", "background", "store"}


@pytest.mark.parametrize("exchange", REQUESTS, ids=ids(REQUESTS))
def test_recorded_request_goes_out_as_it_came(exchange: dict[str, Any]) -> None:
    body: dict[str, Any] = exchange["request"]["body"]
    try:
        request = parse_responses(json.dumps(body).encode(), ParseLimits())
    except InvalidRequest as refusal:
        assert refusal.field in STATEFUL or _is_reference(body), refusal.message
        return
    sent = json.loads(request.edit(target_of(exchange)))
    assert sent["store"] is False
    assert "reasoning.encrypted_content" in sent["include"]
    for name, value in body.items():
        if name not in OURS and value is not None and name not in STATEFUL and name != "metadata":
            assert sent[name] == value, name
    if isinstance(sent["input"], str):
        assert sent["input"] == body["input"]
    else:
        assert [item for item in sent["input"] if item.get("type") != "reasoning"] == [
            item for item in body["input"] if item.get("type") != "reasoning"
        ]


def _is_reference(body: dict[str, Any]) -> bool:
    """Parts of a conversation that was stored: results whose calls are not there, references."""
    items = body["input"] if isinstance(body["input"], list) else []
    return any(item.get("type") in ("item_reference", "function_call_output") for item in items)


def test_the_recordings_were_there() -> None:
    assert (len(WHOLE), len(STREAMED), len(REQUESTS)) > (200, 100, 300)
