"""Vertex: Gemini without ids of calls, Claude named by the path; both for a bearer's token alone."""

import re

from tests.fakes.provider import RecordedRequest
from tests.strict.anthropic_messages import ClaudesThoughts, StrictMessages
from tests.strict.gemini import GeminisSignatures, StrictGemini
from tests.strict.upstream import Json, require

_VERSION = "vertex-2023-10-16"


class StrictVertexGemini(StrictGemini):
    protocol = "vertex-gemini"
    slug = "google-vertex"
    model = "gemini-3-pro-preview"
    takes_ids = False

    def __init__(self, signed: GeminisSignatures) -> None:
        super().__init__(signed)

    def examine_request(self, request: RecordedRequest) -> None:
        asks = rf"publishers/google/models/{self.model}:(generateContent|streamGenerateContent\?alt=sse)"
        _examine_address(request, rf"({asks}|cachedContents)")


class StrictVertexClaude(StrictMessages):
    protocol = "vertex-anthropic"
    slug = "google-vertex"
    model = "claude-opus-4-5"

    def __init__(self, said: ClaudesThoughts) -> None:
        super().__init__(said)

    def examine_request(self, request: RecordedRequest) -> None:
        _examine_address(request, rf"publishers/anthropic/models/{self.model}:(rawPredict|streamRawPredict)")
        require("anthropic-version" not in request.headers, "the version belongs into the body")

    def examine(self, body: Json) -> None:
        require(body.get("anthropic_version") == _VERSION, "anthropic_version: Field required")
        require("model" not in body, "model: Extra inputs are not permitted")
        super().examine(body)


def _examine_address(request: RecordedRequest, path: str) -> None:
    require(re.fullmatch(rf"/v1/{path}", request.path), f"no method at {request.path}")
    require(request.headers.get("authorization", "").startswith("Bearer "), "no OAuth token")
