"""A reader of Gemini answers written against plain JSON, and a fold of the hub's events into the same shape.

The two must come to the same; neither knows the product's own reader.
"""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from tests.protocols.gemini_recordings import documents
from trunkline.protocols.events import (
    Annotated,
    Extra,
    Finished,
    GenerationEvent,
    MediaDelta,
    PartEnded,
    PartStarted,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
)


@dataclass
class Candidate:
    """What one candidate says."""

    text: str = ""
    thoughts: str = ""
    signatures: list[str] = field(default_factory=list)
    calls: list[tuple[str, Any]] = field(default_factory=list)
    given_ids: list[str] = field(default_factory=list)
    media: list[tuple[str, str]] = field(default_factory=list)
    tokens: list[tuple[str, float]] = field(default_factory=list)
    finish: str | None = None
    sources: set[str] = field(default_factory=set)
    quotes: set[tuple[str, str]] = field(default_factory=set)
    """(source, cited text)"""
    extras: list[tuple[str, Any]] = field(default_factory=list)


OWN_PLACES = {"text", "thought", "thoughtSignature", "functionCall", "inlineData"}
OWN_MEMBERS = {"content", "finishReason", "finishMessage", "index", "logprobsResult"}


def read_sent(exchange: dict[str, Any]) -> dict[int, Candidate]:
    """What Google said."""
    candidates: dict[int, Candidate] = {}
    for document in documents(exchange):
        for raw in document.get("candidates") or ():
            _read_candidate(candidates.setdefault(raw.get("index", 0), Candidate()), raw)
    return candidates


def _read_candidate(candidate: Candidate, raw: dict[str, Any]) -> None:
    candidate.finish = raw.get("finishReason", candidate.finish)
    for part in raw.get("content", {}).get("parts") or ():
        _read_part(candidate, part)
    for token in raw.get("logprobsResult", {}).get("chosenCandidates") or ():
        candidate.tokens.append((token["token"], token["logProbability"]))
    candidate.extras += [(f"candidates[].{name}", value) for name, value in raw.items() if name not in OWN_MEMBERS]
    grounding = raw.get("groundingMetadata") or {}
    sources = [next(iter(chunk.values())).get("uri") for chunk in grounding.get("groundingChunks") or ()]
    candidate.sources |= {source for source in sources if source}
    for support in grounding.get("groundingSupports") or ():
        segment, encoded = support["segment"], candidate.text.encode()
        quote = encoded[segment.get("startIndex", 0) : segment["endIndex"]].decode(errors="ignore")
        named = [sources[index] for index in support["groundingChunkIndices"] if index < len(sources)]
        candidate.quotes |= {(source, quote) for source in named if source}


def _read_part(candidate: Candidate, part: dict[str, Any]) -> None:
    if part.get("thought"):
        candidate.thoughts += part["text"]
    else:
        candidate.text += part.get("text", "")
    if "thoughtSignature" in part and part.keys() & {"text", "functionCall", "inlineData"}:
        candidate.signatures.append(part["thoughtSignature"])
    call = part.get("functionCall", {})
    if "name" in call:
        candidate.calls.append((call["name"], call.get("args", {})))
        if "id" in call:
            candidate.given_ids.append(call["id"])
        others = [(name, value) for name, value in call.items() if name not in ("name", "args", "id")]
        candidate.extras += [(f"candidates[].content.parts[].functionCall.{name}", value) for name, value in others]
    elif call:  # pieces of arguments, which are sent to those only who ask for them
        candidate.extras.append(("candidates[].content.parts[].functionCall", call))
    if "inlineData" in part:
        candidate.media.append((part["inlineData"]["mimeType"], part["inlineData"]["data"]))
    own = OWN_PLACES if part.keys() & {"text", "functionCall", "inlineData"} else {"text", "thought"}
    others = [(f"candidates[].content.parts[].{n}", v) for n, v in part.items() if n not in own]
    candidate.extras += others


def fold(events: list[GenerationEvent]) -> dict[int, Candidate]:
    """What the hub was told."""
    candidates: dict[int, Candidate] = {}
    arguments: dict[tuple[int, int], str] = {}
    names: dict[tuple[int, int], tuple[str, str]] = {}
    for event in events:
        if isinstance(event, PartStarted) and event.kind == "tool_call":
            names[event.choice, event.index] = (event.tool_call_id, event.name)
        elif isinstance(event, ToolCallDelta):
            key = (event.choice, event.index)
            arguments[key] = arguments.get(key, "") + event.arguments
        elif isinstance(
            event, PartStarted | PartEnded | Annotated | Extra | Finished | TextDelta | ReasoningDelta | MediaDelta
        ):
            _fold_one(candidates.setdefault(event.choice, Candidate()), event)
    for (choice, _), (identifier, name) in names.items():
        candidate = candidates[choice]
        candidate.calls.append((name, msgspec.json.decode(arguments[choice, _])))
        candidate.given_ids.append(identifier)
    for candidate in candidates.values():
        candidate.quotes = {(url, candidate.text[int(start) : int(end)]) for url, start, end in candidate.quotes}
    return candidates


def _fold_one(candidate: Candidate, event: GenerationEvent) -> None:
    match event:
        case TextDelta():
            candidate.text += event.text
            if event.logprobs:
                entries = msgspec.json.decode(event.logprobs)["content"]
                candidate.tokens += [(entry["token"], entry["logprob"]) for entry in entries]
        case ReasoningDelta():
            candidate.thoughts += event.text
            candidate.signatures += [signed for signed in (event.signature, event.data) if signed]
        case MediaDelta():
            url = msgspec.json.decode(event.payload)["image_url"]["url"]
            mime, _, data = url.removeprefix("data:").partition(";base64,")
            candidate.media.append((mime, data))
        case Annotated():
            citation = msgspec.json.decode(event.annotation)["url_citation"]
            candidate.sources.add(citation["url"])
            if citation["end_index"]:
                candidate.quotes.add((citation["url"], citation["start_index"], citation["end_index"]))
        case Extra():
            candidate.extras.append((event.path, msgspec.json.decode(event.value)))
        case Finished():
            candidate.finish = event.native_reason
        case _:
            pass
