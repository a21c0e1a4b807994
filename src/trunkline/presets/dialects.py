"""A preset's members in the words of the API that it is used with (routing-and-catalog.md 15.4 rule 6).

A preset may be made from a chat body and used with `/messages`. Members that mean the same get the name that the API
has for them; those of another shape (`tools`, `tool_choice`, structured output, thinking) are reshaped.
"""

from collections.abc import Callable, Mapping

from msgspec import Raw

from trunkline.core import json
from trunkline.core.json import JsonValue
from trunkline.presets.types import PresetApi

_LENGTHS = frozenset({"max_tokens", "max_completion_tokens", "max_output_tokens"})
_STOPS = frozenset({"stop", "stop_sequences"})
_FORMATS = frozenset({"response_format", "text"})
_THINKING = frozenset({"reasoning", "reasoning_effort", "thinking"})
_GROUPS = (_LENGTHS, _STOPS, _FORMATS, _THINKING)
_LENGTH: Mapping[PresetApi, str] = {
    "chat": "max_tokens",
    "messages": "max_tokens",
    "responses": "max_output_tokens",
}
_STOP: Mapping[PresetApi, str] = {"chat": "stop", "messages": "stop_sequences", "responses": "stop"}
_Object = dict[str, JsonValue]


def synonyms(name: str) -> frozenset[str]:
    """All members that say the same as this one: if a request has any of them, the preset's is not used."""
    return next((group for group in _GROUPS if name in group), frozenset({name}))


def translated(config: Mapping[str, Raw], api: PresetApi) -> dict[str, Raw]:
    """The members as the API spells them. What it has no word for is left out."""
    written: dict[str, Raw] = {}
    for name, raw in config.items():
        if name in _LENGTHS:
            written.setdefault(_LENGTH[api], raw)
        elif name in _STOPS:
            written[_STOP[api]] = _listed(raw) if api == "messages" else raw
        elif (reshape := _RESHAPED.get(name)) is not None:
            written.update(reshape(raw, api))
        else:
            written[name] = raw
    return written


def _listed(raw: Raw) -> Raw:
    return json.raw([json.value(raw)]) if bytes(raw).startswith(b'"') else raw


def _tools(raw: Raw, api: PresetApi) -> dict[str, Raw]:
    tools = json.value(raw)
    if not isinstance(tools, list):
        return {"tools": raw}
    return {"tools": json.raw([_tool(tool, api) for tool in tools])}


def _tool(tool: JsonValue, api: PresetApi) -> JsonValue:
    """A function tool in the API's shape; every other tool as it is."""
    if not isinstance(tool, dict):
        return tool
    nested = tool.get("function")
    facts = nested if isinstance(nested, dict) else tool
    if tool.get("type", "function") not in ("function", "custom") or "name" not in facts:
        return tool
    schema = facts.get("parameters", facts.get("input_schema"))
    rest: _Object = {key: facts[key] for key in ("description", "strict") if key in facts}
    match api:
        case "chat":
            function: _Object = {"name": facts["name"], **rest}
            if schema is not None:
                function["parameters"] = schema
            return {"type": "function", "function": function}
        case "responses":
            return {"type": "function", "name": facts["name"], **rest, "parameters": schema}
        case "messages":
            return {"name": facts["name"], **rest, "input_schema": schema or {"type": "object"}}


def _tool_choice(raw: Raw, api: PresetApi) -> dict[str, Raw]:
    """`auto`, `none`, "must call one" and one named function, as each API says them."""
    choice = json.value(raw)
    name: JsonValue = None
    kind: JsonValue = choice
    if isinstance(choice, dict):
        nested = choice.get("function")
        name = nested.get("name") if isinstance(nested, dict) else choice.get("name")
        kind = choice.get("type")
    if name is not None:
        named: Mapping[PresetApi, _Object] = {
            "chat": {"type": "function", "function": {"name": name}},
            "responses": {"type": "function", "name": name},
            "messages": {"type": "tool", "name": name},
        }
        return {"tool_choice": json.raw(named[api])}
    if api == "messages":
        return {"tool_choice": json.raw({"type": "any" if kind in ("required", "any") else kind})}
    return {"tool_choice": json.raw("required" if kind == "any" else kind)}


def _output_format(raw: Raw, api: PresetApi) -> dict[str, Raw]:
    """Structured output: chat nests the schema, responses lays it flat into `text.format`."""
    sent = json.value(raw)
    if api == "messages" or not isinstance(sent, dict):
        return {}
    inner = sent.get("format")
    flat: _Object = inner if isinstance(inner, dict) else sent
    schema = flat.get("json_schema")
    if isinstance(schema, dict):
        flat = {"type": "json_schema", **schema}
    if api == "responses":
        return {"text": json.raw({**({} if flat is sent or not isinstance(inner, dict) else sent), "format": flat})}
    if flat.get("type") == "json_schema":
        named = {key: value for key, value in flat.items() if key != "type"}
        return {"response_format": json.raw({"type": "json_schema", "json_schema": named})}
    return {"response_format": json.raw(flat)}


def _thinking(raw: Raw, api: PresetApi) -> dict[str, Raw]:
    """`thinking` of the Messages API, which is `reasoning` with a budget elsewhere."""
    if api == "messages":
        return {"thinking": raw}
    sent = json.value(raw)
    if not isinstance(sent, dict):
        return {}
    if sent.get("type") == "disabled":
        return {"reasoning": json.raw({"enabled": False})}
    budget = sent.get("budget_tokens")
    return {"reasoning": json.raw({"enabled": True} if budget is None else {"max_tokens": budget})}


def _reasoning(raw: Raw, api: PresetApi) -> dict[str, Raw]:
    if api != "messages":
        return {"reasoning": raw}
    sent = json.value(raw)
    if not isinstance(sent, dict):
        return {}
    if sent.get("enabled") is False or sent.get("effort") == "none":
        return {"thinking": json.raw({"type": "disabled"})}
    budget = sent.get("max_tokens")
    return {} if budget is None else {"thinking": json.raw({"type": "enabled", "budget_tokens": budget})}


def _effort(raw: Raw, api: PresetApi) -> dict[str, Raw]:
    match api:
        case "chat":
            return {"reasoning_effort": raw}
        case "responses":
            return {"reasoning": json.raw({"effort": json.value(raw)})}
        case "messages":
            return {}


_RESHAPED: Mapping[str, Callable[[Raw, PresetApi], dict[str, Raw]]] = {
    "tools": _tools,
    "tool_choice": _tool_choice,
    "response_format": _output_format,
    "text": _output_format,
    "thinking": _thinking,
    "reasoning": _reasoning,
    "reasoning_effort": _effort,
}
