"""What a server that speaks Cohere's chat says: bodies and events, as plain dictionaries."""

from collections.abc import Sequence

import msgspec

from tests.fakes.openai_chat import Json
from tests.fakes.replies import Ending, Reply, body, sse

TEXT: Json = {"type": "text", "text": "It is 7 °C."}
THINKING: Json = {"type": "thinking", "thinking": "Oslo is cold."}
CALL: Json = {
    "id": "get_temp_01",
    "type": "function",
    "function": {"name": "get_temp", "arguments": '{"city":"Oslo"}'},
}
CITATION: Json = {
    "start": 6,
    "end": 10,
    "text": "7 °C",
    "sources": [{"type": "document", "id": "d:0", "document": {"url": "https://yr.test/oslo", "title": "Yr"}}],
    "type": "TEXT_CONTENT",
    "content_index": 0,
}
END = b"data: [DONE]\n\n"


def usage(prompt: int = 10, completion: int = 5, **counted: int) -> Json:
    """What is billed; what is counted has the templates in it."""
    tokens = {"input_tokens": prompt + 500, "output_tokens": completion + 20, **counted}
    billed = {"input_tokens": prompt, "output_tokens": completion}
    return {"billed_units": billed, "tokens": tokens, "cached_tokens": 496}


def message(
    *content: Json,
    plan: str | None = None,
    calls: Sequence[Json] = (),
    citations: Sequence[Json] = (),
    finish: str = "COMPLETE",
    used: Json | None = None,
) -> Json:
    """A whole answer."""
    said: Json = {"role": "assistant"}
    if plan is not None:
        said["tool_plan"] = plan
    if content:
        said["content"] = list(content)
    if calls:
        said["tool_calls"] = list(calls)
    if citations:
        said["citations"] = list(citations)
    return {"id": "c-01", "message": said, "finish_reason": finish, "usage": used or usage()}


def events(
    *content: Json,
    plan: str | None = None,
    calls: Sequence[Json] = (),
    citations: Sequence[Json] = (),
    finish: str = "COMPLETE",
    used: Json | None = None,
    **end: object,
) -> list[Json]:
    """The same answer as the events of a stream; every text in two pieces."""
    empty: Json = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
    told: list[Json] = [{"id": "c-01", "type": "message-start", "delta": {"message": empty}}]
    told += [_plan_event(piece) for piece in _pieces(plan or "")]
    for index, item in enumerate(content):
        told += _item_events(index, item)
    for index, citation in enumerate(citations):
        told.append({"type": "citation-start", "index": index, "delta": {"message": {"citations": citation}}})
        told.append({"type": "citation-end", "index": index})
    for index, call in enumerate(calls):
        told += _call_events(index, call)
    return [*told, {"type": "message-end", "delta": {"finish_reason": finish, "usage": used or usage(), **end}}]


def event(payload: Json) -> bytes:
    """One event with its name."""
    return b"event: %s\ndata: %s\n\n" % (str(payload["type"]).encode(), msgspec.json.encode(payload))


def answer(payload: Json) -> Reply:
    """A whole answer as a reply."""
    return body(payload)


def stream(told: Sequence[Json]) -> Reply:
    """Events as a reply."""
    return sse([*map(event, told), END])


def cut_stream(told: Sequence[Json], *, ending: Ending = "reset") -> Reply:
    """A stream that breaks off after these events."""
    return sse([event(one) for one in told], ending=ending)


def refusal(status: int, text: str, kind: str | None = None) -> Reply:
    """An error answer."""
    return body({"id": "e-01", "message": text} | ({} if kind is None else {"error_type": kind}), status=status)


def _plan_event(piece: str) -> Json:
    return {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": piece}}}


def _item_events(index: int, item: Json) -> list[Json]:
    member = str(item["type"])
    return [
        _of_item("content-start", index, {"type": member, member: ""}),
        *(_of_item("content-delta", index, {member: piece}) for piece in _pieces(str(item[member]))),
        {"type": "content-end", "index": index},
    ]


def _of_item(kind: str, index: int, item: Json) -> Json:
    return {"type": kind, "index": index, "delta": {"message": {"content": item}}}


def _call_events(index: int, call: Json) -> list[Json]:
    function = msgspec.convert(call["function"], dict[str, str])
    opened = {**call, "function": {**function, "arguments": ""}}
    pieces = [{"function": {"arguments": piece}} for piece in _pieces(function["arguments"])]
    return [
        {"type": "tool-call-start", "index": index, "delta": {"message": {"tool_calls": opened}}},
        *({"type": "tool-call-delta", "index": index, "delta": {"message": {"tool_calls": one}}} for one in pieces),
        {"type": "tool-call-end", "index": index},
    ]


def _pieces(text: str) -> list[str]:
    return [piece for piece in (text[:3], text[3:]) if piece]
