"""A lenient reader of chat answers, written against plain JSON and knowing nothing of the product's own readers.

It reads what an upstream sent and what our client got; the two must come to the same.
"""

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Choice:
    """What one choice says, folded."""

    text: str = ""
    refusal: str = ""
    reasoning: str = ""
    details: list[dict[str, Any]] = field(default_factory=list)
    calls: list[dict[str, str]] = field(default_factory=list)
    annotations: list[Any] = field(default_factory=list)
    images: list[Any] = field(default_factory=list)
    audio: dict[str, Any] = field(default_factory=dict)
    tokens: list[tuple[str, float]] = field(default_factory=list)
    finish: str | None = None
    native_finish: str | None = None
    unknown: list[tuple[str, str]] = field(default_factory=list)
    """Members of deltas, messages and choices that the format does not have, as (name, JSON)."""
    _call_of_index: dict[int, dict[str, str]] = field(default_factory=dict, repr=False)


KNOWN_DELTA = {
    "role",
    "content",
    "refusal",
    "reasoning",
    "reasoning_content",
    "reasoning_details",
    "tool_calls",
    "function_call",
    "annotations",
    "images",
    "audio",
}
KNOWN_CHOICE = {"index", "delta", "message", "text", "finish_reason", "native_finish_reason", "logprobs", "error"}


@dataclass
class Answer:
    choices: dict[int, Choice] = field(default_factory=dict)
    usage: dict[str, Any] | None = None
    error: Any = None
    fingerprint: str | None = None
    sources: list[str] = field(default_factory=list)


def read(data: str, *, stream: bool) -> Answer:
    answer = Answer()
    for document in _documents(data) if stream else [json.loads(data)]:
        _read_document(answer, document, member="delta" if stream else "message")
    return answer


def _documents(stream: str) -> list[Any]:
    lines = stream.replace("\r\n", "\n").split("\n")
    payloads = [line.removeprefix("data:").strip() for line in lines if line.startswith("data:")]
    return [json.loads(payload) for payload in payloads if payload and payload != "[DONE]"]


def _read_document(answer: Answer, document: dict[str, Any], member: str) -> None:
    answer.error = answer.error or document.get("error")
    answer.usage = document.get("usage") or (document.get("x_groq") or {}).get("usage") or answer.usage
    answer.fingerprint = answer.fingerprint or document.get("system_fingerprint")
    for result in document.get("search_results") or []:
        if result["url"] and result["url"] not in answer.sources:
            answer.sources.append(result["url"])
    for url in document.get("citations") or []:
        if url and url not in answer.sources:
            answer.sources.append(url)
    for choice in document.get("choices") or []:
        _read_choice(answer.choices.setdefault(choice["index"], Choice()), choice, member)


def _read_choice(choice: Choice, raw: dict[str, Any], member: str) -> None:
    if raw.get("finish_reason"):
        choice.finish = raw["finish_reason"]
        choice.native_finish = raw.get("native_finish_reason") or raw["finish_reason"]
    logprobs = raw.get("logprobs")
    if isinstance(logprobs, dict):
        choice.tokens += [(token["token"], token["logprob"]) for token in logprobs.get("content") or []]
    choice.text += raw.get("text") or ""
    _read_delta(choice, raw.get(member) or {})
    choice.unknown += [
        (n, json.dumps(v, sort_keys=True)) for n, v in raw.items() if n not in KNOWN_CHOICE and v is not None
    ]


def _read_delta(choice: Choice, delta: dict[str, Any]) -> None:
    content = delta.get("content")
    thought = ""
    for part in content if isinstance(content, list) else []:
        if part["type"] == "text":
            choice.text += part["text"]
        elif part["type"] == "thinking":
            thought += "".join(piece["text"] for piece in part["thinking"])
    if isinstance(content, str):
        choice.text += content
    choice.refusal += delta.get("refusal") or ""
    details = delta.get("reasoning_details") or []
    visible = "".join((detail.get("summary") or detail.get("text") or "") for detail in details)
    choice.reasoning += visible or delta.get("reasoning") or delta.get("reasoning_content") or thought
    choice.details += details
    for position, call in enumerate(delta.get("tool_calls") or []):
        _read_call(choice, call, position)
    if (delta.get("function_call") or {}).get("name"):
        _read_call(choice, {"function": delta["function_call"]}, 0)
    choice.annotations += delta.get("annotations") or []
    choice.images += delta.get("images") or []
    if any((delta.get("audio") or {}).values()):
        choice.audio |= delta["audio"]
    choice.unknown += [
        (n, json.dumps(v, sort_keys=True)) for n, v in delta.items() if n not in KNOWN_DELTA and v is not None
    ]


def _read_call(choice: Choice, raw: dict[str, Any], position: int) -> None:
    index = raw.get("index", len(choice.calls) if raw.get("id") else position)
    function = raw.get("function") or {}
    known = choice._call_of_index.get(index)
    if known is None or (raw.get("id") and function.get("name") and known["id"] and raw["id"] != known["id"]):
        known = {"id": raw.get("id") or "", "name": "", "arguments": ""}
        choice._call_of_index[index] = known
        choice.calls.append(known)
    known["name"] = known["name"] or function.get("name") or ""
    known["arguments"] += function.get("arguments") or ""
