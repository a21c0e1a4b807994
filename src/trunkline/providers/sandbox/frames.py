"""An Answer in openai-chat's wire form: one body, or a stream of chunks."""

from collections.abc import Iterator

from msgspec import Struct

from trunkline.core import json
from trunkline.core.json import JsonValue
from trunkline.providers.sandbox.answer import Answer, Call, Choice
from trunkline.providers.sandbox.request import Request

Chunk = dict[str, JsonValue]


class Frame(Struct, frozen=True):
    """One event of a stream. `is_content` frames are paced and counted by faults."""

    data: bytes
    is_content: bool


def usage_of(answer: Answer) -> Chunk:
    """The usage object, cache and reasoning counts included."""
    return {
        "prompt_tokens": answer.prompt_tokens,
        "completion_tokens": answer.completion_tokens,
        "total_tokens": answer.prompt_tokens + answer.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": answer.cached_tokens},
        "completion_tokens_details": {"reasoning_tokens": answer.reasoning_tokens},
    }


def body(request: Request, answer: Answer, number: int) -> bytes:
    """The whole answer."""
    choices: list[JsonValue] = [
        {
            "index": index,
            "message": _message(answer, choice),
            "logprobs": _logprobs(request, choice.text),
            "finish_reason": choice.finish_reason,
        }
        for index, choice in enumerate(answer.choices)
    ]
    return json.encode({**_head(request, number, "chat.completion"), "choices": choices, "usage": usage_of(answer)})


def stream(
    request: Request, answer: Answer, number: int, *, with_finish: bool = True, with_usage: bool = True
) -> Iterator[Frame]:
    """The chunks: reasoning, then each choice's text or calls and its finish, then usage and the end marker.

    Without a finish the stream just ends, as a provider's does that broke down.
    """
    head = _head(request, number, "chat.completion.chunk")
    for token in answer.reasoning:
        yield _frame(head, 0, {"role": "assistant", "reasoning": token})
    for index, choice in enumerate(answer.choices):
        for token in choice.text:
            yield _frame(head, index, {"role": "assistant", "content": token}, _logprobs(request, (token,)))
        for position, call in enumerate(choice.calls):
            yield from _call_frames(head, index, position, call)
        if with_finish:
            yield Frame(_event({**head, "choices": [_finish(index, choice)]}), is_content=False)
    if with_finish:
        if with_usage:
            yield Frame(_event({**head, "choices": [], "usage": usage_of(answer)}), is_content=False)
        yield Frame(b"data: [DONE]\n\n", is_content=False)


def _head(request: Request, number: int, kind: str) -> Chunk:
    return {"id": f"sandbox-{number:08x}", "object": kind, "created": 0, "model": request.model}


def _message(answer: Answer, choice: Choice) -> Chunk:
    message: Chunk = {"role": "assistant", "content": "".join(choice.text) if choice.text else None}
    if answer.reasoning:
        message["reasoning"] = "".join(answer.reasoning)
    if choice.calls:
        message["tool_calls"] = [_call(position, call) for position, call in enumerate(choice.calls)]
    return message


def _call(position: int, call: Call) -> Chunk:
    function: JsonValue = {"name": call.name, "arguments": call.arguments}
    return {"index": position, "id": call.id, "type": "function", "function": function}


def _call_frames(head: Chunk, index: int, position: int, call: Call) -> Iterator[Frame]:
    opening = _call(position, Call(call.id, call.name, ""))
    yield _frame(head, index, {"role": "assistant", "content": None, "tool_calls": [opening]})
    for start in range(0, len(call.arguments), 16):
        piece: JsonValue = {"index": position, "function": {"arguments": call.arguments[start : start + 16]}}
        yield _frame(head, index, {"tool_calls": [piece]})


def _finish(index: int, choice: Choice) -> Chunk:
    return {"index": index, "delta": {}, "finish_reason": choice.finish_reason}


def _frame(head: Chunk, index: int, delta: Chunk, logprobs: JsonValue = None) -> Frame:
    choice: Chunk = {"index": index, "delta": delta, "finish_reason": None}
    if logprobs is not None:
        choice["logprobs"] = logprobs
    return Frame(_event({**head, "choices": [choice]}), is_content=True)


def _event(chunk: Chunk) -> bytes:
    return b"data: " + json.encode(chunk) + b"\n\n"


def _logprobs(request: Request, tokens: tuple[str, ...]) -> JsonValue:
    """Logarithms of made-up probabilities: the same token has the same one."""
    if not request.logprobs:
        return None
    wide = request.top_logprobs or 0
    content: list[JsonValue] = [
        {
            **_logprob(token, 0),
            "top_logprobs": [_logprob(token if rank == 0 else f"{token}{rank}", rank) for rank in range(wide)],
        }
        for token in tokens
    ]
    return {"content": content, "refusal": None}


def _logprob(token: str, rank: int) -> Chunk:
    octets: list[JsonValue] = list(token.encode())
    return {"token": token, "logprob": -0.01 - len(token) / 100 - rank, "bytes": octets}
