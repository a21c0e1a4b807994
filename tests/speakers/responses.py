"""OpenAI's Responses."""

import json
from dataclasses import dataclass

from tests.fakes import openai_responses as fake
from tests.fakes.provider import RecordedRequest
from tests.fakes.replies import Reply, body, failure, sse
from tests.speakers import Heard, Json, Saying, count, strings


@dataclass(frozen=True)
class ResponsesSpeaker:
    """Implements `Speaker`."""

    protocol: str = "openai-responses"

    def whole(self, saying: Saying) -> Reply:
        return body(_response(saying))

    def stream(self, saying: Saying) -> Reply:
        return sse(fake.frames(fake.stream_of(_response(saying))))

    def cut(self, saying: Saying) -> Reply:
        events = fake.stream_of(_response(saying))
        told = next(i for i, event in enumerate(events) if str(event["type"]).endswith(".delta"))
        return sse(fake.frames(events[: told + 1]), ending="reset")

    def refusal(self, status: int, text: str) -> Reply:
        return failure(status, content={"error": {"message": text, "type": "error", "code": None}})

    def hear(self, request: RecordedRequest) -> Heard:
        asked: Json = dict(request.json)
        return Heard(
            texts=strings({"instructions": asked.get("instructions"), "input": asked.get("input")}),
            tools=tuple(tool["name"] for tool in asked.get("tools", ())),
            images=count(asked.get("input"), "input_image"),
            schema=(asked.get("text") or {}).get("format", {}).get("type") == "json_schema",
            reasoning="reasoning" in asked,
        )


def _response(saying: Saying) -> Json:
    output: list[Json] = []
    if saying.reasoning:
        output.append(fake.reasoning(saying.reasoning, encrypted="gAAAAB+/=="))
    if saying.text:
        output.append(fake.message(saying.text))
    for number, (id, name, arguments) in enumerate(saying.calls):
        output.append(fake.function_call(name, json.dumps(arguments), call_id=id, id=f"fc_{number}"))
    return fake.response(*output, used=fake.usage(saying.prompt_tokens, saying.completion_tokens))
