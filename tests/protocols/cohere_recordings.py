"""Every recorded answer in Cohere's chat format, and a reader of them that knows nothing of the product's own."""

import functools
import json
from itertools import pairwise
from typing import Any

from tests.recorded import exchanges
from trunkline.protocols.answers import Facts
from trunkline.protocols.cohere.decoder import CohereDecoder, decode_body
from trunkline.protocols.events import GenerationEvent


@functools.cache
def answers() -> tuple[dict[str, Any], ...]:
    """All recorded answers with status 200."""
    files = ("cohere-v2.jsonl.gz", "response-only.jsonl.gz")
    every = (exchange for file in files for exchange in exchanges(file))
    return tuple(e for e in every if e["protocol"] == "cohere-v2" and e["response"]["status"] == 200)


def payload(exchange: dict[str, Any]) -> bytes:
    return exchange["response"]["body"].encode()


def decode(exchange: dict[str, Any], *, exclude_reasoning: bool = False) -> tuple[Facts, list[GenerationEvent]]:
    """What we make of a recorded answer."""
    if exchange["stream"]:
        return decode_stream([payload(exchange)], exclude_reasoning=exclude_reasoning)
    decoded = decode_body(payload(exchange), exclude_reasoning=exclude_reasoning)
    return decoded.facts, decoded.events


def decode_stream(reads: list[bytes], *, exclude_reasoning: bool = False) -> tuple[Facts, list[GenerationEvent]]:
    decoder = CohereDecoder(exclude_reasoning=exclude_reasoning)
    events = [event for data in reads for event in decoder.feed(data)]
    return decoder.facts, events + decoder.close()


def cut(data: bytes, bounds: list[int]) -> list[bytes]:
    """`data` in pieces that end at `bounds`."""
    return [data[start:end] for start, end in pairwise([0, *sorted(bounds), len(data)])]


def read(exchange: dict[str, Any]) -> dict[str, Any]:
    """A recorded answer as the body that says the same."""
    text = exchange["response"]["body"]
    if not exchange["stream"]:
        return json.loads(text)
    message: dict[str, Any] = {"role": "assistant", "content": {}, "tool_plan": "", "tool_calls": {}, "citations": []}
    body: dict[str, Any] = {"message": message}
    for line in text.replace("\r\n", "\n").split("\n"):
        data = line.removeprefix("data:").strip()
        if line.startswith("data:") and data and data != "[DONE]":
            _take(body, message, json.loads(data))
    message["content"] = list(message["content"].values())
    message["tool_calls"] = list(message["tool_calls"].values())
    return body


def _take(body: dict[str, Any], message: dict[str, Any], event: dict[str, Any]) -> None:
    index, delta = event.get("index", 0), event.get("delta", {})
    grown = delta.get("message", {})
    match event["type"]:
        case "message-start":
            body["id"] = event["id"]
        case "content-start":
            message["content"][index] = grown["content"]
        case "content-delta":
            for name, piece in grown["content"].items():
                message["content"][index][name] += piece
        case "tool-plan-delta":
            message["tool_plan"] += grown["tool_plan"]
        case "tool-call-start":
            message["tool_calls"][index] = grown["tool_calls"]
        case "tool-call-delta":
            function = grown["tool_calls"]["function"]
            message["tool_calls"][index]["function"]["arguments"] += function["arguments"]
        case "citation-start":
            message["citations"].append(grown["citations"])
        case "message-end":
            body |= delta
        case other:
            assert other in ("content-end", "tool-call-end", "citation-end"), other
