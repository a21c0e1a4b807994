"""Chat completions, natively and through the hub."""

import json
import re
from collections import Counter
from typing import Any

import msgspec

from tests.protocols.chat_reader import Answer, Choice, read
from tests.protocols.chat_recordings import IDENTITY, PROTOCOLS, Path, options_for, relay
from tests.protocols.fidelity.checks import (
    Exchange,
    Excused,
    Format,
    OtherMatter,
    check_error,
    is_error,
    only_streams,
    pieces,
    refused,
)
from tests.protocols.test_chat_request_paths import meaning
from tests.protocols.test_chat_request_recorded import ANYTHING_GOES, arrived, expected, tools_completed
from tests.protocols.test_chat_response_recorded import FAULTY, expected_finish, normal_calls, without_minted_ids
from tests.recorded import exchanges
from tests.reports import REPORT
from trunkline.core.errors import InvalidRequest
from trunkline.protocols.chat.answers import open_body, open_stream
from trunkline.protocols.chat.native_request import edit_request
from trunkline.protocols.chat.request import ParseLimits, parse_chat, to_hub
from trunkline.protocols.chat.upstream import encode_upstream
from trunkline.protocols.faults.classify import classify

_MINTED = re.compile(rb"call_[A-Za-z0-9]{20,}")
_COMPARED = ("text", "reasoning", "refusal", "tokens", "images", "audio")


def chat_formats() -> list[Format]:
    checks = {"a": _told, "b": _whole, "c": _split, "d": _paths, "e": _request}
    files = ("openai-chat.jsonl.gz", "openrouter-chat.jsonl.gz", "response-only.jsonl.gz")
    every = [exchange for file in files for exchange in exchanges(file) if exchange["protocol"] in PROTOCOLS]
    return [
        Format(name, [exchange for exchange in every if exchange["protocol"] == name], checks)
        for name in sorted(PROTOCOLS)
    ]


def _sound(exchange: Exchange) -> None:
    if exchange["id"] in FAULTY:
        raise Excused(f"broken as recorded: {FAULTY[exchange['id']]}")


def _client(exchange: Exchange, path: Path = "native") -> Answer:
    return read(relay(path, exchange)[1].decode(), stream=exchange["stream"])


def _told(exchange: Exchange) -> None:
    if is_error(exchange):
        return check_error(
            exchange, classify(exchange["response"]["status"], {}, exchange["response"]["body"].encode())
        )
    if exchange["id"] in FAULTY:
        assert relay("native", exchange)[0].fault is not None
        return None
    upstream, client = read(exchange["response"]["body"], stream=exchange["stream"]), _client(exchange)
    assert client.choices.keys() == upstream.choices.keys()
    for index, sent in upstream.choices.items():
        _compare(sent, without_minted_ids(client.choices[index], sent), omitted=exchange["provider"] == "snowflake")
    usage = relay("native", exchange)[0].usage
    assert (usage is None) == (upstream.usage is None)
    assert usage is None or json.loads(bytes(usage.raw)) == upstream.usage
    return None


def _compare(sent: Choice, got: Choice, *, omitted: bool) -> None:
    for name in _COMPARED:
        assert getattr(got, name) == getattr(sent, name), name
    assert got.calls == normal_calls(sent)
    assert [detail for detail in got.details if detail in sent.details] == sent.details
    assert got.annotations[: len(sent.annotations)] == sent.annotations
    assert not Counter(sent.unknown) - Counter(got.unknown)
    assert got.finish == expected_finish(sent, omitted=omitted)


def _whole(exchange: Exchange) -> None:
    only_streams(exchange)
    _sound(exchange)
    upstream = read(exchange["response"]["body"], stream=True)
    choices = [_choice(index, choice) for index, choice in sorted(upstream.choices.items())]
    body = open_body("native", msgspec.json.encode({"choices": choices}), IDENTITY, options_for(exchange))
    got = read(body.render(REPORT).decode(), stream=False)
    for index, choice in _client(exchange).choices.items():
        for name in ("text", "reasoning", "refusal", "images", "finish"):
            assert getattr(got.choices[index], name) == getattr(choice, name), name
        assert [(call["name"], call["arguments"]) for call in got.choices[index].calls] == [
            (call["name"], call["arguments"]) for call in choice.calls
        ]


def _choice(index: int, choice: Choice) -> dict[str, Any]:
    calls = [
        {"id": call["id"], "type": "function", "function": {"name": call["name"], "arguments": call["arguments"]}}
        for call in choice.calls
    ]
    said = {"content": choice.text, "reasoning": choice.reasoning, "refusal": choice.refusal, "images": choice.images}
    message = {"role": "assistant", **{name: value for name, value in said.items() if value}, "tool_calls": calls}
    return {"index": index, "message": message, "finish_reason": choice.finish}


def _split(exchange: Exchange) -> None:
    only_streams(exchange)
    stream = open_stream("native", IDENTITY, options_for(exchange))
    out = b"".join(stream.feed(piece) for piece in pieces(exchange)) + stream.close() + stream.tail(REPORT)
    facts, expected_out = relay("native", exchange)
    assert stream.facts == facts
    assert _MINTED.sub(b"", out) == _MINTED.sub(b"", expected_out)


def _paths(exchange: Exchange) -> None:
    if is_error(exchange):
        raise OtherMatter
    (facts, native), (hub_facts, hub) = relay("native", exchange), relay("hub", exchange)
    assert facts == hub_facts
    if facts.fault is None:
        native_read, hub_read = (read(out.decode(), stream=exchange["stream"]) for out in (native, hub))
        for index, choice in native_read.choices.items():
            for name in (*_COMPARED, "annotations", "finish", "native_finish"):
                assert getattr(hub_read.choices[index], name) == getattr(choice, name), name


def _request(exchange: Exchange) -> None:
    body = (exchange.get("request") or {}).get("body")
    if not isinstance(body, dict):
        raise OtherMatter
    try:
        request = parse_chat(msgspec.json.encode(body), ParseLimits())
    except InvalidRequest as refusal:
        raise refused(refusal) from None
    native, hub = edit_request(request, ANYTHING_GOES), encode_upstream(to_hub(request), ANYTHING_GOES)
    assert arrived(native) == arrived(hub) == tools_completed(expected(body))
    assert meaning(native) == meaning(hub)
