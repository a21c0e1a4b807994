"""OpenAI Responses without storage: items in order, encrypted reasoning only of its own."""

import json

from tests.fakes.openai_responses import frames, function_call, message, reasoning, response, stream_of
from tests.fakes.replies import Reply, body, sse
from tests.strict.upstream import Json, Move, StrictUpstream, require, require_paired

_CALL_ID_CHARS_MAX = 64
_TEXT_TYPES = {"user": "input_text", "system": "input_text", "developer": "input_text", "assistant": "output_text"}


class StrictResponses(StrictUpstream):
    protocol = "openai-responses"

    def __init__(self, slug: str, model: str) -> None:
        super().__init__()
        self.slug = slug
        self.model = model
        self._said: list[Json] = []
        """Reasoning items of earlier answers."""

    def examine(self, body: Json) -> None:
        require(body.get("store") is False, "`store` must be false")
        require("reasoning.encrypted_content" in body["include"], "encrypted reasoning is not asked for")
        items = body["input"]
        thoughts = [item for item in items if _type(item) == "reasoning"]
        same = len(thoughts) == len(self._said) and all(map(_is_same, thoughts, self._said))
        require(same, f"reasoning {thoughts} is not what was said here")
        for item, following in zip(items, [*items[1:], None], strict=True):
            if _type(item) == "message":
                _examine_message(item)
            elif _type(item) == "reasoning":
                follows = following is not None and _type(following) in ("function_call", "message")
                require(follows, "reasoning without its required following item")
            elif _type(item) == "function_call":
                require(len(item["call_id"]) <= _CALL_ID_CHARS_MAX, "call_id is too long")
                require(isinstance(json.loads(item["arguments"]), dict), "arguments are no object")
            else:
                require(_type(item) == "function_call_output", f"unknown item {item['type']}")
        calls = [item["call_id"] for item in items if _type(item) == "function_call"]
        require_paired(calls, [item["call_id"] for item in items if _type(item) == "function_call_output"])

    def say(self, move: Move, asked: Json, *, stream: bool) -> Reply:
        thought = reasoning(move.thought, encrypted=f"gAAAAA{self.slug}{move.number}+/==", id=f"rs_{move.number}")
        self._said.append(thought)
        output = [thought]
        if move.text is not None:
            output.append(message(move.text))
        for ordinal in range(move.calls):
            place = f"{move.number}_{ordinal}"
            arguments = json.dumps(move.arguments(ordinal))
            output.append(function_call("add", arguments, call_id=f"call_{self.slug}_{place}", id=f"fc_{place}"))
        whole = response(*output)
        return sse(frames(stream_of(whole))) if stream else body(whole)


def _examine_message(item: Json) -> None:
    content = item["content"]
    require(content, "a message without content")
    if isinstance(content, list):
        expected = _TEXT_TYPES[item["role"]]
        require(all(part["type"] == expected for part in content), f"parts of {item['role']} must be {expected}")


def _type(item: Json) -> str:
    """A message may go without."""
    return item.get("type", "message")


def _is_same(thought: Json, said: Json) -> bool:
    """Whether it came back to the letter, perhaps without its id: what is sealed needs none."""
    return thought == said or thought == {name: value for name, value in said.items() if name != "id"}
