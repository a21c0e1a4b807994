"""Cohere's chat, version 2."""

import json
from dataclasses import dataclass

from tests.fakes import cohere_v2 as fake
from tests.fakes.provider import RecordedRequest
from tests.fakes.replies import Reply
from tests.speakers import Heard, Json, Saying, count, strings


@dataclass(frozen=True)
class CohereSpeaker:
    """Implements `Speaker`."""

    protocol: str = "cohere-v2"

    def whole(self, saying: Saying) -> Reply:
        return fake.answer(fake.message(*_content(saying), **_rest(saying)))

    def stream(self, saying: Saying) -> Reply:
        return fake.stream(fake.events(*_content(saying), **_rest(saying)))

    def cut(self, saying: Saying) -> Reply:
        return fake.cut_stream(fake.events(*_content(saying), **_rest(saying))[:3])

    def refusal(self, status: int, text: str) -> Reply:
        return fake.refusal(status, text)

    def hear(self, request: RecordedRequest) -> Heard:
        asked: Json = dict(request.json)
        form: Json = asked.get("response_format") or {}
        return Heard(
            texts=strings(asked.get("messages")),
            tools=tuple(tool["function"]["name"] for tool in asked.get("tools", ())),
            images=count(asked.get("messages"), "image_url"),
            schema="schema" in form or "json_schema" in form,
            reasoning="thinking" in asked,
        )


def _content(saying: Saying) -> list[Json]:
    content: list[Json] = [{"type": "thinking", "thinking": saying.reasoning}] if saying.reasoning else []
    return [*content, {"type": "text", "text": saying.text}] if saying.text else content


def _rest(saying: Saying) -> Json:
    calls = [
        {"id": id, "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
        for id, name, arguments in saying.calls
    ]
    return {
        "calls": calls,
        "finish": "TOOL_CALL" if calls else "COMPLETE",
        "used": fake.usage(saying.prompt_tokens, saying.completion_tokens),
    }
