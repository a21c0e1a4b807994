"""Gemini 3: signatures on the parts that they came with and in each step of the last turn, a result for each call.

What is cached counts as said: a request that names a cached content is examined with that in front of it.
"""

import json

from tests.fakes.cached_contents import CachedContents, creates
from tests.fakes.cached_contents import RefusedError as CacheRefusedError
from tests.fakes.provider import RecordedRequest
from tests.fakes.replies import Reply, body, sse
from tests.strict.upstream import Json, Move, RefusedError, StrictUpstream, require, require_paired
from trunkline.core.clock import SystemClock

_SKIPS = "skip_thought_signature_validator"
_DATA = {"text", "functionCall", "functionResponse"}


GeminisSignatures = dict[str, object]
"""Signature of an earlier answer → the text or the arguments that it came with: Google's two services know each
other's."""


class StrictGemini(StrictUpstream):
    protocol = "google-gemini"
    slug = "google-ai-studio"
    model = "gemini-3-flash-preview"
    takes_ids = True

    def __init__(self, signed: GeminisSignatures) -> None:
        super().__init__()
        self._signed = signed
        self.caches = CachedContents(SystemClock())
        self.provider.when(lambda request: creates(request.path), self.caches.create)

    def whole(self, request: RecordedRequest) -> Json | None:
        """With what is cached in front. A turn that the end of the prefix cuts is one."""
        asked = request.json
        if creates(request.path):
            self._examine_creation(asked)
            return None
        try:
            cached = self.caches.kept_for(request.path, asked).get("contents", [])
        except CacheRefusedError as refused:
            raise RefusedError(refused.message) from None
        contents = asked["contents"]
        if cached and cached[-1]["role"] == contents[0]["role"]:
            parts = [*cached[-1]["parts"], *contents[0]["parts"]]
            return {**asked, "contents": [*cached[:-1], {**contents[0], "parts": parts}, *contents[1:]]}
        return {**asked, "contents": [*cached, *contents]}

    def _examine_creation(self, asked: Json) -> None:
        require(asked["model"].endswith(f"models/{self.model}"), "another model's content")
        require(all(content["parts"] for content in asked.get("contents", [])), "a turn is empty")

    def examine(self, body: Json) -> None:
        contents = body["contents"]
        for position, content in enumerate(contents):
            require(content["role"] == ("model" if position % 2 else "user"), "roles must alternate")
            require(content["parts"], "a turn is empty")
            one_each = all(len(part.keys() & _DATA) == 1 for part in content["parts"])
            require(one_each, "a part must have one of its data fields")
        require(contents[-1]["role"] == "user", "the last turn must be the user's")
        for turn, after in zip(contents[1::2], contents[2::2], strict=True):
            _examine_calls(turn["parts"], after["parts"], with_ids=self.takes_ids)
        self._examine_signatures(contents)
        first_of_turn = max(at for at, content in enumerate(contents) if any("text" in p for p in content["parts"][:1]))
        for step in contents[first_of_turn:]:
            calls = [part for part in step["parts"] if "functionCall" in part]
            require(not calls or "thoughtSignature" in calls[0], "the first functionCall lacks a thought_signature")

    def _examine_signatures(self, contents: list[Json]) -> None:
        returned: list[str] = []
        for part in (part for content in contents for part in content["parts"] if "thoughtSignature" in part):
            signature = part["thoughtSignature"]
            if signature == _SKIPS:
                require("functionCall" in part, "only calls may go unvalidated")
                continue
            said = part["functionCall"]["args"] if "functionCall" in part else part["text"]
            require(self._signed.get(signature) == said, f"thought signature {signature} is not valid on {said}")
            returned.append(signature)
        require(returned == list(self._signed), f"signatures {returned} came back of {list(self._signed)}")

    def say(self, move: Move, asked: Json, *, stream: bool) -> Reply:
        parts: list[Json] = [{"text": move.thought, "thought": True}]
        signature = f"CiQB{move.number}+/=="
        if move.text is not None:
            parts.append({"text": move.text})
        parts += [{"functionCall": {"name": "add", "args": move.arguments(n)}} for n in range(move.calls)]
        # The first call is signed, or the end of the words.
        signed = next((part for part in parts if "functionCall" in part), parts[-1])
        signed["thoughtSignature"] = signature
        self._signed[signature] = move.arguments(0) if move.calls else move.text
        usage = {**self.caches.usage(asked), "candidatesTokenCount": 5}
        if not stream:
            return body(_answer(parts, usage, finish=True))
        chunks = [_answer([part], usage, finish=part is parts[-1]) for part in parts]
        return sse([b"data: " + json.dumps(chunk).encode() + b"\r\n\r\n" for chunk in chunks])


def _answer(parts: list[Json], usage: Json, *, finish: bool) -> Json:
    candidate: Json = {"content": {"role": "model", "parts": parts}, "index": 0}
    if finish:
        candidate["finishReason"] = "STOP"
    return {"candidates": [candidate], "usageMetadata": usage}


def _examine_calls(parts: list[Json], after: list[Json], *, with_ids: bool) -> None:
    calls = [part["functionCall"] for part in parts if "functionCall" in part]
    results = [part["functionResponse"] for part in after if "functionResponse" in part]
    if with_ids:
        require_paired([call["id"] for call in calls], [result["id"] for result in results], in_order=True)
    else:
        require(not any("id" in one for one in (*calls, *results)), "Unknown name id: Cannot find field.")
    require([call["name"] for call in calls] == [result["name"] for result in results], "results name other functions")
    require(all(isinstance(result["response"], dict) for result in results), "a response must be an object")
