"""Anthropic's Messages, also as Vertex serves it."""

from dataclasses import dataclass

from tests.fakes import anthropic_messages as fake
from tests.fakes.provider import RecordedRequest
from tests.fakes.replies import Reply
from tests.speakers import Heard, Json, Saying, count, replying, stand_in, strings


@dataclass(frozen=True)
class MessagesSpeaker:
    """Implements `Speaker`."""

    protocol: str = "anthropic-messages"

    def whole(self, saying: Saying) -> Reply:
        return replying(lambda asked: fake.answer(*_blocks(asked, saying), **_end(saying)))

    def stream(self, saying: Saying) -> Reply:
        return replying(lambda asked: fake.stream(*_blocks(asked, saying), **_end(saying)))

    def cut(self, saying: Saying) -> Reply:
        return fake.cut_stream(*_blocks({}, saying), events_sent=4)

    def refusal(self, status: int, text: str) -> Reply:
        return fake.refusal(status, "api_error", text)

    def hear(self, request: RecordedRequest) -> Heard:
        asked: Json = dict(request.json)
        return Heard(
            texts=strings({"system": asked.get("system"), "messages": asked.get("messages")}),
            tools=tuple(tool["name"] for tool in asked.get("tools", ())),
            images=count(asked.get("messages"), "image"),
            schema="format" in (asked.get("output_config") or {}) or "output_format" in asked,
            reasoning="thinking" in asked or "effort" in (asked.get("output_config") or {}),
        )


def _blocks(asked: Json, saying: Saying) -> list[Json]:
    choice = asked.get("tool_choice") or {}
    said = stand_in(asked, saying, choice.get("name") if choice.get("type") == "tool" else None)
    blocks: list[Json] = []
    if said.reasoning:
        blocks.append({"type": "thinking", "thinking": said.reasoning, "signature": "EqQBCkgIARAB+/=="})
    if said.text:
        blocks.append({"type": "text", "text": said.text})
    for id, name, arguments in said.calls:
        blocks.append({"type": "tool_use", "id": id, "name": name, "input": arguments})
    return blocks


def _end(saying: Saying) -> Json:
    return {
        "stop": "tool_use" if saying.calls else "end_turn",
        "used": fake.usage(saying.prompt_tokens, saying.completion_tokens),
    }
