"""A recorded Converse request as the chat request that means the same, written against plain JSON.

`Inexpressible` names what our chat request has no word for.
"""

import json
from typing import Any


class Inexpressible(Exception):
    """Chat cannot say this."""


MEMBERS = {
    "messages",
    "system",
    "inferenceConfig",
    "toolConfig",
    "additionalModelRequestFields",
    "outputConfig",
    "serviceTier",
}
CACHE_POINT = {"cachePoint": {"type": "default"}}
MARK = {"cache_control": {"type": "ephemeral"}}
DOCUMENT_TYPES = {"pdf": "application/pdf", "txt": "text/plain"}


def as_chat(body: dict[str, Any]) -> dict[str, Any]:
    """The chat request. Raises Inexpressible."""
    unknown = body.keys() - MEMBERS
    if unknown:
        raise Inexpressible(f"member {min(unknown)}")
    chat: dict[str, Any] = {"model": "acme/m1", "messages": _messages(body)}
    sampling = body.get("inferenceConfig") or {}
    names = {"maxTokens": "max_tokens", "temperature": "temperature", "topP": "top_p", "stopSequences": "stop"}
    chat |= {name: sampling[theirs] for theirs, name in names.items() if sampling.get(theirs) not in (None, [])}
    chat |= _tools(body.get("toolConfig") or {})
    chat |= _model_fields(body.get("additionalModelRequestFields") or {})
    if "outputConfig" in body:
        schema = body["outputConfig"]["textFormat"]["structure"]["jsonSchema"]
        chat["response_format"] = {
            "type": "json_schema",
            "json_schema": {**schema, "schema": json.loads(schema["schema"])},
        }
    if "serviceTier" in body:
        chat["service_tier"] = body["serviceTier"]["type"]
    return chat


def _messages(body: dict[str, Any]) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    if body.get("system"):
        messages.append({"role": "system", "content": _parts(body["system"])})
    for message in body["messages"]:
        content = message["content"]
        if message["role"] == "assistant":
            messages.append(_assistant(content))
            continue
        results = [block for block in content if "toolResult" in block]
        messages += [_result(block["toolResult"]) for block in results]
        rest = content[len(results) :]
        if any("toolResult" in block for block in rest):
            raise Inexpressible("a result behind other blocks")
        if rest and rest[0] == CACHE_POINT and results:
            last = messages[-1]
            last["content"] = [{**part, **(MARK if part is last["content"][-1] else {})} for part in last["content"]]
            rest = rest[1:]
        if rest or not results:
            messages.append({"role": "user", "content": _parts(rest)})
    return messages


def _parts(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = []
    for block in blocks:
        if block == CACHE_POINT:
            parts[-1] |= MARK
        else:
            parts.append(_part(block))
    return parts


def _part(block: dict[str, Any]) -> dict[str, Any]:
    match block:
        case {"text": text, **rest} if not rest:
            return {"type": "text", "text": text}
        case {"image": {"format": kind, "source": {"bytes": data}}}:
            return {"type": "image_url", "image_url": {"url": f"data:image/{kind};base64,{data}"}}
        case {"document": {"format": kind, "name": name, "source": {"bytes": data}, **rest}} if not rest:
            url = f"data:{DOCUMENT_TYPES[kind]};base64,{data}"
            return {"type": "file", "file": {"filename": name, "file_data": url}}
        case {"image": _} | {"video": _} | {"document": _}:
            raise Inexpressible(f"{min(block)} from elsewhere, or with citations")
        case other:
            raise Inexpressible(f"block {min(other)}")


def _result(result: dict[str, Any]) -> dict[str, Any]:
    if result.get("status") == "error" or "type" in result:
        raise Inexpressible("a result that is an error or the service's own")
    parts = [
        {"type": "text", "text": json.dumps(block["json"])} if "json" in block else _part(block)
        for block in result["content"]
    ]
    return {"role": "tool", "tool_call_id": result["toolUseId"], "content": parts}


def _assistant(content: list[dict[str, Any]]) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": []}
    for index, block in enumerate(content):
        match block:
            case {"toolUse": {"toolUseId": identifier, "name": name, "input": arguments, **rest}} if not rest:
                function = {"name": name, "arguments": json.dumps(arguments)}
                calls = message.setdefault("tool_calls", [])
                calls.append({"id": identifier, "type": "function", "function": function})
            case {"reasoningContent": {"reasoningText": text}}:
                detail = {"type": "reasoning.text", **text, "index": index}
                message.setdefault("reasoning_details", []).append(detail)
            case {"reasoningContent": {"redactedContent": data}}:
                detail = {"type": "reasoning.encrypted", "data": data, "index": index}
                message.setdefault("reasoning_details", []).append(detail)
            case _:
                message["content"] += _parts([block])
    order = [min(block) for block in content]
    if order != sorted(order, key=lambda kind: (kind == "toolUse") - (kind == "reasoningContent")):
        raise Inexpressible("reasoning or calls between texts")
    return message


def _tools(config: dict[str, Any]) -> dict[str, Any]:
    tools: list[dict[str, Any]] = []
    for tool in config.get("tools") or []:
        match tool:
            case {"toolSpec": {"name": _, "inputSchema": {"json": schema}, **rest}}:
                function = {**rest, "name": tool["toolSpec"]["name"], "parameters": schema}
                tools.append({"type": "function", "function": function})
            case {"cachePoint": _}:
                tools[-1] |= MARK
            case other:
                raise Inexpressible(f"tool {min(other)}")
    match config.get("toolChoice"):
        case None:
            choice: dict[str, Any] = {}
        case {"tool": {"name": name}}:
            choice = {"tool_choice": {"type": "function", "function": {"name": name}}}
        case chosen:
            choice = {"tool_choice": {"auto": "auto", "any": "required"}[min(chosen)]}
    return ({"tools": tools} if tools else {}) | choice


def _model_fields(fields: dict[str, Any]) -> dict[str, Any]:
    chat: dict[str, Any] = {}
    for name, value in fields.items():
        match name, value:
            case "thinking", {"type": "enabled", "budget_tokens": budget}:
                chat.setdefault("reasoning", {})["max_tokens"] = budget
            case "thinking", {"type": "adaptive"}:
                chat.setdefault("reasoning", {})["enabled"] = True
            case "thinking", {"type": "disabled"}:
                chat["reasoning"] = {"enabled": False}
            case "output_config", {"effort": effort}:
                chat.setdefault("reasoning", {})["effort"] = effort
            case ("reasoning_effort", str(effort)) | ("reasoning_config", str(effort)):
                chat["reasoning"] = {"effort": effort}
            case "reasoningConfig", {"type": "enabled", "maxReasoningEffort": effort}:
                chat["reasoning"] = {"effort": effort}
            case "inferenceConfig", {"topK": top_k}:
                chat["top_k"] = top_k
            case _:
                raise Inexpressible(f"model field {name} of this shape")
    return chat


def meaning(body: dict[str, Any]) -> dict[str, Any]:
    """A Converse request without what makes no difference."""
    sampling = {n: v for n, v in (body.get("inferenceConfig") or {}).items() if v != []}
    fields = body.get("additionalModelRequestFields") or {}
    if "thinking" in fields:
        fields = {**fields, "thinking": {n: v for n, v in fields["thinking"].items() if n != "display"}}
        if sampling.get("temperature") == 1:
            del sampling["temperature"]  # a thinking model takes no other, so it goes without saying
    config = body.get("toolConfig") or {}
    choice = config.get("toolChoice")
    output = body.get("outputConfig") or {}
    if output:
        schema = output["textFormat"]["structure"]["jsonSchema"]
        output = {**schema, "schema": json.loads(schema["schema"])}
    turns: list[dict[str, Any]] = []
    for message in body["messages"]:
        content = [_meant(block) for block in message["content"] if block.get("text", ".").strip()]
        if turns and turns[-1]["role"] == message["role"]:
            turns[-1]["content"] += content
        else:
            turns.append({"role": message["role"], "content": content})
    return {
        "system": body.get("system") or [],
        "messages": turns,
        "sampling": sampling,
        "fields": fields,
        "tools": config.get("tools") or [],
        "choice": {} if choice == {"auto": {}} else choice or {},
        "output": output,
        "tier": body.get("serviceTier"),
    }


def _meant(block: dict[str, Any]) -> dict[str, Any]:
    if "toolResult" not in block:
        return block
    result = {**block["toolResult"], "status": block["toolResult"].get("status", "success")}
    result["content"] = [_as_value(piece) for piece in result["content"]]
    return {"toolResult": result}


def _as_value(piece: dict[str, Any]) -> dict[str, Any]:
    """A text that is a JSON object means the object."""
    text = piece.get("text", "")
    if text.lstrip().startswith("{"):
        return {"json": json.loads(text)}
    return piece
