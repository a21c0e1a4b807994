"""Claude behind Bedrock's Converse: turns as strict as the vendor's own, ids of calls of bounded length."""

import re
from typing import Any

from tests.fakes.bedrock_converse import answer, stream
from tests.fakes.replies import Reply
from tests.strict.anthropic_messages import ClaudesThoughts
from tests.strict.upstream import Json, Move, StrictUpstream, opening_of_loop, require, require_paired

_CALL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_BUDGET_MIN = 1024
_ORDER = ("reasoningContent", "text", "toolUse")


class StrictConverse(StrictUpstream):
    protocol = "bedrock-converse"
    slug = "amazon-bedrock"
    model = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"

    def __init__(self, said: ClaudesThoughts) -> None:
        super().__init__()
        self._said = said
        self.thinking_requests = 0

    def examine(self, body: Json) -> None:
        messages = body["messages"]
        for position, message in enumerate(messages):
            require(message["role"] == ("assistant" if position % 2 else "user"), "roles must alternate")
            require(message["content"], "a turn is empty")
            require(all(block.get("text", "x").strip() for block in message["content"]), "a text is blank")
        require(messages[-1]["role"] == "user", "the last turn must be the user's")
        for turn, after in zip(messages[1::2], messages[2::2], strict=True):
            _examine_calls(turn, after)
        blocks = [block["reasoningContent"] for turn in messages for block in turn["content"] if _is_thought(block)]
        thoughts = [(block["reasoningText"]["text"], block["reasoningText"]["signature"]) for block in blocks]
        require(thoughts == self._said, f"reasoning {thoughts} is not what Claude said")
        require(body["toolConfig"]["tools"], "tools must be defined where the history has calls")
        self._examine_thinking(body)

    def _examine_thinking(self, body: Json) -> None:
        thinking = _thinking(body)
        if thinking is None:
            return
        self.thinking_requests += 1
        cap = body["inferenceConfig"]["maxTokens"]
        require(_BUDGET_MIN <= thinking["budget_tokens"] < cap, "budget_tokens is out of bounds")
        opening = opening_of_loop(body["messages"], lambda block: "toolResult" in block)
        begins = opening is None or _is_thought(opening["content"][0])
        require(begins, "Expected `thinking`: the turn that opened the tool loop must start with it")

    def say(self, move: Move, asked: Json, *, stream: bool) -> Reply:
        content: list[Json] = []
        if _thinking(asked) is not None:
            signature = f"EuBr{move.number}+/=="
            content.append({"reasoningContent": {"reasoningText": {"text": move.thought, "signature": signature}}})
            self._said.append((move.thought, signature))
        if move.text is not None:
            content.append({"text": move.text})
        for ordinal in range(move.calls):
            use = {"toolUseId": f"tooluse_{move.number}-{ordinal}", "name": "add", "input": move.arguments(ordinal)}
            content.append({"toolUse": use})
        answered = _streamed if stream else answer
        return answered(*content, stop="tool_use" if move.calls else "end_turn")


_streamed = stream


def _thinking(body: Json) -> Any:
    return body.get("additionalModelRequestFields", {}).get("thinking")


def _is_thought(block: Json) -> bool:
    return "reasoningContent" in block


def _examine_calls(turn: Json, after: Json) -> None:
    kinds = [_ORDER.index(kind) for block in turn["content"] for kind in block if kind != "cachePoint"]
    require(kinds == sorted(kinds), "blocks must be reasoning, text, calls")
    calls = [block["toolUse"]["toolUseId"] for block in turn["content"] if "toolUse" in block]
    require(all(_CALL_ID.fullmatch(call) for call in calls), f"an id of {calls} has another form")
    results = [block["toolResult"]["toolUseId"] for block in after["content"] if "toolResult" in block]
    require_paired(calls, results)
    require(all("toolResult" in block for block in after["content"][: len(calls)]), "results must come first")
