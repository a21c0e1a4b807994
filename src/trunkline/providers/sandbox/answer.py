"""What the Sandbox answers to a chat request: reasoning, text, tool calls and counts, before any framing."""

from msgspec import Struct

from trunkline.core import json
from trunkline.core.json import JsonValue
from trunkline.providers.sandbox import words
from trunkline.providers.sandbox.media import describe_parts, text_of
from trunkline.providers.sandbox.request import Message, Request, Tool
from trunkline.providers.sandbox.schemas import example_of

REASONING_TOKENS = {"none": 0, "minimal": 8, "low": 16, "medium": 32, "high": 64, "xhigh": 96, "max": 128}
REASONING_TOKENS_MAX = 4096
CACHE_TOKENS_MIN = 1024
"""Prompts from here on have their leading part counted as read from a cache."""
MEDIA_TOKENS = 1000
CHOICES_MAX = 128


class Call(Struct, frozen=True):
    id: str
    name: str
    arguments: str


class Choice(Struct, frozen=True, kw_only=True):
    """One answer, as tokens. `finish_reason` is openai-chat's own word."""

    text: tuple[str, ...]
    calls: tuple[Call, ...]
    finish_reason: str


class Answer(Struct, frozen=True, kw_only=True):
    """All choices and the counts over them."""

    reasoning: tuple[str, ...]
    choices: tuple[Choice, ...]
    prompt_tokens: int
    cached_tokens: int

    @property
    def reasoning_tokens(self) -> int:
        return len(self.reasoning)

    @property
    def completion_tokens(self) -> int:
        said = sum(len(choice.text) + sum(_call_tokens(call) for call in choice.calls) for choice in self.choices)
        return self.reasoning_tokens + said


def compose(request: Request, number: int) -> Answer:
    """The answer that `number` and the request lead to."""
    budget = request.output_tokens_max
    reasoning = words.tokens_of(words.reasoning_text(number, wanted)) if (wanted := _reasoning_tokens(request)) else []
    if budget is not None:
        reasoning = reasoning[: max(0, budget)]
        budget -= len(reasoning)
    count = min(max(1, request.n or 1), CHOICES_MAX)
    prompt_tokens = _prompt_tokens(request)
    return Answer(
        reasoning=tuple(reasoning),
        choices=tuple(_choice(request, number, index, budget) for index in range(count)),
        prompt_tokens=prompt_tokens,
        cached_tokens=prompt_tokens // 2 // 128 * 128 if prompt_tokens >= CACHE_TOKENS_MIN else 0,
    )


def _choice(request: Request, number: int, index: int, budget: int | None) -> Choice:
    calls = _calls(request, number + index)
    if calls:
        return Choice(text=(), calls=calls, finish_reason="tool_calls")
    tokens, finish_reason = words.tokens_of(_text(request, number, index)), "stop"
    text = "".join(tokens)
    cuts = [at for stop in request.stops if stop and (at := text.find(stop)) >= 0]
    if cuts:
        tokens = words.tokens_of(text[: min(cuts)])
    if budget is not None and len(tokens) > budget:
        tokens, finish_reason = tokens[:budget], "length"
    return Choice(text=tuple(tokens), calls=(), finish_reason=finish_reason)


def _text(request: Request, number: int, index: int) -> str:
    form = request.response_format
    if form is not None and form.type == "json_schema":
        return json.encode(example_of(form.json_schema.document)).decode()
    if form is not None and form.type == "json_object":
        return json.encode({"sandbox": True, "model": request.model, "number": number}).decode()
    asked = next((message for message in reversed(request.messages) if message.role == "user"), Message("user"))
    return words.answer_text(number, request.model, text_of(asked.parts), describe_parts(asked.parts), index)


def _reasoning_tokens(request: Request) -> int:
    """Thinking happens when it is asked for; an explicit budget beats an effort."""
    asked = request.reasoning
    if asked is not None:
        if asked.enabled is False or asked.effort == "none" or asked.max_tokens == 0:
            return 0
        if asked.max_tokens is not None:
            return min(asked.max_tokens, REASONING_TOKENS_MAX)
        if asked.effort is not None or asked.enabled:
            return REASONING_TOKENS[asked.effort or "medium"]
    return REASONING_TOKENS.get(request.reasoning_effort or "none", 0)


def _calls(request: Request, number: int) -> tuple[Call, ...]:
    """The tool calls of an answer: none once results are there, unless a call is forced."""
    tools, choice = request.tools or [], json.value(request.tool_choice)
    if not tools or choice == "none":
        return ()
    forced = choice == "required" or isinstance(choice, dict)
    if not forced and request.messages and request.messages[-1].role == "tool":
        return ()
    if isinstance(choice, dict):
        tools = [tool for tool in tools if tool.function.name == _named(choice)] or tools
    chosen = (
        tools[:1] if request.parallel_tool_calls is False or isinstance(choice, dict) else _suitable(request, tools)
    )
    return tuple(_call(tool, number, index) for index, tool in enumerate(chosen))


def _suitable(request: Request, tools: list[Tool]) -> list[Tool]:
    """The tools that the last user message names, in its order; without any the first."""
    asked = next((text_of(m.parts) for m in reversed(request.messages) if m.role == "user"), "")
    named = [tool for tool in tools if tool.function.name in asked]
    return sorted(named, key=lambda tool: asked.index(tool.function.name)) or tools[:1]


def _named(choice: dict[str, JsonValue]) -> JsonValue:
    function = choice.get("function")
    return function.get("name") if isinstance(function, dict) else None


def _call(tool: Tool, number: int, index: int) -> Call:
    arguments = example_of(tool.function.schema)
    return Call(f"call_sandbox{number:08x}{index}", tool.function.name, json.encode(arguments).decode())


def _call_tokens(call: Call) -> int:
    return len(words.tokens_of(call.name)) + len(words.tokens_of(call.arguments))


def _prompt_tokens(request: Request) -> int:
    """Tokens of all messages and tools, four for each message, and a flat number for each part of media."""
    count = 0
    for message in request.messages:
        parts = message.parts
        count += 4 + len(words.tokens_of(text_of(parts)))
        count += MEDIA_TOKENS * sum(part.get("type") != "text" for part in parts)
    for tool in request.tools or ():
        count += len(words.tokens_of(json.encode(tool).decode()))
    return count
