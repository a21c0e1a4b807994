"""AWS Bedrock's Converse."""

from dataclasses import dataclass

from tests.fakes import bedrock_converse as fake
from tests.fakes.provider import RecordedRequest
from tests.fakes.replies import Reply
from tests.speakers import Heard, Json, Saying, count, replying, stand_in, strings


@dataclass(frozen=True)
class ConverseSpeaker:
    """Implements `Speaker`."""

    protocol: str = "bedrock-converse"

    def whole(self, saying: Saying) -> Reply:
        return replying(lambda asked: fake.answer(*_blocks(asked, saying), **_end(saying)))

    def stream(self, saying: Saying) -> Reply:
        return replying(lambda asked: fake.stream(*_blocks(asked, saying), **_end(saying)))

    def cut(self, saying: Saying) -> Reply:
        return fake.cut_stream(*_blocks({}, saying), frames_sent=2)

    def refusal(self, status: int, text: str) -> Reply:
        return fake.refusal(status, "ThrottlingException" if status == 429 else "InternalServerException", text)

    def hear(self, request: RecordedRequest) -> Heard:
        asked: Json = dict(request.json)
        offered = (asked.get("toolConfig") or {}).get("tools", ())
        return Heard(
            texts=strings({"system": asked.get("system"), "messages": asked.get("messages")}),
            tools=tuple(tool["toolSpec"]["name"] for tool in offered if "toolSpec" in tool),
            images=count(asked.get("messages"), "image"),
            schema="outputConfig" in asked,
            reasoning=bool(asked.get("additionalModelRequestFields")),
        )


def _blocks(asked: Json, saying: Saying) -> list[Json]:
    choice = (asked.get("toolConfig") or {}).get("toolChoice") or {}
    said = stand_in(asked, saying, (choice.get("tool") or {}).get("name"))
    blocks: list[Json] = []
    if said.reasoning:
        thought = {"text": said.reasoning, "signature": "EqQBCkgIARAB+/=="}
        blocks.append({"reasoningContent": {"reasoningText": thought}})
    if said.text:
        blocks.append({"text": said.text})
    for id, name, arguments in said.calls:
        blocks.append({"toolUse": {"toolUseId": id, "name": name, "input": arguments}})
    return blocks


def _end(saying: Saying) -> Json:
    return {
        "stop": "tool_use" if saying.calls else "end_turn",
        "used": fake.usage(saying.prompt_tokens, saying.completion_tokens),
    }
