"""What an OpenAI-like server says: bodies and chunks of chat completions, as plain dictionaries."""

from collections.abc import Mapping

Json = dict[str, object]

CREATED_S = 1_767_225_600


def usage(prompt: int = 10, completion: int = 5, *, cached: int = 0, reasoning: int = 0) -> Json:
    """OpenAI's usage object; `cached` of the `prompt` tokens came from the cache."""
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": cached},
        "completion_tokens_details": {"reasoning_tokens": reasoning},
    }


def function_call(name: str, arguments: str, *, id: str = "call_1") -> Json:
    """One entry of `tool_calls`; `arguments` is JSON text."""
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def completion(
    text: str | None, *, model: str, id: str, finish: str | None, used: Json | None, message: Mapping[str, object]
) -> Json:
    """A whole chat completion; `message` adds to the assistant's message."""
    body: Json = {
        "id": id,
        "object": "chat.completion",
        "created": CREATED_S,
        "model": model,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text, **message},
                "logprobs": None,
                "finish_reason": finish,
            }
        ],
    }
    if used is not None:
        body["usage"] = used
    return body


def chunk(delta: Mapping[str, object], *, model: str, id: str, finish: str | None = None) -> Json:
    """One streamed chunk."""
    return {
        "id": id,
        "object": "chat.completion.chunk",
        "created": CREATED_S,
        "model": model,
        "choices": [{"index": 0, "delta": dict(delta), "finish_reason": finish}],
    }


def usage_chunk(used: Json, *, model: str, id: str) -> Json:
    """The last chunk of a stream whose request said `stream_options.include_usage`: no choices."""
    return {
        "id": id,
        "object": "chat.completion.chunk",
        "created": CREATED_S,
        "model": model,
        "choices": [],
        "usage": used,
    }
