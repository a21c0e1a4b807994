"""Every recorded answer in Bedrock's Converse format, and a reader of them that knows nothing of the product's own.

The reader of event streams is the vendor's wire description read literally, without checksums.
"""

import base64
import functools
import json
import struct
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from tests.recorded import exchanges
from trunkline.protocols.answers import Facts, UpstreamTarget
from trunkline.protocols.converse.decoder import ConverseDecoder, decode_body
from trunkline.protocols.events import GenerationEvent


@functools.cache
def recorded() -> tuple[dict[str, Any], ...]:
    """All exchanges with an answer in this format."""
    files = ("bedrock-converse.jsonl.gz", "response-only.jsonl.gz")
    every = (exchange for file in files for exchange in exchanges(file))
    return tuple(exchange for exchange in every if exchange["protocol"] == "bedrock-converse")


@functools.cache
def answers() -> tuple[dict[str, Any], ...]:
    """All recorded answers with status 200."""
    return tuple(e for e in recorded() if e["response"]["status"] == 200)


def streams() -> list[dict[str, Any]]:
    return [exchange for exchange in answers() if exchange["stream"]]


def target(exchange: dict[str, Any], **fields: Any) -> UpstreamTarget:
    """The endpoint that answered; where it is not known, some Claude."""
    model = exchange["model"] or "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
    facts: dict[str, Any] = {
        "provider": "amazon-bedrock",
        "upstream_model": model,
        "supported_parameters": frozenset[str](),
    }
    return UpstreamTarget(**(facts | fields))


def payload(exchange: dict[str, Any]) -> bytes:
    response = exchange["response"]
    return base64.b64decode(response["body_b64"]) if "body_b64" in response else response["body"].encode()


def decode(exchange: dict[str, Any], *, exclude_reasoning: bool = False) -> tuple[Facts, list[GenerationEvent]]:
    """What we make of a recorded answer."""
    if exchange["stream"]:
        return decode_stream([payload(exchange)], target(exchange), exclude_reasoning=exclude_reasoning)
    decoded = decode_body(payload(exchange), target(exchange), exclude_reasoning=exclude_reasoning)
    return decoded.facts, decoded.events


def decode_stream(
    reads: list[bytes], endpoint: UpstreamTarget, *, exclude_reasoning: bool = False
) -> tuple[Facts, list[GenerationEvent]]:
    decoder = ConverseDecoder(endpoint, exclude_reasoning=exclude_reasoning)
    events = [event for data in reads for event in decoder.feed(data)]
    return decoder.facts, events + decoder.close()


def cut(data: bytes, bounds: list[int]) -> list[bytes]:
    """`data` in pieces that end at `bounds`."""
    return [data[start:end] for start, end in pairwise([0, *sorted(bounds), len(data)])]


def frames(data: bytes) -> Iterator[tuple[dict[str, str], Any]]:
    """(headers, payload) of every message."""
    while data:
        total, headers_size = struct.unpack(">II", data[:8])
        head, rest = data[12 : 12 + headers_size], data[12 + headers_size : total - 4]
        headers: dict[str, str] = {}
        while head:
            name_end = 1 + head[0]
            name, kind = head[1:name_end].decode(), head[name_end]
            assert kind == 7, kind
            value_end = name_end + 3 + int.from_bytes(head[name_end + 1 : name_end + 3])
            headers[name] = head[name_end + 3 : value_end].decode()
            head = head[value_end:]
        yield headers, json.loads(rest)
        data = data[total:]


def read(exchange: dict[str, Any]) -> dict[str, Any]:
    """A recorded answer in the shape of a whole body, without padding."""
    if not exchange["stream"]:
        return json.loads(payload(exchange))
    blocks: dict[int, dict[str, Any]] = {}
    members: dict[str, Any] = {}
    for headers, event in frames(payload(exchange)):
        assert headers[":message-type"] == "event"
        match headers[":event-type"]:
            case "contentBlockStart":
                block = blocks.setdefault(event["contentBlockIndex"], {})
                for kind, value in event["start"].items():
                    block[kind] = {**value, "_input": ""} if kind == "toolUse" else dict(value)
            case "contentBlockDelta":
                _grow(blocks.setdefault(event["contentBlockIndex"], {}), event["delta"])
            case "messageStop" | "metadata":
                members |= {name: value for name, value in event.items() if name != "p"}
            case other:
                assert other in ("messageStart", "contentBlockStop"), other
    content = [_whole(blocks[index]) for index in sorted(blocks)]
    return {**members, "output": {"message": {"content": content}}}


def _grow(block: dict[str, Any], delta: dict[str, Any]) -> None:
    for kind, value in delta.items():
        match kind:
            case "text":
                block["text"] = block.get("text", "") + value
            case "toolUse":
                block["toolUse"]["_input"] += value["input"]
            case "toolResult":
                block["toolResult"]["content"] = block["toolResult"].get("content", []) + value
            case "citation":
                block.setdefault("citations", []).append(value)
            case _:
                grown = block.setdefault(kind, {})
                for name, text in value.items():
                    grown[name] = grown.get(name, "") + text


def _whole(block: dict[str, Any]) -> dict[str, Any]:
    if "toolUse" in block:
        use = block["toolUse"]
        written = use.pop("_input") or "{}"
        return {"toolUse": {**use, "input": json.loads(written)}}
    if "citations" in block:
        cited = {"content": [{"text": block.get("text", "")}], "citations": block["citations"]}
        return {"citationsContent": cited}
    if "reasoningContent" in block and "redactedContent" not in block["reasoningContent"]:
        return {"reasoningContent": {"reasoningText": block["reasoningContent"]}}
    return block
