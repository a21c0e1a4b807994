"""Every recorded answer in Anthropic's format, and a reader of them that knows nothing of the product's own."""

import functools
import json
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from tests.recorded import exchanges
from trunkline.protocols.answers import Facts, UpstreamTarget
from trunkline.protocols.events import GenerationEvent
from trunkline.protocols.messages.decoder import MessagesDecoder, decode_body

TARGET = UpstreamTarget(provider="anthropic", upstream_model="claude-sonnet-4-5", supported_parameters=frozenset())


@functools.cache
def answers() -> tuple[dict[str, Any], ...]:
    """All recorded answers with status 200."""
    return tuple(e for e in recorded() if e["response"]["status"] < 400)


@functools.cache
def recorded() -> tuple[dict[str, Any], ...]:
    """All exchanges with an answer in this format."""
    files = ("anthropic-messages.jsonl.gz", "response-only.jsonl.gz")
    every = (exchange for file in files for exchange in exchanges(file))
    return tuple(e for e in every if e["protocol"] == "anthropic-messages" and "body" in e["response"])


def payload(exchange: dict[str, Any]) -> bytes:
    return exchange["response"]["body"].encode()


def decode(exchange: dict[str, Any], *, exclude_reasoning: bool = False) -> tuple[Facts, list[GenerationEvent]]:
    """What we make of a recorded answer."""
    if exchange["stream"]:
        return decode_stream([payload(exchange)], exclude_reasoning=exclude_reasoning)
    decoded = decode_body(payload(exchange), TARGET, exclude_reasoning=exclude_reasoning)
    return decoded.facts, decoded.events


def decode_stream(
    reads: list[bytes], target: UpstreamTarget = TARGET, *, exclude_reasoning: bool = False
) -> tuple[Facts, list[GenerationEvent]]:
    decoder = MessagesDecoder(target, exclude_reasoning=exclude_reasoning)
    events = [event for data in reads for event in decoder.feed(data)]
    return decoder.facts, events + decoder.close()


def cut(data: bytes, bounds: list[int]) -> list[bytes]:
    """`data` in pieces that end at `bounds`."""
    return [data[start:end] for start, end in pairwise([0, *sorted(bounds), len(data)])]


@dataclass
class Message:
    """What an upstream said, folded: blocks with their deltas put in, and the members around them."""

    blocks: list[dict[str, Any]] = field(default_factory=list)
    open: dict[int, dict[str, Any]] = field(default_factory=dict)
    usage: dict[str, Any] = field(default_factory=dict)
    members: dict[str, Any] = field(default_factory=dict)
    error: dict[str, Any] | None = None


def read(exchange: dict[str, Any]) -> Message:
    """The message of a recorded answer."""
    text = exchange["response"]["body"]
    message = Message()
    if not exchange["stream"]:
        _take_members(message, json.loads(text))
        return message
    for line in text.replace("\r\n", "\n").split("\n"):
        if line.startswith("data:") and line[5:].strip():
            _take_event(message, json.loads(line[5:]))
    return message


def _take_members(message: Message, members: dict[str, Any]) -> None:
    message.error = members.get("error") or message.error
    message.usage |= {name: value for name, value in (members.get("usage") or {}).items() if value is not None}
    message.blocks += members.get("content") or []
    message.members |= {n: v for n, v in members.items() if n not in ("usage", "content") and v is not None}


def _take_event(message: Message, event: dict[str, Any]) -> None:
    match event["type"]:
        case "message_start":
            _take_members(message, event["message"])
        case "message_delta":
            _take_members(message, event["delta"])
            around = {name: value for name, value in event.items() if name in ("usage", "context_management")}
            _take_members(message, around)
        case "content_block_start":
            message.blocks.append(event["content_block"])
            message.open[event["index"]] = event["content_block"]
        case "content_block_delta":
            _take_delta(message.open[event["index"]], event["delta"])
        case "content_block_stop":
            block = message.open[event["index"]]
            if "_json" in block:
                block["input"] = json.loads(block.pop("_json") or "{}")
        case "error":
            message.error = event["error"]
        case other:
            assert other in ("ping", "message_stop"), other


def _take_delta(block: dict[str, Any], delta: dict[str, Any]) -> None:
    match delta["type"]:
        case "input_json_delta":
            block["_json"] = block.get("_json", "") + delta["partial_json"]
        case "citations_delta":
            block["citations"] = [*(block.get("citations") or []), delta["citation"]]
        case _:
            for name, value in delta.items():
                if name != "type":
                    block[name] = (block.get(name) or "") + value
