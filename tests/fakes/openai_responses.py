"""What a server of OpenAI Responses says: whole responses and the events of streams, as plain dictionaries."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

Json = dict[str, Any]


def usage(
    prompt: int = 10, completion: int = 5, *, cached: int = 0, reasoning: int = 0, written: int | None = None
) -> Json:
    """OpenAI's usage object; `cached` of the `prompt` tokens came from the cache, `written` went into it."""
    details = {"cached_tokens": cached} if written is None else {"cached_tokens": cached, "cache_write_tokens": written}
    return {
        "input_tokens": prompt,
        "input_tokens_details": details,
        "output_tokens": completion,
        "output_tokens_details": {"reasoning_tokens": reasoning},
        "total_tokens": prompt + completion,
    }


def message(text: str, *, annotations: Iterable[Json] = (), logprobs: Iterable[Json] = (), **members: Any) -> Json:
    content = {"type": "output_text", "text": text, "annotations": list(annotations), "logprobs": list(logprobs)}
    return _message(content) | members


def refusal(text: str) -> Json:
    return _message({"type": "refusal", "refusal": text})


def _message(content: Json) -> Json:
    return {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [content]}


def reasoning(
    *summaries: str, encrypted: str | None = None, texts: Iterable[str] = (), id: str = "rs_1", **members: Any
) -> Json:
    item: Json = {"type": "reasoning", "id": id, "summary": [{"type": "summary_text", "text": s} for s in summaries]}
    if texts:
        item["content"] = [{"type": "reasoning_text", "text": text} for text in texts]
    if encrypted is not None:
        item["encrypted_content"] = encrypted
    return item | members


def function_call(name: str, arguments: str, *, call_id: str = "call_1", id: str = "fc_1", **members: Any) -> Json:
    call = {"type": "function_call", "id": id, "call_id": call_id, "name": name, "arguments": arguments}
    return call | {"status": "completed"} | members


def response(*output: Json, used: Json | None = None, status: str = "completed", **members: Any) -> Json:
    """A whole `response` object."""
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1767225600,
        "model": "fake-1",
        "status": status,
        "error": None,
        "incomplete_details": None,
        "output": list(output),
        "service_tier": "default",
        "usage": used or usage(),
    } | members


def stream_of(whole: Json, *, width: int = 3) -> list[Json]:
    """The events of a stream that says what `whole` says, in deltas of `width` characters."""
    opening = whole | {"status": "in_progress", "output": [], "usage": None}
    events = [{"type": "response.created", "response": opening}, {"type": "response.in_progress", "response": opening}]
    for position, item in enumerate(whole["output"]):
        events += item_events(position, item, width)
    return [*events, {"type": f"response.{whole['status']}", "response": whole}]


def item_events(position: int, item: Json, width: int = 3) -> list[Json]:
    """Beginning, deltas and end of one item."""
    place = {"output_index": position, "item_id": item.get("id")}
    opening = {name: [] if isinstance(value, list) else value for name, value in item.items()}
    if "arguments" in opening:
        opening["arguments"] = ""
    opening.pop("encrypted_content", None)
    deltas = [place | event for event in _deltas(item, width)]
    added = {"type": "response.output_item.added", "output_index": position, "item": opening}
    return [added, *deltas, {"type": "response.output_item.done", "output_index": position, "item": item}]


def _deltas(item: Json, width: int) -> Iterator[Json]:
    for number, part in enumerate(item.get("summary", ())):
        place, text = {"summary_index": number}, part["text"]
        yield {"type": "response.reasoning_summary_part.added", **place, "part": part | {"text": ""}}
        for piece in _pieces(text, width):
            yield {"type": "response.reasoning_summary_text.delta", **place, "delta": piece}
        yield {"type": "response.reasoning_summary_text.done", **place, "text": text}
        yield {"type": "response.reasoning_summary_part.done", **place, "part": part}
    for number, part in enumerate(item.get("content", ())):
        yield from _content_deltas(number, part, width)
    arguments = item.get("arguments", "")
    for piece in _pieces(arguments, width):
        yield {"type": "response.function_call_arguments.delta", "delta": piece}
    if arguments:
        yield {"type": "response.function_call_arguments.done", "arguments": arguments, "name": item["name"]}


def _content_deltas(number: int, part: Json, width: int) -> Iterator[Json]:
    place, member = {"content_index": number}, "refusal" if "refusal" in part else "text"
    kind, text = part["type"], part[member]
    empty = {name: [] if isinstance(value, list) else value for name, value in part.items()}
    yield {"type": "response.content_part.added", **place, "part": empty | {member: ""}}
    for piece in _pieces(text, width):
        yield {"type": f"response.{kind}.delta", **place, "delta": piece, "logprobs": []}
    for order, annotation in enumerate(part.get("annotations", ())):
        told = {"annotation_index": order, "annotation": annotation}
        yield {"type": "response.output_text.annotation.added", **place, **told}
    yield {"type": f"response.{kind}.done", **place, member: text, "logprobs": []}
    yield {"type": "response.content_part.done", **place, "part": part}


def _pieces(text: str, width: int) -> Iterator[str]:
    return (text[start : start + width] for start in range(0, len(text), width))


def frames(events: Iterable[Json]) -> list[bytes]:
    """The events as they stand on the wire, numbered; no `[DONE]` follows them."""
    return [
        b"event: %s\ndata: %s\n\n" % (event["type"].encode(), msgspec.json.encode(event | {"sequence_number": number}))
        for number, event in enumerate(events)
    ]
