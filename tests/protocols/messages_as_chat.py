"""A recorded Messages request as the chat request that means the same, written against plain JSON.

`Inexpressible` names what our chat request has no word for.
"""

import json
from typing import Any


class Inexpressible(Exception):
    """Chat cannot say this."""


MEMBERS = {
    "model",
    "max_tokens",
    "messages",
    "stream",
    "system",
    "tools",
    "tool_choice",
    "thinking",
    "temperature",
    "top_p",
    "top_k",
    "stop_sequences",
    "cache_control",
    "output_config",
    "output_format",
    "anthropic_version",
}


def as_chat(body: dict[str, Any]) -> dict[str, Any]:
    """The chat request. Raises Inexpressible."""
    unknown = body.keys() - MEMBERS
    if unknown:
        raise Inexpressible(f"member {min(unknown)}")
    chat: dict[str, Any] = {"model": "acme/m1", "messages": _messages(body)}
    for name in ("max_tokens", "stream", "temperature", "top_p", "top_k", "cache_control"):
        if name in body:
            chat[name] = body[name]
    if body.get("stop_sequences"):
        chat["stop"] = body["stop_sequences"]
    if body.get("tools"):
        chat["tools"] = [_tool(tool) for tool in body["tools"]]
    chat |= _choice(body.get("tool_choice"))
    chat |= _reasoning(body.get("thinking"), (body.get("output_config") or {}).get("effort"))
    schema = (body.get("output_config") or {}).get("format") or body.get("output_format")
    if schema:
        chat["response_format"] = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema["schema"]}}
    return chat


def _messages(body: dict[str, Any]) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    if body.get("system"):
        messages.append({"role": "system", "content": _content(body["system"])})
    for message in body["messages"]:
        match message["role"]:
            case "user":
                messages += _user(message["content"])
            case "assistant":
                messages.append(_assistant(message["content"]))
            case role:
                messages.append({"role": role, "content": _content(message["content"])})
    return messages


def _content(content: str | list[dict[str, Any]]) -> str | list[dict[str, Any]]:
    return content if isinstance(content, str) else [_part(block) for block in content]


def _part(block: dict[str, Any]) -> dict[str, Any]:
    source = block.get("source") or {}
    known = {"type", "text", "source", "title", "cache_control"}
    if block.keys() - known:
        raise Inexpressible(f"{block['type']} with {min(block.keys() - known)}")
    match block["type"], source.get("type"):
        case "text", None:
            part: dict[str, Any] = {"type": "text", "text": block["text"]}
        case "image", "base64":
            part = {"type": "image_url", "image_url": {"url": f"data:{source['media_type']};base64,{source['data']}"}}
        case "image", "url":
            part = {"type": "image_url", "image_url": {"url": source["url"]}}
        case "document", "base64":
            part = {"type": "file", "file": {"file_data": f"data:{source['media_type']};base64,{source['data']}"}}
        case "document", "url":
            part = {"type": "file", "file": {"file_data": source["url"]}}
        case kind, where:
            raise Inexpressible(f"{kind} from {where}")
    if "title" in block:
        part["file"]["filename"] = block["title"]
    if "cache_control" in block:
        part["cache_control"] = block["cache_control"]
    return part


def _user(content: str | list[dict[str, Any]]) -> list[dict[str, Any]]:
    if isinstance(content, str):
        return [{"role": "user", "content": content}]
    messages = [_result(block) for block in content if block["type"] == "tool_result"]
    parts = [_part(block) for block in content if block["type"] != "tool_result"]
    if parts or not messages:
        messages.append({"role": "user", "content": parts})
    return messages


def _result(block: dict[str, Any]) -> dict[str, Any]:
    if block.get("is_error"):
        raise Inexpressible("a result that is an error")
    content = _content(block.get("content", ""))
    if "cache_control" in block:
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
        content = [*parts[:-1], {**parts[-1], "cache_control": block["cache_control"]}]
    return {"role": "tool", "tool_call_id": block["tool_use_id"], "content": content}


def _assistant(content: str | list[dict[str, Any]]) -> dict[str, Any]:
    if isinstance(content, str):
        return {"role": "assistant", "content": content}
    message: dict[str, Any] = {"role": "assistant", "content": []}
    for index, block in enumerate(content):
        match block["type"]:
            case "tool_use":
                if block.keys() - {"type", "id", "name", "input"}:
                    raise Inexpressible("a call with more members")
                function = {"name": block["name"], "arguments": json.dumps(block["input"])}
                calls = message.setdefault("tool_calls", [])
                calls.append({"id": block["id"], "type": "function", "function": function})
            case "thinking":
                detail = {"type": "reasoning.text", "text": block["thinking"], "signature": block["signature"]}
                message.setdefault("reasoning_details", []).append({**detail, "index": index})
            case "redacted_thinking":
                detail = {"type": "reasoning.encrypted", "data": block["data"]}
                message.setdefault("reasoning_details", []).append({**detail, "index": index})
            case _:
                message["content"].append(_part({n: v for n, v in block.items() if v is not None}))
    order = [block["type"] for block in content]
    if order != sorted(order, key=lambda kind: (kind == "tool_use") - ("thinking" in kind)):
        raise Inexpressible("thinking or calls between texts")
    return message


def _tool(tool: dict[str, Any]) -> dict[str, Any]:
    if "input_schema" not in tool or tool.keys() - {"name", "description", "input_schema", "strict", "cache_control"}:
        raise Inexpressible("a tool that is no function, or has more members")
    function = {"name": tool["name"], "parameters": tool["input_schema"]}
    function |= {name: tool[name] for name in ("description", "strict") if name in tool}
    return {"type": "function", "function": function} | {n: tool[n] for n in ("cache_control",) if n in tool}


def _choice(choice: dict[str, Any] | None) -> dict[str, Any]:
    if choice is None:
        return {}
    words = {"auto": "auto", "any": "required", "none": "none"}
    word = words.get(choice["type"]) or {"type": "function", "function": {"name": choice["name"]}}
    parallel = {"parallel_tool_calls": False} if choice.get("disable_parallel_tool_use") else {}
    return {"tool_choice": word} | parallel


def _reasoning(thinking: dict[str, Any] | None, effort: str | None) -> dict[str, Any]:
    match thinking:
        case {"type": "enabled", "budget_tokens": budget}:
            reasoning: dict[str, Any] = {"max_tokens": budget}
        case {"type": "adaptive"}:
            reasoning = {"enabled": True}
        case {"type": "disabled"}:
            reasoning = {"enabled": False}
        case _:
            return {}
    if effort:
        reasoning["effort"] = effort
    return {"reasoning": reasoning}


def meaning(body: dict[str, Any]) -> dict[str, Any]:
    """A Messages request without what makes no difference."""
    told = {name: body[name] for name in ("max_tokens", "temperature", "top_p", "top_k") if name in body}
    if body.get("thinking") and told.get("temperature") == 1:
        del told["temperature"]  # a thinking model takes no other, so it goes without saying
    told |= {name: body[name] for name in ("cache_control", "stop_sequences") if body.get(name)}
    if body.get("stream"):
        told["stream"] = True
    told["system"] = _meant_blocks(body.get("system") or [])
    told["tools"] = [
        {n: v for n, v in tool.items() if v not in (None, "") and n != "eager_input_streaming"}
        for tool in body.get("tools") or []
    ]
    choice = {n: v for n, v in (body.get("tool_choice") or {}).items() if v is not False}
    told["tool_choice"] = {} if choice == {"type": "auto"} else choice
    thinking = {n: v for n, v in (body.get("thinking") or {}).items() if n != "display"}
    told["thinking"] = {} if thinking == {"type": "disabled"} else thinking
    config = body.get("output_config") or {}
    told["effort"] = config.get("effort")
    told["schema"] = ((config.get("format") or body.get("output_format")) or {}).get("schema")
    turns: list[dict[str, Any]] = []
    for message in body["messages"]:
        blocks = _meant_blocks(message["content"])
        if turns and turns[-1]["role"] == message["role"]:
            turns[-1]["content"] += blocks
        elif blocks:
            turns.append({"role": message["role"], "content": blocks})
    told["messages"] = turns
    return told


def _meant_blocks(content: str | list[dict[str, Any]]) -> list[dict[str, Any]]:
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    meant: list[dict[str, Any]] = []
    for block in blocks:
        block = {name: value for name, value in block.items() if value not in (None, False)}
        if block["type"] == "tool_result":
            block["content"] = _meant_blocks(block.get("content") or [])
        if block["type"] != "text" or block["text"].strip():
            meant.append(block)
    return meant
