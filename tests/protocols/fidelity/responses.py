"""OpenAI Responses."""

import json

import msgspec

from tests.protocols.fidelity.checks import (
    Exchange,
    Excused,
    Format,
    OtherMatter,
    check_error,
    is_error,
    only_asked,
    only_streams,
    pieces,
)
from tests.protocols.responses_recordings import (
    ENDINGS,
    NO_ANSWER,
    decode,
    decode_stream,
    final_response,
    of_events,
    of_items,
    stream_events,
    target_of,
)
from tests.protocols.test_responses_requests_recorded import InexpressibleError, meaning, to_chat
from tests.recorded import exchanges
from trunkline.protocols.chat.request import ParseLimits, parse_chat, to_hub
from trunkline.protocols.faults.classify import classify
from trunkline.protocols.responses.decoder import decode_body
from trunkline.protocols.responses.quirks import reasoning_format
from trunkline.protocols.responses.request import encode_request


def responses_format() -> Format:
    """With two recordings that the tests leave out, because they are not what their file says."""
    files = ("openai-responses.jsonl.gz", "response-only.jsonl.gz")
    every = [e for file in files for e in exchanges(file) if e["protocol"] == "openai-responses"]
    return Format("openai-responses", every, {"a": _told, "b": _whole, "c": _split, "e": _request})


def _one_answer(exchange: Exchange) -> None:
    if exchange["id"] in NO_ANSWER:
        raise Excused("not one answer in this format: a chat completion, and two answers in one file")


def _told(exchange: Exchange) -> None:
    _one_answer(exchange)
    if is_error(exchange):
        return check_error(
            exchange, classify(exchange["response"]["status"], {}, exchange["response"]["body"].encode())
        )
    facts, events = decode(exchange)
    final = final_response(exchange)
    if final["status"] not in ENDINGS:
        assert facts.fault is not None
        return None
    wanted, said = of_items(final["output"]), of_events(events)
    if exchange["stream"]:
        done = [e["item"] for e in stream_events(exchange) if e["type"] == "response.output_item.done"]
        wanted.encrypted, wanted.calls = of_items(done).encrypted, of_items(done).calls
        wanted.others, said.others = sorted(wanted.others), sorted(said.others)
        if exchange["fidelity"]["response"] == "scrubbed":
            wanted.others = said.others
    assert said == wanted
    return None


def _whole(exchange: Exchange) -> None:
    only_streams(exchange)
    _one_answer(exchange)
    if exchange["fidelity"]["response"] == "scrubbed":
        raise Excused("the recorder put different dummies in place of the same value")
    final = stream_events(exchange)[-1]["response"]
    if final["status"] not in ENDINGS:
        raise OtherMatter
    if not final["output"]:
        raise Excused("the final response leaves the output out")
    streamed, whole = (
        of_events(events)
        for events in (decode(exchange)[1], decode_body(json.dumps(final).encode(), target_of(exchange)).events)
    )
    assert [item_id for item_id, _ in streamed.encrypted] == [item_id for item_id, _ in whole.encrypted]
    streamed.encrypted = whole.encrypted  # encrypted anew each time it is sent
    assert streamed == whole


def _split(exchange: Exchange) -> None:
    only_streams(exchange)
    _one_answer(exchange)
    assert decode_stream(pieces(exchange), target_of(exchange)) == decode(exchange)


def _request(exchange: Exchange) -> None:
    body = only_asked(exchange)
    if "input" not in body:
        raise OtherMatter
    target = msgspec.structs.replace(target_of(exchange), quirks=frozenset({"prompt_cache_breakpoint"}))
    try:
        chat = to_chat(body, reasoning_format(target))
    except InexpressibleError as reason:
        raise Excused(f"chat has no word for it: {reason}") from None
    sent = json.loads(encode_request(to_hub(parse_chat(msgspec.json.encode(chat), ParseLimits())), target))
    plain = exchange["provider"] == "deepseek"
    assert meaning(sent, keeps_plain_reasoning=plain) == meaning(body, keeps_plain_reasoning=plain)
