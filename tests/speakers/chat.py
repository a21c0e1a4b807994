"""OpenAI's chat, and who speaks it: Azure, Mistral, Vertex's open models."""

import json
from dataclasses import dataclass

from tests.fakes import openai_chat
from tests.fakes.openai_chat import function_call
from tests.fakes.provider import RecordedRequest
from tests.fakes.replies import Item, Reply, _cut_stream, answer, failure, stream
from tests.speakers import Heard, Json, Saying, count, strings


@dataclass(frozen=True)
class ChatSpeaker:
    """Implements `Speaker`."""

    protocol: str = "openai-chat"

    def whole(self, saying: Saying) -> Reply:
        members: Json = {"reasoning_content": saying.reasoning} if saying.reasoning else {}
        if saying.calls:
            members["tool_calls"] = _calls(saying)
        return answer(saying.text or None, used=_used(saying), finish=_finish(saying), **members)

    def stream(self, saying: Saying) -> Reply:
        return stream(_items(saying), used=_used(saying), finish=_finish(saying), send_usage=True)

    def cut(self, saying: Saying) -> Reply:
        return _cut_stream(1, _items(saying), "reset")

    def refusal(self, status: int, text: str) -> Reply:
        return failure(status, content={"error": {"message": text, "type": "error", "code": None}})

    def hear(self, request: RecordedRequest) -> Heard:
        body: Json = dict(request.json)
        return Heard(
            texts=strings(body.get("messages")),
            tools=tuple(tool["function"]["name"] for tool in body.get("tools", ())),
            images=count(body.get("messages"), "image_url"),
            schema=(body.get("response_format") or {}).get("type") == "json_schema",
            reasoning="reasoning_effort" in body or "reasoning" in body,
        )


def _items(saying: Saying) -> list[Item]:
    items: list[Item] = []
    if saying.reasoning:
        items += [{"reasoning_content": piece} for piece in (saying.reasoning[:3], saying.reasoning[3:])]
    if saying.text:
        items += [saying.text[:3], saying.text[3:]]
    for index, call in enumerate(_calls(saying)):
        written = call["function"]["arguments"]
        opened = {**call, "index": index, "function": {**call["function"], "arguments": ""}}
        items.append({"tool_calls": [opened]})
        items += [
            {"tool_calls": [{"index": index, "function": {"arguments": piece}}]} for piece in (written[:4], written[4:])
        ]
    return items


def _calls(saying: Saying) -> list[Json]:
    return [function_call(name, json.dumps(arguments), id=id) for id, name, arguments in saying.calls]


def _finish(saying: Saying) -> str:
    return "tool_calls" if saying.calls else "stop"


def _used(saying: Saying) -> Json:
    return openai_chat.usage(saying.prompt_tokens, saying.completion_tokens)
