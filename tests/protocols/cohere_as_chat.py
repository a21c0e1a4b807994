"""A recorded Cohere request as the chat request that means the same, written against plain JSON.

`Inexpressible` names what our chat request has no word for.
"""

from typing import Any


class Inexpressible(Exception):
    """Chat cannot say this."""


SAME = ("max_tokens", "stream", "temperature", "seed", "tools", "documents")
RENAMED = {"p": "top_p", "k": "top_k", "stop_sequences": "stop"}
KNOWN = {*SAME, *RENAMED, "model", "messages", "tool_choice", "thinking", "response_format"}


def as_chat(body: dict[str, Any]) -> dict[str, Any]:
    """The chat request. Raises Inexpressible."""
    unknown = body.keys() - KNOWN
    if unknown:
        raise Inexpressible(f"member {min(unknown)}")
    chat: dict[str, Any] = {"model": "acme/m1", "messages": [_message(one) for one in body["messages"]]}
    chat |= {name: body[name] for name in SAME if body.get(name)}
    chat |= {ours: body[name] for name, ours in RENAMED.items() if body.get(name)}
    if body.get("tool_choice"):
        chat["tool_choice"] = body["tool_choice"].lower()
    if body.get("thinking"):
        chat["reasoning"] = {"enabled": body["thinking"]["type"] == "enabled"}
    if body.get("response_format"):
        chat["response_format"] = _format(body["response_format"])
    return chat


def _format(asked: dict[str, Any]) -> dict[str, Any]:
    schema = asked.get("json_schema") or asked.get("schema")
    if schema is None:
        return asked
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}


def _message(message: dict[str, Any]) -> dict[str, Any]:
    content: Any = message.get("content")
    if not isinstance(content, str | None):
        content = [_part(part) for part in content]
    chat: dict[str, Any] = {"role": message["role"], "content": content}
    chat |= {name: message[name] for name in ("tool_call_id", "tool_calls") if message.get(name)}
    if message.get("tool_plan"):
        detail = {"type": "reasoning.text", "text": message["tool_plan"], "format": "unknown", "id": "tool_plan"}
        chat["reasoning_details"] = [{**detail, "index": 0}]
    return chat


def _part(part: dict[str, Any]) -> dict[str, Any]:
    if part["type"] == "document":
        data = part["document"]["data"]
        if data.keys() != {"output"}:
            raise Inexpressible("a document with more members")
        return {"type": "text", "text": data["output"]}
    return part


def meaning(body: dict[str, Any]) -> dict[str, Any]:
    """A Cohere request without what makes no difference."""
    told = {name: value for name, value in body.items() if value not in (None, False, [])}
    if "tools" not in told:
        told.pop("tool_choice", None)
    told["messages"] = [_meant(message) for message in body["messages"]]
    return told


def _meant(message: dict[str, Any]) -> dict[str, Any]:
    said = {name: value for name, value in message.items() if value not in (None, [], "") and name != "citations"}
    if isinstance(said.get("content"), str):
        said["content"] = [{"type": "text", "text": said["content"]}]
    said["content"] = [one for part in said.get("content", []) if (one := _meant_part(part)) is not None]
    return said


def _meant_part(part: dict[str, Any]) -> dict[str, Any] | None:
    if part["type"] == "document":
        # A result's text may be a document; the name that it goes by there says nothing about it.
        return {"type": "text", "text": "".join(part["document"]["data"].values())}
    return None if part["type"] == "text" and not part["text"] else part
