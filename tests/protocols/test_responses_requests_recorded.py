"""Recorded Responses requests, said in chat and encoded again, mean what they meant; what chat cannot say is listed."""

import json
from collections import Counter
from typing import Any

import msgspec

from tests.protocols.responses_recordings import recorded
from tests.recorded import requires_recorded
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.chat.request import ParseLimits, parse_chat, to_hub
from trunkline.protocols.responses.quirks import reasoning_format
from trunkline.protocols.responses.request import encode_request

pytestmark = requires_recorded

Body = dict[str, Any]

SAID_IN_CHAT = 308
INEXPRESSIBLE = {
    # Tools that the provider runs, or that are no functions; what they said in earlier turns.
    "tools: web_search": 13,
    "tools: web_search_preview": 1,
    "tools: file_search": 4,
    "tools: mcp": 2,
    "tools: tool_search": 2,
    "tools: image_generation": 1,
    "tools: custom": 1,
    "tools: code_interpreter": 1,
    "input: additional_tools": 8,
    "input: tool_search_call": 7,
    "input: web_search_call": 5,
    "input: mcp_list_tools": 1,
    "input: file_search_call": 1,
    "input: image_generation_call": 1,
    "tools: function": 2,  # spelt as chat spells it
    "tool_choice: allowed_tools": 9,
    # What is stored upstream.
    "previous_response_id": 10,
    "background": 3,
    "context_management": 2,
    "truncation": 1,
    "part: input_image": 1,
    # Members that the hub has no word for.
    "reasoning.context": 8,
    "reasoning.mode": 1,
    "phase": 2,
}
"""What chat has no word for → how many exchanges."""
STATE = {"previous_response_id", "background", "prompt", "context_management", "truncation"}
"""Members that need what is stored upstream, or that another part of the gateway answers for."""
RANK = {"reasoning": 0, "message": 1, "function_call": 2}
EMPTY = ("text", "", False)


class InexpressibleError(Exception):
    """Chat has no word for it; the text says for what."""


def to_chat(body: Body, provider_format: str) -> Body:
    """The same request as a chat client would make it."""
    for name in STATE & body.keys():
        if body[name]:
            raise InexpressibleError(name)
    chat = {name: body[name] for name in ("stream", "temperature", "top_p", "parallel_tool_calls") if name in body}
    chat |= {name: body[name] for name in ("service_tier", "prompt_cache_key") if name in body}
    chat["messages"] = _messages(body, provider_format)
    if body.get("max_output_tokens"):
        chat["max_tokens"] = body["max_output_tokens"]
    if body.get("reasoning"):
        chat["reasoning"] = _reasoning(body["reasoning"])
    if body.get("tools"):
        chat["tools"] = [_tool(tool) for tool in body["tools"]]
    if body.get("tool_choice"):
        chat["tool_choice"] = _choice(body["tool_choice"])
    output_as = (body.get("text") or {}).get("format") or {"type": "text"}
    if output_as["type"] == "json_schema":
        schema = {name: value for name, value in output_as.items() if name != "type"}
        chat["response_format"] = {"type": "json_schema", "json_schema": schema}
    else:
        chat["response_format"] = output_as
    return chat


def _reasoning(asked: Body) -> Body:
    unknown = asked.keys() - {"effort", "summary"}
    if unknown:
        raise InexpressibleError(f"reasoning.{min(unknown)}")
    return {name: value for name, value in asked.items() if value is not None}


def _tool(tool: Body) -> Body:
    if tool["type"] != "function" or "function" in tool:
        raise InexpressibleError(f"tools: {tool['type']}")
    if "defer_loading" in tool:
        raise InexpressibleError("tools: defer_loading")
    function = {name: value for name, value in tool.items() if name != "type" and value is not None}
    return {"type": "function", "function": function}


def _choice(choice: str | Body) -> str | Body:
    if isinstance(choice, str):
        return choice
    if choice["type"] != "function":
        raise InexpressibleError(f"tool_choice: {choice['type']}")
    return {"type": "function", "function": {"name": choice["name"]}}


def _messages(body: Body, provider_format: str) -> list[Body]:
    messages: list[Body] = []
    if body.get("instructions"):
        messages.append({"role": "system", "content": body["instructions"]})
    items = [{"role": "user", "content": body["input"]}] if isinstance(body["input"], str) else body["input"]
    rank = -1
    for index, item in enumerate(items):
        kind = item.get("type", "message")
        if kind == "function_call_output":
            messages.append({"role": "tool", "tool_call_id": item["call_id"], "content": _content(item["output"])})
            rank = -1
        elif kind == "message" and item["role"] != "assistant":
            messages.append({"role": item["role"], "content": _content(item["content"])})
            rank = -1
        elif kind in RANK:
            if not messages or messages[-1]["role"] != "assistant" or RANK[kind] < rank:
                messages.append({"role": "assistant"})
            rank = RANK[kind]
            _extend_turn(messages[-1], item, kind, index, provider_format)
        else:
            raise InexpressibleError(f"input: {kind}")
    return messages


def _extend_turn(turn: Body, item: Body, kind: str, index: int, provider_format: str) -> None:
    if kind == "reasoning":
        common = {"format": provider_format, "index": index}
        details = turn.setdefault("reasoning_details", [])
        details += [{"type": "reasoning.summary", "summary": p["text"], **common} for p in item["summary"]]
        details += [{"type": "reasoning.text", "text": p["text"], **common} for p in item.get("content") or []]
        if item.get("encrypted_content"):
            data = {"type": "reasoning.encrypted", "data": item["encrypted_content"], "id": item.get("id")}
            details.append(data | common)
    elif kind == "message":
        if item.get("phase"):
            raise InexpressibleError("phase")
        content = _content(item["content"])
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
        turn["content"] = [*turn.get("content", []), *parts]
    else:
        if "namespace" in item:
            raise InexpressibleError("namespace")
        call = {"name": item["name"], "arguments": item["arguments"]}
        turn.setdefault("tool_calls", []).append({"id": item["call_id"], "type": "function", "function": call})


def _content(content: str | list[Body]) -> str | list[Body]:
    return content if isinstance(content, str) else [_part(part) for part in content]


def _part(part: Body) -> Body:
    match part:
        case {"type": "input_text" | "output_text", "text": text}:
            written = {"type": "text", "text": text}
        case {"type": "input_image", "image_url": url}:
            written = {"type": "image_url", "image_url": {"url": url, "detail": part.get("detail", "auto")}}
        case {"type": "input_file", "file_data": data, "filename": name}:
            written = {"type": "file", "file": {"file_data": data, "filename": name}}
        case {"type": "input_file", "file_url": url}:
            written = {"type": "file", "file": {"file_data": url}}
        case _:
            raise InexpressibleError(f"part: {part['type']}")
    if "prompt_cache_breakpoint" in part:
        written["prompt_cache_breakpoint"] = part["prompt_cache_breakpoint"]
    return written


def meaning(body: Body, *, keeps_plain_reasoning: bool) -> Body:
    """A body without the freedoms of its spelling."""
    entries: list[Any] = [("system", [("text", body["instructions"], False)])] if body.get("instructions") else []
    items = [{"role": "user", "content": body["input"]}] if isinstance(body["input"], str) else body["input"]
    for item in items:
        kind = item.get("type", "message")
        if kind == "message":
            # Text that is empty says nothing; beside calls it is left out (inference.md 30.1).
            entries += [(item["role"], [part]) for part in _parts(item["content"]) if part != EMPTY]
        elif kind == "function_call":
            entries.append(("call", item["call_id"], item["name"], item["arguments"]))
        elif kind == "function_call_output":
            entries.append(("result", item["call_id"], _parts(item["output"])))
        elif item.get("encrypted_content") or keeps_plain_reasoning:
            texts = [part["text"] for part in [*item["summary"], *(item.get("content") or [])]]
            entries.append(("reasoning", item.get("encrypted_content"), texts))
    if entries[0][0] == "developer":
        entries[0] = ("system", entries[0][1])  # what stands first goes into `instructions`, whichever it is called
    output_as = (body.get("text") or {}).get("format") or {"type": "text"}
    tools = [
        {name: value for name, value in tool.items() if value is not None} | {"strict": bool(tool.get("strict"))}
        for tool in body.get("tools") or []
    ]
    return {
        "input": entries,
        "effort": (body.get("reasoning") or {}).get("effort"),
        "format": {name: value for name, value in output_as.items() if value is not None},
        "tools": tools,
        "tool_choice": body.get("tool_choice") if tools else None,
        "stream": bool(body.get("stream")),
        **{name: body.get(name) for name in ("temperature", "top_p", "max_output_tokens")},
        **{name: body.get(name) for name in ("prompt_cache_key", "service_tier")},
        "parallel_tool_calls": body.get("parallel_tool_calls") if tools else None,
    }


def _parts(content: str | list[Body]) -> list[Any]:
    if isinstance(content, str):
        return [("text", content, False)]
    parts: list[Any] = []
    for part in content:
        if "text" in part:
            parts.append(("text", part["text"], "prompt_cache_breakpoint" in part))
        else:
            parts.append(part | {"detail": part.get("detail", "auto")})
    return parts


def test_recorded_requests_keep_their_meaning() -> None:
    reasons: Counter[str] = Counter()
    said = 0
    for exchange in recorded():
        body = exchange["request"].get("body")
        if not isinstance(body, dict) or "input" not in body or exchange["response"]["status"] != 200:
            continue
        target = UpstreamTarget(
            provider=exchange["provider"],
            upstream_model=body["model"],
            supported_parameters=frozenset(),
            quirks=frozenset({"prompt_cache_breakpoint"}),
        )
        try:
            chat = to_chat(body, reasoning_format(target))
        except InexpressibleError as reason:
            reasons[str(reason)] += 1
            continue
        said += 1
        hub = to_hub(parse_chat(msgspec.json.encode(chat), ParseLimits()))
        sent = json.loads(encode_request(hub, target))
        plain = exchange["provider"] == "deepseek"
        assert meaning(sent, keeps_plain_reasoning=plain) == meaning(body, keeps_plain_reasoning=plain), exchange["id"]
        assert sent["store"] is False
        assert "reasoning.encrypted_content" in sent["include"]
    assert said == SAID_IN_CHAT
    assert reasons == INEXPRESSIBLE
