"""What `langchain-openrouter` says of this gateway, as one JSON object on stdout. Run by test_langchain.py.

It runs in an environment of its own (.venv-langchain), so it imports nothing of this repository. Each scenario asks
with its own name as the prompt, by which the scripted provider knows what to answer.

    python langchain_client.py <base url> <key> <model>
"""

import json
import sys
from collections.abc import Callable
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage
from langchain_openrouter import ChatOpenRouter
from pydantic import BaseModel


class Person(BaseModel):
    """A person."""

    name: str
    age: int


def get_weather(city: str) -> str:
    """The weather of a city."""
    return f"{city}: 12 °C"


def told(message: AIMessage) -> dict[str, Any]:
    """A message with the members that the tests look at."""
    return {
        "content": message.content,
        "tool_calls": [{"name": call["name"], "args": call["args"], "id": call["id"]} for call in message.tool_calls],
        "usage": message.usage_metadata,
        "reasoning": message.additional_kwargs.get("reasoning_content"),
        "metadata": {
            name: message.response_metadata.get(name) for name in ("finish_reason", "id", "model_name", "cost")
        },
    }


def gathered(chat: Any, prompt: str) -> dict[str, Any]:
    """The sum of a stream's chunks."""
    chunks: list[AIMessageChunk] = list(chat.stream(prompt))
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole = whole + chunk
    return {**told(whole), "pieces": [chunk.content for chunk in chunks if chunk.content]}


def round_trip(chat: Any) -> dict[str, Any]:
    """A tool call, its result, and the answer to that."""
    bound = chat.bind_tools([get_weather])
    asked = HumanMessage("tools")
    first = bound.invoke([asked])
    results = [ToolMessage(get_weather(**call["args"]), tool_call_id=call["id"]) for call in first.tool_calls]
    return {"first": told(first), "second": told(bound.invoke([asked, first, *results]))}


def refused(chat: Any, prompt: str) -> dict[str, Any]:
    """The class and status of what is raised."""
    try:
        chat.invoke(prompt)
    except Exception as error:  # noqa: BLE001 -- whatever the client raises is what is asked for
        return {"class": type(error).__name__, "status": getattr(error, "status_code", None)}
    return {"class": None}


def main(base_url: str, key: str, model: str) -> None:
    chat = ChatOpenRouter(model=model, api_key=key, base_url=base_url, max_retries=0, temperature=0.5)
    stranger = ChatOpenRouter(model=model, api_key="sk-tl-v1-" + "0" * 64, base_url=base_url, max_retries=0)
    scenarios: dict[str, Callable[[], object]] = {
        "invoke": lambda: told(chat.invoke("invoke")),
        "stream": lambda: gathered(chat, "stream"),
        "tools": lambda: round_trip(chat),
        "streamed tools": lambda: gathered(chat.bind_tools([get_weather]), "streamed tools"),
        "by function": lambda: chat.with_structured_output(Person).invoke("by function").model_dump(),
        "by schema": lambda: chat.with_structured_output(Person, method="json_schema").invoke("by schema").model_dump(),
        "reasoning": lambda: told(chat.invoke("reasoning", reasoning={"effort": "low"})),
        "rate limit": lambda: refused(chat, "rate limit"),
        "bad request": lambda: refused(chat, "bad request"),
        "unknown key": lambda: refused(stranger, "unknown key"),
    }
    print(json.dumps({name: scenario() for name, scenario in scenarios.items()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
