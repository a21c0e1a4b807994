"""A recorded Gemini request in the words of a chat client, where chat has words for it."""

import json
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]
OPAQUE = {"args", "response", "parameters", "parametersJsonSchema", "responseSchema", "responseJsonSchema"}
BUILT_IN = {"executableCode", "codeExecutionResult", "toolCall", "toolResponse", "videoMetadata"}


class NoWords(Exception):
    """Chat cannot say it; the text says what."""


def plain(value: Any) -> Any:
    """One spelling of names, no nulls, no `thought: false`; schemas and arguments untouched."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    members: Json = {}
    for name, member in value.items():
        head, *rest = name.split("_")
        camel = head + "".join(word.title() for word in rest)
        if member is None or (camel == "thought" and member is False):
            continue
        members[camel] = member if camel in OPAQUE else plain(member)
    return members


def as_chat(body: Json) -> Json:
    """The chat request. Raises NoWords."""
    messages = list(_messages(body["contents"]))
    system = body.get("systemInstruction", {}).get("parts", [])
    system = [system] if isinstance(system, dict) else system
    if any(part["text"] for part in system):
        messages.insert(0, {"role": "system", "content": [_part(part) for part in system]})
    chat: Json = {"model": "google/some", "messages": messages}
    chat |= _tools(body.get("tools", []), body.get("toolConfig", {}).get("functionCallingConfig", {}))
    chat |= _config(body.get("generationConfig", {}))
    chat |= {name: body[name] for name in ("labels", "modelArmorConfig", "cachedContent") if name in body}
    return chat


def _messages(contents: list[Json]) -> Iterator[Json]:
    pending: list[tuple[str, str]] = []
    """Calls without an answer yet: (id, name)."""
    known = 0
    for content in contents:
        parts = content["parts"]
        if any(part.keys() & BUILT_IN for part in parts):
            raise NoWords("built-in tools in the history")
        if content["role"] == "model":
            message, calls = _assistant(parts, known)
            pending += calls
            known += len(calls)
            yield message
            continue
        for part in parts:
            if "functionResponse" in part:
                yield _result(part["functionResponse"], pending)
        others = [part for part in parts if "functionResponse" not in part]
        if others:
            yield {"role": "user", "content": [_part(part) for part in others]}


def _assistant(parts: list[Json], known: int) -> tuple[Json, list[tuple[str, str]]]:
    content: list[Json] = []
    calls: list[Json] = []
    details: list[Json] = []
    for part in parts:
        detail: Json = {"format": "google-gemini-v1", "index": len(details)}
        signature = part.get("thoughtSignature")
        if "functionCall" in part:
            call = part["functionCall"]
            identifier = call.get("id") or f"call_{known + len(calls)}"
            function = {"name": call["name"], "arguments": json.dumps(call.get("args", {}))}
            calls.append({"id": identifier, "type": "function", "function": function})
            if signature:
                details.append({**detail, "type": "reasoning.encrypted", "data": signature, "id": identifier})
        elif part.get("thought") and "text" not in part:
            raise NoWords("a signature without its thought")
        elif part.get("thought"):
            signed = {"signature": signature} if signature else {}
            details.append({**detail, "type": "reasoning.text", "text": part["text"], **signed})
        else:
            if part["text"]:
                content.append({"type": "text", "text": part["text"]})
            if signature:
                details.append({**detail, "type": "reasoning.text", "signature": signature})
    message: Json = {"role": "assistant", "content": content or None}
    message |= {"tool_calls": calls} if calls else {}
    message |= {"reasoning_details": details} if details else {}
    return message, [(call["id"], call["function"]["name"]) for call in calls]


def _result(response: Json, pending: list[tuple[str, str]]) -> Json:
    identifier = response.get("id")
    if identifier is None:
        identifier = next((known for known, name in pending if name == response["name"]), None)
        if identifier is None:
            raise NoWords("a result of no call")
        pending.remove((identifier, response["name"]))
    media = [_part(part) for part in response.get("parts", ())]
    text = {"type": "text", "text": json.dumps(response["response"])}
    return {"role": "tool", "tool_call_id": identifier, "content": [text, *media]}


def _part(part: Json) -> Json:
    if "text" in part:
        return {"type": "text", "text": part["text"]}
    if "inlineData" in part:
        mime, data = part["inlineData"]["mimeType"], part["inlineData"]["data"]
        url = f"data:{mime};base64,{data}"
    else:
        mime, url = part["fileData"].get("mimeType", ""), part["fileData"]["fileUri"]
        if url.startswith("gs://"):
            raise NoWords("addresses of buckets")
    if mime.startswith("audio/"):
        if "fileData" in part:
            raise NoWords("addresses of recordings")
        return {"type": "input_audio", "input_audio": {"data": data, "format": mime.removeprefix("audio/")}}
    if mime.startswith("video/"):
        return {"type": "video_url", "video_url": {"url": url}}
    if mime.startswith("image/"):
        return {"type": "image_url", "image_url": {"url": url}}
    return {"type": "file", "file": {"file_data": url}}


def _tools(tools: list[Json] | Json, calling: Json) -> Json:
    declarations: list[Json] = []
    for tool in [tools] if isinstance(tools, dict) else tools:
        if tool.keys() - {"functionDeclarations"}:
            raise NoWords("built-in tools")
        declarations += tool["functionDeclarations"]
    if not declarations:
        return {}
    chat: Json = {"tools": [{"type": "function", "function": _function(declaration)} for declaration in declarations]}
    mode, names = calling.get("mode", "").upper(), calling.get("allowedFunctionNames", [])
    if mode == "VALIDATED" or len(names) > 1:
        raise NoWords("validated mode, choice among several functions")
    if names:
        return chat | {"tool_choice": {"type": "function", "function": {"name": names[0]}}}
    return chat | ({"tool_choice": {"AUTO": "auto", "NONE": "none", "ANY": "required"}[mode]} if mode else {})


def _function(declaration: Json) -> Json:
    schema = declaration.get("parametersJsonSchema", declaration.get("parameters"))
    return {key: declaration[key] for key in ("name", "description") if key in declaration} | (
        {} if schema is None else {"parameters": schema}
    )


SAMPLING = {
    "maxOutputTokens": "max_tokens",
    "temperature": "temperature",
    "topP": "top_p",
    "topK": "top_k",
    "seed": "seed",
    "stopSequences": "stop",
    "responseLogprobs": "logprobs",
}


def _config(config: Json) -> Json:
    chat: Json = {SAMPLING[name]: config[name] for name in SAMPLING.keys() & config.keys()}
    if "topK" in config:
        chat["top_k"] = int(config["topK"])
    if "responseModalities" in config:
        chat["modalities"] = [modality.lower() for modality in config["responseModalities"]]
    schema = config.get("responseJsonSchema", config.get("responseSchema"))
    mime = config.get("responseMimeType", "text/plain")
    if schema is not None:
        chat["response_format"] = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
    elif mime == "application/json":
        chat["response_format"] = {"type": "json_object"}
    elif mime != "text/plain":
        raise NoWords(f"output of type {mime}")
    return chat | _thinking(config.get("thinkingConfig"))


def _thinking(thinking: Json | None) -> Json:
    if thinking is None:
        return {}
    shown = {} if thinking.get("includeThoughts") else {"exclude": True}
    budget, level = thinking.get("thinkingBudget"), thinking.get("thinkingLevel")
    if budget == 0:
        if thinking.get("includeThoughts"):
            raise NoWords("thoughts shown without thinking")
        return {"reasoning": {"enabled": False}}
    if budget is not None and budget < 0:
        raise NoWords("a budget that the model chooses")
    if budget is not None:
        return {"reasoning": {"max_tokens": budget, **shown}}
    return {"reasoning": shown if level is None else {"effort": level.lower(), **shown}}
