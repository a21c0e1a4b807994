"""Chat completions and text completions as ways in."""

import json
from typing import Any

from tests import shapes
from tests.ways import Case, Json, Told


class ChatWay:
    """Implements `Way`."""

    name = "chat"
    path = "/chat/completions"

    def body(self, model: str, case: Case) -> Json:
        content: Any = case.text
        if case.image_url is not None:
            content = [
                {"type": "text", "text": case.text},
                {"type": "image_url", "image_url": {"url": case.image_url}},
            ]
        system = [] if case.system is None else [{"role": "system", "content": case.system}]
        body: Json = {"model": model, "messages": [*system, *case.turns, {"role": "user", "content": content}]}
        return body | _members(case)

    def read(self, text: str, *, stream: bool) -> Told:
        if not stream or text.startswith("{"):
            return _whole(json.loads(text))
        told = Told()
        for payload in _payloads(text):
            if payload == "[DONE]":
                told.ended = True
                continue
            assert not told.ended, "nothing follows the end"
            chunk = json.loads(payload)
            assert chunk["object"] == "text_completion" or not shapes.chat_chunk(chunk), shapes.chat_chunk(chunk)
            _grow(told, chunk)
        return told


class CompletionsWay:
    """Implements `Way`. It has words for text alone: calls and images of an answer are left out (inference.md 19)."""

    name = "completions"
    path = "/completions"

    def body(self, model: str, case: Case) -> Json:
        return {"model": model, "prompt": case.text} | _members(case)

    def read(self, text: str, *, stream: bool) -> Told:
        return ChatWay().read(text, stream=stream)


def _members(case: Case) -> Json:
    members: Json = {"stream": case.stream}
    if case.tools:
        members["tools"] = [{"type": "function", "function": tool} for tool in case.tools]
    if case.schema is not None:
        members["response_format"] = {"type": "json_schema", "json_schema": {"name": "answer", "schema": case.schema}}
    if case.effort is not None:
        members["reasoning"] = {"effort": case.effort}
    if case.max_tokens is not None:
        members["max_tokens"] = case.max_tokens
    return members


def _payloads(text: str) -> list[str]:
    return [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: ")]


def _whole(body: Json) -> Told:
    if "error" in body:
        return Told(error=body["error"]["metadata"]["error_type"])
    (choice,) = body["choices"]
    message = choice.get("message") or {"content": choice.get("text"), "reasoning": choice.get("reasoning")}
    told = Told(
        text=message["content"] or "",
        reasoning=message.get("reasoning") or "",
        calls=[_call(call) for call in message.get("tool_calls", ())],
        images=len(message.get("images", ())),
        finish=choice["finish_reason"],
        ended=True,
    )
    _count(told, body["usage"])
    if "error" in choice:
        told.error = choice["error"]["metadata"]["error_type"]
    return told


def _grow(told: Told, chunk: Json) -> None:
    if "error" in chunk:
        told.error = chunk["error"]["metadata"]["error_type"]
    if "usage" in chunk:
        _count(told, chunk["usage"])
    for choice in chunk["choices"]:
        delta = choice.get("delta") or {"content": choice.get("text"), "reasoning": choice.get("reasoning")}
        told.text += delta.get("content") or ""
        told.reasoning += delta.get("reasoning") or ""
        told.images += len(delta.get("images", ()))
        for fragment in delta.get("tool_calls", ()):
            if fragment["index"] == len(told.calls):
                told.calls.append((fragment["id"], fragment["function"]["name"], ""))
            id, name, arguments = told.calls[fragment["index"]]
            told.calls[fragment["index"]] = (id, name, arguments + fragment["function"].get("arguments", ""))
        told.finish = choice["finish_reason"] or told.finish


def _call(call: Json) -> tuple[str, str, str]:
    return call["id"], call["function"]["name"], call["function"]["arguments"]


def _count(told: Told, usage: Json) -> None:
    told.usage = usage["prompt_tokens"], usage["completion_tokens"]
    told.cost = usage["cost"]
