"""Every recorded Responses answer, our reading of it, and a reader that knows nothing of the product's own.

`Said` is what an answer comes to, whoever reads it: `of_items` reads the upstream's plain JSON, `of_events` our events.
"""

import functools
import json
from dataclasses import dataclass, field
from typing import Any

from tests.recorded import exchanges
from trunkline.protocols.answers import Facts, UpstreamTarget
from trunkline.protocols.events import (
    Annotated,
    Extra,
    GenerationEvent,
    MediaDelta,
    PartStarted,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
)
from trunkline.protocols.responses.decoder import ResponsesDecoder, decode_body

ENCRYPTED = {"encrypted_content", "fingerprint"}
CALLS = {"function_call": "arguments", "custom_tool_call": "input"}
NO_ANSWER = {"545ba5ad57-00", "b07411973b-00"}
"""A chat completion among the Responses; a file of two answers, one after the other."""


@functools.cache
def recorded() -> tuple[dict[str, Any], ...]:
    """All exchanges of this format."""
    files = ("openai-responses.jsonl.gz", "response-only.jsonl.gz")
    every = (exchange for file in files for exchange in exchanges(file))
    return tuple(e for e in every if e["protocol"] == "openai-responses" and e["id"] not in NO_ANSWER)


@functools.cache
def answers() -> tuple[dict[str, Any], ...]:
    """All answers with status 200 that came to an end: neither failed nor left in the background."""
    return tuple(e for e in recorded() if e["response"]["status"] == 200 and final_response(e)["status"] in ENDINGS)


ENDINGS = ("completed", "incomplete")


def target_of(exchange: dict[str, Any]) -> UpstreamTarget:
    model = exchange["model"] or "unknown"
    return UpstreamTarget(provider=exchange["provider"], upstream_model=model, supported_parameters=frozenset())


def decode(exchange: dict[str, Any], *, exclude_reasoning: bool = False) -> tuple[Facts, list[GenerationEvent]]:
    """What we make of a recorded answer."""
    data, target = exchange["response"]["body"].encode(), target_of(exchange)
    if exchange["stream"]:
        return decode_stream([data], target, exclude_reasoning=exclude_reasoning)
    decoded = decode_body(data, target, exclude_reasoning=exclude_reasoning)
    return decoded.facts, decoded.events


def decode_stream(
    reads: list[bytes], target: UpstreamTarget, *, exclude_reasoning: bool = False
) -> tuple[Facts, list[GenerationEvent]]:
    decoder = ResponsesDecoder(target, exclude_reasoning=exclude_reasoning)
    events = [event for data in reads for event in decoder.feed(data)]
    return decoder.facts, events + decoder.close()


def stream_events(exchange: dict[str, Any]) -> list[dict[str, Any]]:
    """The payloads of a stream as plain JSON."""
    lines = exchange["response"]["body"].replace("\r\n", "\n").split("\n")
    return [json.loads(line.removeprefix("data:")) for line in lines if line.startswith("data:")]


def final_response(exchange: dict[str, Any]) -> dict[str, Any]:
    """The response object in which everything stands. Some streams end with one that leaves the output out."""
    if not exchange["stream"]:
        return json.loads(exchange["response"]["body"])
    events = stream_events(exchange)
    items = [event["item"] for event in events if event["type"] == "response.output_item.done"]
    final = events[-1]["response"]
    return final | {"output": final["output"] or items}


@dataclass
class Said:
    """An answer, folded."""

    texts: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    summaries: list[str] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    encrypted: list[tuple[str | None, str]] = field(default_factory=list)
    calls: list[tuple[str, str, str]] = field(default_factory=list)
    citations: list[tuple[str, str]] = field(default_factory=list)
    tokens: list[tuple[str, float]] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    """Items of kinds that the hub has no word for, as sorted JSON."""


def of_items(items: list[dict[str, Any]]) -> Said:
    said = Said()
    for item in items:
        kind = item["type"]
        if kind == "message":
            for part in item["content"]:
                _read_part(said, part)
        elif kind == "reasoning":
            said.summaries += [part["text"] for part in item["summary"] if part["text"]]
            said.thoughts += [part["text"] for part in item.get("content") or [] if part["text"]]
            if item.get("encrypted_content"):
                said.encrypted.append((item["id"], item["encrypted_content"]))
        elif kind in CALLS:
            said.calls.append((item["call_id"], item["name"], item[CALLS[kind]] or "{}"))
        elif kind == "image_generation_call":
            said.images.append(f"data:image/{item['output_format']};base64,{item['result']}")
        else:
            said.others.append(_other(item))
    return said


def _token(token: dict[str, Any]) -> tuple[str, float]:
    """OpenAI's final response rounds to six places what the deltas told."""
    return token["token"], round(token["logprob"], 6)


def _other(item: dict[str, Any]) -> str:
    """OpenAI encrypts anew each time it sends an item."""
    return json.dumps({name: value for name, value in item.items() if name not in ENCRYPTED}, sort_keys=True)


def _read_part(said: Said, part: dict[str, Any]) -> None:
    if part["type"] == "refusal":
        said.refusals.append(part["refusal"])
        return
    if part["text"]:
        said.texts.append(part["text"])
    said.tokens += [_token(token) for token in part.get("logprobs") or []]
    for annotation in part.get("annotations") or []:
        if annotation["type"] == "url_citation":
            said.citations.append((annotation["url"], annotation.get("title", "")))


def of_events(events: list[GenerationEvent]) -> Said:
    said = Said()
    for event in events:
        match event:
            case Annotated(annotation):
                citation = json.loads(bytes(annotation))["url_citation"]
                said.citations.append((citation["url"], citation["title"]))
            case MediaDelta(payload=payload):
                said.images.append(json.loads(bytes(payload))["image_url"]["url"])
            case ReasoningDelta(type="reasoning.encrypted"):
                said.encrypted.append((event.id, event.data or ""))
            case TextDelta(logprobs=logprobs) if logprobs:
                said.tokens += [_token(token) for token in json.loads(bytes(logprobs))["content"]]
            case Extra(path=path, value=value) if path.endswith("]") and path.count("[") == 1:
                said.others.append(_other(json.loads(bytes(value))))
            case _:
                pass
    _fold_parts(said, events)
    return said


def _fold_parts(said: Said, events: list[GenerationEvent]) -> None:
    for start in [event for event in events if isinstance(event, PartStarted)]:
        grown = [event for event in events if getattr(event, "index", None) == start.index]
        text = "".join(e.text for e in grown if isinstance(e, TextDelta | ReasoningDelta))
        if start.kind == "tool_call":
            arguments = "".join(e.arguments for e in grown if isinstance(e, ToolCallDelta))
            said.calls.append((start.tool_call_id, start.name, arguments))
        elif start.kind == "reasoning" and text:
            summary = any(isinstance(e, ReasoningDelta) and e.type == "reasoning.summary" for e in grown)
            (said.summaries if summary else said.thoughts).append(text)
        elif start.kind in ("text", "refusal") and text:
            (said.texts if start.kind == "text" else said.refusals).append(text)
