"""Every recorded Gemini exchange, and its answer through the decoder."""

import functools
import json
from typing import Any

from tests.recorded import exchanges
from trunkline.protocols.answers import Facts, UpstreamTarget
from trunkline.protocols.events import GenerationEvent
from trunkline.protocols.gemini.protocol import GeminiProtocol

PROTOCOL = GeminiProtocol()


@functools.cache
def recorded() -> tuple[dict[str, Any], ...]:
    """All exchanges, and answers whose requests nobody kept."""
    files = ("gemini.jsonl.gz", "response-only.jsonl.gz")
    return tuple(e for file in files for e in exchanges(file) if e["protocol"] == "gemini")


def answers() -> list[dict[str, Any]]:
    """Those with status 200."""
    return [exchange for exchange in recorded() if exchange["response"]["status"] == 200]


def target_of(exchange: dict[str, Any]) -> UpstreamTarget:
    return UpstreamTarget(
        provider="google-ai-studio",
        upstream_model=exchange["model"] or "gemini-2.5-flash",
        supported_parameters=frozenset(),
    )


def decode(
    exchange: dict[str, Any], data: bytes | None = None, *, exclude_reasoning: bool = False
) -> tuple[Facts, list[GenerationEvent]]:
    """The events of a recorded answer (or of `data` in its stead)."""
    data = exchange["response"]["body"].encode() if data is None else data
    target = target_of(exchange)
    if not exchange["stream"]:
        decoded = PROTOCOL.decode_body(data, target, exclude_reasoning=exclude_reasoning)
        return decoded.facts, decoded.events
    decoder = PROTOCOL.open_stream(target, exclude_reasoning=exclude_reasoning)
    events = decoder.feed(data) + decoder.close()
    return decoder.facts, events


def documents(exchange: dict[str, Any]) -> list[dict[str, Any]]:
    """The JSON objects of an answer, read by plain means."""
    text: str = exchange["response"]["body"]
    if not exchange["stream"]:
        return [json.loads(text)]
    if text.lstrip().startswith("["):
        return json.loads(text)
    lines = text.replace("\r\n", "\n").split("\n")
    return [json.loads(line.removeprefix("data:")) for line in lines if line.startswith("data:")]
