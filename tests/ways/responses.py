"""The Responses way in: cases as its requests, its answers and events as what they told (inference.md 17).

`read_events` holds every stream to the rules of 17.4 while it reads: numbers without gaps, items closed before the
next opens, dense indexes, one terminal event, nothing after it.
"""

import json
from typing import Any

from tests.ways import Case, Json, Told

TERMINAL = {"response.completed", "response.incomplete", "response.failed"}
REQUIRED = (
    *("id", "object", "created_at", "model", "status", "completed_at", "output", "error", "incomplete_details"),
    *("temperature", "top_p", "presence_penalty", "frequency_penalty", "instructions", "metadata", "tools"),
    *("tool_choice", "parallel_tool_calls"),
)
"""The 18 members that official clients insist on."""
_OPEN_DELTAS = {
    "response.output_text.delta": "message",
    "response.refusal.delta": "message",
    "response.reasoning_text.delta": "reasoning",
    "response.reasoning_summary_text.delta": "reasoning",
    "response.function_call_arguments.delta": "function_call",
    "response.custom_tool_call_input.delta": "custom_tool_call",
}


class ResponsesWay:
    """Implements `tests.ways.Way`."""

    name = "responses"
    path = "/responses"

    def body(self, model: str, case: Case) -> Json:
        body: Json = {"model": model, "input": [*map(_item, _flat(case.turns)), _question(case)]}
        if case.system is not None:
            body["instructions"] = case.system
        if case.tools:
            body["tools"] = [{"type": "function", **tool} for tool in case.tools]
        if case.schema is not None:
            body["text"] = {"format": {"type": "json_schema", "name": "answer", "schema": case.schema, "strict": True}}
        if case.effort is not None:
            body["reasoning"] = {"effort": case.effort, "summary": "auto"}
        if case.max_tokens is not None:
            body["max_output_tokens"] = case.max_tokens
        return body | ({"stream": True} if case.stream else {})

    def read(self, text: str, *, stream: bool) -> Told:
        if not stream or text.startswith("{"):
            return _read_response(json.loads(text))
        told = read_events(text)
        if told.events and told.events[-1]["type"] == "error":
            return Told(error=told.events[-1]["code"], ended=told.done)
        whole = _read_response(told.events[-1]["response"])
        if whole.finish == "error":
            # What was open when the answer broke need not stand in the response; it was told all the same.
            assert told.text.startswith(whole.text)
            whole.text = told.text
        assert told.text == whole.text, "deltas and the final response differ"
        whole.ended = told.done
        return whole


class Events:
    """A stream, checked."""

    def __init__(self, events: list[Json], comments: int, done: bool, debug: list[Json]) -> None:
        self.events = events
        self.comments = comments
        self.done = done
        self.debug = debug

    @property
    def text(self) -> str:
        return "".join(event["delta"] for event in self.events if event["type"] == "response.output_text.delta")

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    @property
    def response(self) -> Json:
        """The last event's."""
        return self.events[-1]["response"]


def read_events(text: str) -> Events:
    """The events of a stream, which must keep the rules."""
    events: list[Json] = []
    debug: list[Json] = []
    comments, done = 0, False
    for block in filter(None, text.split("\n\n")):
        if block.startswith(":"):
            comments += 1
            continue
        assert not done, f"after the end came {block!r}"
        if block == "data: [DONE]":
            done = True
            continue
        name, _, data = block.partition("\n")
        event = json.loads(data.removeprefix("data: "))
        assert name == f"event: {event['type']}"
        (debug if event["type"] == "response.debug" else events).append(event)
    check_order(events)
    return Events(events, comments, done, debug)


def check_order(events: list[Json]) -> None:
    """The rules of inference.md 17.4 on order and numbers."""
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    endings = [event["type"] for event in events if event["type"] in TERMINAL or event["type"] == "error"]
    assert endings == [events[-1]["type"]], endings
    opened, last, done = None, -1, []
    for event in events:
        kind = event["type"]
        for name in REQUIRED if "response" in event else ():
            assert name in event["response"], f"{kind} lacks {name}"
        if kind == "response.output_item.added":
            assert opened is None, f"{event['output_index']} opens while {opened} is open"
            assert event["output_index"] == last + 1
            opened, last = event["output_index"], event["output_index"]
        elif kind == "response.output_item.done":
            assert event["output_index"] == opened
            opened = None
            done.append(event["item"])
        elif kind in _OPEN_DELTAS:
            assert event["output_index"] == opened, f"{kind} of {event['output_index']} while {opened} is open"
    if events[-1]["type"] in ("response.completed", "response.incomplete"):
        assert opened is None
        assert events[-1]["response"]["output"] == done


def _read_response(response: Json) -> Told:
    if set(response) <= {"error", "user_id", "openrouter_metadata"}:
        return Told(error=response["error"]["metadata"]["error_type"], ended=True)
    told = Told(ended=True, error=response.get("error_type"))
    for item in response["output"]:
        _read_item(item, told)
    told.finish = _finish(response, told)
    if response["usage"] is not None:
        told.usage = response["usage"]["input_tokens"], response["usage"]["output_tokens"]
        told.cost = response["usage"]["cost"]
    return told


def _read_item(item: Json, told: Told) -> None:
    match item["type"]:
        case "message":
            told.text += "".join(part.get("text", part.get("refusal", "")) for part in item["content"])
        case "reasoning":
            told.reasoning += "".join(part["text"] for part in [*item["summary"], *item.get("content", ())])
        case "function_call":
            told.calls.append((item["call_id"], item["name"], item["arguments"]))
        case "image_generation_call":
            told.images += 1
        case _:
            pass


def _finish(response: Json, told: Told) -> str | None:
    match response["status"], (response["incomplete_details"] or {}).get("reason"):
        case "completed", _:
            return "tool_calls" if told.calls else "stop"
        case "incomplete", "max_output_tokens":
            return "length"
        case "incomplete", reason:
            return reason
        case _:
            return "error"


def _question(case: Case) -> Json:
    if case.image_url is None:
        return {"role": "user", "content": case.text}
    image = {"type": "input_image", "image_url": case.image_url, "detail": "auto"}
    return {"role": "user", "content": [{"type": "input_text", "text": case.text}, image]}


def _flat(turns: tuple[Json, ...]) -> list[Json]:
    """Chat's messages with a call each by itself."""
    flat: list[Json] = []
    for turn in turns:
        calls = turn.get("tool_calls") or ()
        if turn.get("content") or not calls:
            flat.append({name: value for name, value in turn.items() if name != "tool_calls"})
        flat += [{"call": call} for call in calls]
    return flat


def _item(turn: Json) -> Json:
    if "call" in turn:
        call: dict[str, Any] = turn["call"]
        return {"type": "function_call", "call_id": call["id"], **call["function"]}
    if turn["role"] == "tool":
        return {"type": "function_call_output", "call_id": turn["tool_call_id"], "output": turn["content"]}
    return {"role": turn["role"], "content": turn["content"]}


RESPONSES = ResponsesWay()
