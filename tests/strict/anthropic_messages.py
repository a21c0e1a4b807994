"""Anthropic's Messages: alternating turns, results right behind their calls, thinking as it was signed."""

import re

from tests.fakes.anthropic_messages import answer, stream
from tests.fakes.replies import Reply
from tests.strict.upstream import Json, Move, StrictUpstream, opening_of_loop, require, require_paired

_CALL_ID = re.compile(r"[a-zA-Z0-9_-]+")
_BUDGET_MIN = 1024
_ORDER = {"thinking": 0, "text": 1, "tool_use": 2}


ClaudesThoughts = list[tuple[str, str]]
"""(thinking, signature) of earlier answers: the vendor's service and clouds that serve its models take each other's."""


class StrictMessages(StrictUpstream):
    protocol = "anthropic-messages"
    slug = "anthropic"
    model = "claude-sonnet-4-5"

    def __init__(self, said: ClaudesThoughts) -> None:
        super().__init__()
        self._said = said
        self.thinking_requests = 0

    def examine(self, body: Json) -> None:
        messages = body["messages"]
        for position, message in enumerate(messages):
            require(message["role"] == ("assistant" if position % 2 else "user"), "roles must alternate")
            require(message["content"], "a turn is empty")
            blank = any(block["type"] == "text" and not block["text"].strip() for block in message["content"])
            require(not blank, "a text is blank")
        require(messages[-1]["role"] == "user", "the last turn must be the user's")
        for turn, after in zip(messages[1::2], messages[2::2], strict=True):
            _examine_calls(turn, after)
        blocks = [block for turn in messages[1::2] for block in turn["content"]]
        thoughts = [(block["thinking"], block["signature"]) for block in blocks if block["type"] == "thinking"]
        require(thoughts == self._said, f"thinking {thoughts} is not what was said here")
        self._examine_thinking(body)

    def _examine_thinking(self, body: Json) -> None:
        thinking = body.get("thinking")
        if thinking is None:
            return
        self.thinking_requests += 1
        require(_BUDGET_MIN <= thinking["budget_tokens"] < body["max_tokens"], "budget_tokens is out of bounds")
        opening = opening_of_loop(body["messages"], lambda block: block["type"] == "tool_result")
        begins = opening is None or opening["content"][0]["type"] == "thinking"
        require(begins, "Expected `thinking`: the turn that opened the tool loop must start with it")

    def say(self, move: Move, asked: Json, *, stream: bool) -> Reply:
        content: list[Json] = []
        if "thinking" in asked:
            signature = f"EqQB{move.number}+/=="
            content.append({"type": "thinking", "thinking": move.thought, "signature": signature})
            self._said.append((move.thought, signature))
        if move.text is not None:
            content.append({"type": "text", "text": move.text})
        for ordinal in range(move.calls):
            arguments = move.arguments(ordinal)
            identifier = f"toolu_{move.number}_{ordinal}"
            content.append({"type": "tool_use", "id": identifier, "name": "add", "input": arguments})
        answered = _streamed if stream else answer
        return answered(*content, stop="tool_use" if move.calls else "end_turn")


_streamed = stream


def _examine_calls(turn: Json, after: Json) -> None:
    require(all(block["type"] in _ORDER for block in turn["content"]), "a block of the assistant's is unknown")
    kinds = [_ORDER[block["type"]] for block in turn["content"]]
    require(kinds == sorted(kinds), "blocks must be thinking, text, calls")
    calls = [block["id"] for block in turn["content"] if block["type"] == "tool_use"]
    require(all(_CALL_ID.fullmatch(call) for call in calls), f"an id of {calls} has other characters")
    results = [block.get("tool_use_id") for block in after["content"]]
    require_paired(calls, [result for result in results if result is not None])
    require(None not in results[: len(calls)], "results must come first")
