"""What strict clients insist on, as checks (inference.md 1.5). Each returns what is wrong: nothing if all is well.

Written against plain parsed JSON, so that it knows nothing of the code that is checked.
"""

import json
from typing import Any

FINISH_REASONS = {"tool_calls", "stop", "length", "content_filter", "error"}
NEVER_NULL_IN_DELTA = ("tool_calls", "reasoning_details", "audio", "images", "annotations")


def sse_payloads(stream: bytes) -> list[str]:
    """The data of each event; fails on anything that is neither one `data:` line nor a comment."""
    payloads: list[str] = []
    text = stream.decode()
    assert text.endswith("\n\n") or not text
    for event in text.split("\n\n")[:-1]:
        if event.startswith(":"):
            continue
        assert event.startswith("data: ") and "\n" not in event, event[:200]
        payloads.append(event[6:])
    return payloads


def chat_stream(stream: bytes) -> list[str]:
    """A whole chat stream: chunks, exactly one finish per choice before the usage chunk, one usage, `[DONE]`."""
    payloads = sse_payloads(stream)
    problems: list[str] = []
    if not payloads or payloads[-1] != "[DONE]":
        return ["does not end with [DONE]"]
    chunks = [json.loads(payload) for payload in payloads[:-1]]
    for chunk in chunks:
        problems += chat_chunk(chunk)
    for name in ("id", "object", "created", "model", "provider"):
        if len({chunk.get(name) for chunk in chunks}) > 1:
            problems.append(f"{name} is not the same in all chunks")
    if sum("error" in chunk for chunk in chunks) == 0:
        problems += _chat_stream_end(chunks)
    return problems + _tool_call_order(chunks)


def _chat_stream_end(chunks: list[dict[str, Any]]) -> list[str]:
    problems: list[str] = []
    if [("usage" in chunk) for chunk in chunks].count(True) != 1 or "usage" not in chunks[-1]:
        problems.append("not exactly one usage chunk at the end")
    finished = [
        (choice["index"], choice["finish_reason"])
        for chunk in chunks[:-1]
        for choice in chunk["choices"]
        if choice["finish_reason"]
    ]
    repeated = [(choice["index"], choice["finish_reason"]) for choice in chunks[-1]["choices"]]
    if len(finished) != len({index for index, _ in finished}):
        problems.append("a choice finishes twice")
    if finished != repeated:
        problems.append("the usage chunk does not repeat the finish")
    return problems


def _tool_call_order(chunks: list[dict[str, Any]]) -> list[str]:
    problems: list[str] = []
    seen: dict[int, set[int]] = {}
    for chunk in chunks:
        for choice in chunk["choices"]:
            known = seen.setdefault(choice["index"], set())
            for call in choice["delta"].get("tool_calls", []):
                first = call["index"] not in known
                if first and call["index"] != len(known):
                    problems.append("tool call indexes do not grow by one")
                if first != ("id" in call) or first != ("name" in call["function"]) or first != ("type" in call):
                    problems.append("id, type and name are not in exactly the first fragment of a call")
                known.add(call["index"])
    return problems


def chat_chunk(chunk: dict[str, Any]) -> list[str]:
    problems = [f"chunk lacks {name}" for name in ("id", "object", "created", "model", "choices") if name not in chunk]
    nullable = ("system_fingerprint", "usage", "error", "openrouter_metadata")
    problems += [f"chunk has {name}: null" for name in nullable if name in chunk and chunk[name] is None]
    if chunk.get("object") != "chat.completion.chunk":
        problems.append("object is not chat.completion.chunk")
    for choice in chunk.get("choices", []):
        problems += _choice(choice) + _delta(choice.get("delta"))
    if "usage" in chunk:
        problems += usage(chunk["usage"])
    if "error" in chunk:
        problems += _error(chunk["error"])
        if "error_type" not in (chunk["error"].get("metadata") or {"error_type"}):
            problems.append("error.metadata has no error_type")
    return problems


def chat_body(body: dict[str, Any]) -> list[str]:
    """A whole `chat.completion`."""
    required = ("id", "object", "created", "model", "provider", "choices", "system_fingerprint")
    problems = [f"body lacks {name}" for name in required if name not in body]
    if not body.get("choices"):
        problems.append("no choices")
    for choice in body.get("choices", []):
        problems += _choice(choice)
        message = choice.get("message") or {}
        if choice.get("finish_reason") is None and any(message.get(name) for name in ("content", "tool_calls")):
            problems.append("a completion without a finish reason")
        problems += _message(message)
    if "usage" in body:
        problems += usage(body["usage"])
    return problems


def _choice(choice: dict[str, Any]) -> list[str]:
    problems: list[str] = []
    if not isinstance(choice.get("index"), int):
        problems.append("choice.index is no int")
    if "finish_reason" not in choice or choice["finish_reason"] not in {None, *FINISH_REASONS}:
        problems.append(f"finish_reason is {choice.get('finish_reason', 'missing')!r}")
    logprobs = choice.get("logprobs")
    if logprobs is not None and (not isinstance(logprobs, dict) or "content" not in logprobs):
        problems.append("logprobs is neither null nor an object with content")
    return problems


def _delta(delta: Any) -> list[str]:
    if not isinstance(delta, dict):
        return ["delta is no object"]
    problems = [f"delta.{name} is null" for name in NEVER_NULL_IN_DELTA if name in delta and not delta[name]]
    if delta.get("role") != "assistant" or "content" not in delta:
        problems.append("role or content is missing in a delta")
    for call in delta.get("tool_calls", []):
        if not isinstance(call.get("index"), int) or not isinstance(call.get("function"), dict):
            problems.append("a tool call delta lacks index or function")
        strings = (call.get("id", ""), call.get("type", ""), call.get("function", {}).get("name", ""))
        if not all(isinstance(value, str) for value in strings):
            problems.append("id, type or name of a tool call is no string")
    return problems + _attachments(delta)


def _message(message: dict[str, Any]) -> list[str]:
    problems = [f"message.{name} is empty" for name in NEVER_NULL_IN_DELTA if name in message and not message[name]]
    if message.get("role") != "assistant" or "content" not in message or "refusal" not in message:
        problems.append("message lacks role, content or refusal")
    for call in message.get("tool_calls", []):
        strings = (call.get("id"), call.get("function", {}).get("name"), call.get("function", {}).get("arguments"))
        if call.get("type") != "function" or not all(isinstance(value, str) for value in strings):
            problems.append("a tool call lacks id, type, name or arguments")
    return problems + _attachments(message)


def _attachments(holder: dict[str, Any]) -> list[str]:
    images, annotations = holder.get("images", []), holder.get("annotations", [])
    files = [annotation.get("file", {}) for annotation in annotations if annotation.get("type") == "file"]
    checks = {
        "an image has another shape": all(
            image.get("type") == "image_url" and isinstance(image.get("image_url", {}).get("url"), str)
            for image in images
        ),
        "a file annotation lacks hash or name": all(
            isinstance(file.get("hash"), str) and isinstance(file.get("name"), str) for file in files
        ),
        "a reasoning detail has no type": all(
            isinstance(detail.get("type"), str) for detail in holder.get("reasoning_details", [])
        ),
    }
    return [problem for problem, holds in checks.items() if not holds]


def usage(usage: Any) -> list[str]:
    """The `usage` object of chat bodies and chunks."""
    if not isinstance(usage, dict):
        return ["usage is no object"]
    names = ("prompt_tokens", "completion_tokens", "total_tokens")
    problems = [f"usage.{name} is no int" for name in names if not isinstance(usage.get(name), int)]
    if "cost" in usage and not isinstance(usage["cost"], int | float):
        problems.append("usage.cost is no number")
    if "is_byok" in usage and not isinstance(usage["is_byok"], bool):
        problems.append("usage.is_byok is no boolean")
    for name, count in (("prompt_tokens_details", "cached_tokens"), ("completion_tokens_details", "reasoning_tokens")):
        details = usage.get(name)
        if details is not None and (count not in details or not all(isinstance(n, int) for n in details.values())):
            problems.append(f"usage.{name} lacks {count} or has something else than ints")
    costs = usage.get("cost_details")
    if costs is not None:
        parts = ("upstream_inference_prompt_cost", "upstream_inference_completions_cost")
        problems += [f"usage.cost_details.{n} is no number" for n in parts if not isinstance(costs.get(n), int | float)]
    return problems


def error_body(body: dict[str, Any]) -> list[str]:
    """An error answer of a JSON API."""
    if not isinstance(body.get("error"), dict):
        return ["no error object"]
    return _error(body["error"])


def _error(error: dict[str, Any]) -> list[str]:
    problems: list[str] = []
    if not isinstance(error.get("code"), int):
        problems.append("error.code is no int")
    if not isinstance(error.get("message"), str):
        problems.append("error.message is no string")
    if not isinstance(error.get("metadata", {}), dict | None):
        problems.append("error.metadata is no object")
    return problems
