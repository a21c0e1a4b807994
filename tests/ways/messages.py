"""Anthropic's Messages as a way in. Reading is strict: blocks never interleave, nothing follows the end."""

import json
from typing import Any

from tests.ways import Case, Json, Told

FINISH = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "refusal": "content_filter",
}


class MessagesWay:
    """Implements `Way`."""

    name = "messages"
    path = "/messages"

    def body(self, model: str, case: Case) -> Json:
        content: Any = case.text
        if case.image_url is not None:
            content = [{"type": "text", "text": case.text}, {"type": "image", "source": _source(case.image_url)}]
        turns = [message for turn in case.turns for message in _turn(turn)]
        body: Json = {
            "model": model,
            "max_tokens": case.max_tokens or 1000,
            "messages": [*turns, {"role": "user", "content": content}],
            "stream": case.stream,
        }
        if case.system is not None:
            body["system"] = [{"type": "text", "text": case.system}]
        if case.tools:
            body["tools"] = [
                {"name": t["name"], "description": t["description"], "input_schema": t["parameters"]}
                for t in case.tools
            ]
        if case.schema is not None:
            body["output_config"] = {"format": {"type": "json_schema", "schema": case.schema}}
        if case.effort is not None:
            body["thinking"] = {"type": "enabled", "budget_tokens": 1024}
        return body

    def read(self, text: str, *, stream: bool) -> Told:
        if not stream or text.startswith("{"):
            return whole(json.loads(text))
        message, told = Told(), events(text)
        return fold(told) if told[-1]["type"] != "error" else _broken(told, message)


def whole(body: Json) -> Told:
    """A body: an answer, or an error in its envelope."""
    if body["type"] == "error":
        assert body.keys() >= {"type", "error", "request_id"}
        assert body["error"]["type"].endswith("_error")
        return Told(error=body["error"]["error_type"])
    told = Told(finish=FINISH[body["stop_reason"]], ended=True)
    for block in body["content"]:
        _add(told, block)
    _count(told, body["usage"])
    return told


def events(text: str) -> list[Json]:
    """The events of a stream, each under its own name."""
    found: list[Json] = []
    for block in text.strip("\n").split("\n\n"):
        if block.startswith(":"):
            continue
        name, data = block.split("\n")
        event = json.loads(data.removeprefix("data: "))
        assert name == f"event: {event['type']}", block
        found.append(event)
    return found


def fold(told: list[Json]) -> Told:
    """The whole answer that a good stream comes to."""
    message = assemble(told)
    return whole(message)


def assemble(told: list[Json]) -> Json:
    """The message that events build, as the vendor's own client puts it together; as far as it came."""
    told = [event for event in told if event["type"] != "ping"]
    assert told[0]["type"] == "message_start"
    message: Json = told[0]["message"] | {"content": []}
    open_index: int | None = None
    partial = ""
    for position, event in enumerate(told[1:], 1):
        match event["type"]:
            case "content_block_start":
                assert open_index is None, "blocks never interleave"
                assert event["index"] == len(message["content"])
                open_index, partial = event["index"], ""
                message["content"].append(dict(event["content_block"]))
            case "content_block_delta":
                assert event["index"] == open_index
                partial += _grow(message["content"][-1], event["delta"])
            case "content_block_stop":
                assert event["index"] == open_index
                open_index = None
                if partial:
                    message["content"][-1]["input"] = json.loads(partial)
            case "message_delta":
                assert open_index is None
                message |= event["delta"]
                message["usage"] = message["usage"] | event["usage"]
            case "message_stop":
                assert position == len(told) - 1, "nothing follows the end"
            case "error":
                assert position == len(told) - 1, "nothing follows an error"
            case other:
                raise AssertionError(other)
    return message


def _grow(block: Json, delta: Json) -> str:
    match delta["type"]:
        case "text_delta":
            block["text"] += delta["text"]
        case "thinking_delta":
            block["thinking"] += delta["thinking"]
        case "signature_delta":
            block["signature"] = delta["signature"]
        case "citations_delta":
            block["citations"] = [*(block.get("citations") or []), delta["citation"]]
        case "input_json_delta":
            return delta["partial_json"]
        case _:
            for name, value in delta.items():
                block[name] = value if name != "type" else block[name]
    return ""


def _broken(told: list[Json], message: Told) -> Told:
    told = [event for event in told if event["type"] != "ping"]
    if told[0]["type"] != "error":
        for block in assemble(told)["content"]:
            _add(message, block)
    error = told[-1]["error"]
    assert error["type"].endswith("_error")
    assert "request_id" not in told[-1]
    message.error = error["error_type"]
    return message


def _add(told: Told, block: Json) -> None:
    match block["type"]:
        case "text":
            told.text += block["text"]
        case "thinking":
            told.reasoning += block["thinking"]
        case "tool_use":
            told.calls.append((block["id"], block["name"], json.dumps(block["input"])))
        case "image":
            told.images += 1
        case _:
            pass


def _count(told: Told, usage: Json) -> None:
    cached, written = usage["cache_read_input_tokens"] or 0, usage["cache_creation_input_tokens"] or 0
    told.usage = usage["input_tokens"] + cached + written, usage["output_tokens"]
    told.cost = usage["cost"]


def _turn(turn: Json) -> list[Json]:
    """An earlier message as chat has it."""
    if turn["role"] == "tool":
        result = {"type": "tool_result", "tool_use_id": turn["tool_call_id"], "content": turn["content"]}
        return [{"role": "user", "content": [result]}]
    blocks: list[Json] = [{"type": "text", "text": turn["content"]}] if turn.get("content") else []
    for call in turn.get("tool_calls", ()):
        function = call["function"]
        given = json.loads(function["arguments"])
        blocks.append({"type": "tool_use", "id": call["id"], "name": function["name"], "input": given})
    return [{"role": turn["role"], "content": blocks}]


def _source(url: str) -> Json:
    if not url.startswith("data:"):
        return {"type": "url", "url": url}
    head, data = url.removeprefix("data:").split(";base64,")
    return {"type": "base64", "media_type": head, "data": data}
