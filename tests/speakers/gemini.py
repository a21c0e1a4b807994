"""Google's Gemini, at AI Studio and at Vertex."""

import json
from dataclasses import dataclass

from tests.fakes.provider import RecordedRequest
from tests.fakes.replies import Reply, body, sse
from tests.speakers import Heard, Json, Saying, count, strings


@dataclass(frozen=True)
class GeminiSpeaker:
    """Implements `Speaker`. Calls have no ids here."""

    protocol: str = "google-gemini"

    def whole(self, saying: Saying) -> Reply:
        return body(_chunk(_parts(saying), saying))

    def stream(self, saying: Saying) -> Reply:
        parts = _parts(saying)
        return sse([_event(_chunk([part])) for part in parts[:-1]] + [_event(_chunk(parts[-1:], saying))])

    def cut(self, saying: Saying) -> Reply:
        return sse([_event(_chunk(_parts(saying)[:1]))], ending="reset")

    def refusal(self, status: int, text: str) -> Reply:
        return body({"error": {"code": status, "message": text, "status": "UNKNOWN"}}, status=status)

    def hear(self, request: RecordedRequest) -> Heard:
        asked: Json = dict(request.json)
        config = asked.get("generationConfig") or {}
        declared = [tool.get("functionDeclarations", ()) for tool in asked.get("tools", ())]
        return Heard(
            texts=strings({"a": asked.get("systemInstruction"), "b": asked.get("contents")}),
            tools=tuple(function["name"] for functions in declared for function in functions),
            images=count(asked.get("contents"), "inlineData"),
            schema="responseJsonSchema" in config or "responseSchema" in config,
            reasoning="thinkingConfig" in config,
        )


def _parts(saying: Saying) -> list[Json]:
    parts: list[Json] = []
    if saying.reasoning:
        parts += [{"text": piece, "thought": True} for piece in (saying.reasoning[:3], saying.reasoning[3:])]
    if saying.text:
        parts += [{"text": piece} for piece in (saying.text[:3], saying.text[3:])]
    parts += [{"functionCall": {"name": name, "args": arguments}} for _, name, arguments in saying.calls]
    return parts


def _chunk(parts: list[Json], end: Saying | None = None) -> Json:
    candidate: Json = {"content": {"role": "model", "parts": parts}, "index": 0}
    if end is not None:
        candidate["finishReason"] = "STOP"
    counted = {"promptTokenCount": 12, "candidatesTokenCount": 1}
    if end is not None:
        counted = {"promptTokenCount": end.prompt_tokens, "candidatesTokenCount": end.completion_tokens}
    return {"candidates": [candidate], "usageMetadata": counted, "responseId": "r1", "modelVersion": "gemini-3"}


def _event(chunk: Json) -> bytes:
    return b"data: " + json.dumps(chunk).encode() + b"\r\n\r\n"
