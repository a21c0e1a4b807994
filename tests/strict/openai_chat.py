"""Servers of chat completions with habits of their own: DeepSeek, which thinks aloud, and Mistral, which is strict."""

import json
import re
from abc import abstractmethod
from itertools import pairwise

from tests.fakes.openai_chat import function_call
from tests.fakes.replies import Reply, answer, stream
from tests.strict.upstream import Json, Move, StrictUpstream, require, require_paired

_ASSISTANT = frozenset({"role", "content", "tool_calls"})
_OTHERS = {
    "system": frozenset({"role", "content"}),
    "user": frozenset({"role", "content"}),
    "tool": frozenset({"role", "content", "tool_call_id"}),
}


class StrictChat(StrictUpstream):
    """What both insist on: known members, something said in each message, results right behind their calls."""

    protocol = "openai-chat"
    assistant_members = _ASSISTANT

    def examine(self, body: Json) -> None:
        messages = body["messages"]
        waiting: list[str] = []
        answered: list[str] = []
        for message in messages:
            role = message["role"]
            known = self.assistant_members if role == "assistant" else _OTHERS[role]
            require(message.keys() <= known, f"{role} has {sorted(message.keys() - known)}")
            if role == "tool":
                answered.append(message["tool_call_id"])
                continue
            require_paired(waiting, answered)
            waiting, answered = [call["id"] for call in message.get("tool_calls") or []], []
            require(message["content"] or waiting, f"{role} says nothing")
            if role == "assistant":
                self.examine_assistant(message)
        require_paired(waiting, answered)
        require(messages[-1]["role"] in ("user", "tool"), "the last message must be of user or tool")

    @abstractmethod
    def examine_assistant(self, message: Json) -> None: ...

    @abstractmethod
    def call_id(self, move: Move, ordinal: int) -> str: ...

    def say(self, move: Move, asked: Json, *, stream: bool) -> Reply:
        calls = [
            function_call("add", json.dumps(move.arguments(ordinal)), id=self.call_id(move, ordinal))
            for ordinal in range(move.calls)
        ]
        return self.told(move.text, calls, stream=stream)

    def told(self, text: str | None, calls: list[Json], *, stream: bool, **thought: str) -> Reply:
        finish = "tool_calls" if calls else "stop"
        if not stream:
            members: Json = {"tool_calls": calls} if calls else {}
            return answer(text, finish=finish, **thought, **members)
        items: list[Json] = [dict(thought)] if thought else []
        if text is not None:
            items.append({"content": text})
        items += [{"tool_calls": [{"index": index, **call}]} for index, call in enumerate(calls)]
        return _streamed(items, finish=finish, send_usage=True)


_streamed = stream


class StrictDeepSeek(StrictChat):
    """Thinks the same words every time, and wants them back beside each call."""

    slug = "deepseek"
    model = "deepseek-v4-flash"
    assistant_members = _ASSISTANT | {"reasoning_content"}
    thought = "Let me work it out."

    def examine_assistant(self, message: Json) -> None:
        if message.get("tool_calls"):
            missing = "The `reasoning_content` in the thinking mode must be passed back to the API."
            require(isinstance(message.get("reasoning_content"), str), missing)
        require(message.get("reasoning_content") in (None, "", self.thought), "the thoughts of another model")

    def call_id(self, move: Move, ordinal: int) -> str:
        """With characters that others refuse."""
        return f"functions.add:{move.number}{ordinal}"

    def told(self, text: str | None, calls: list[Json], *, stream: bool, **thought: str) -> Reply:
        return super().told(text, calls, stream=stream, reasoning_content=self.thought)


class StrictMistral(StrictChat):
    slug = "mistral"
    model = "mistral-large-latest"
    _call_id = re.compile(r"[a-zA-Z0-9]{9}")

    def examine(self, body: Json) -> None:
        super().examine(body)
        roles = [message["role"] for message in body["messages"]]
        for role, following in pairwise(roles):
            require((role, following) != ("tool", "user"), "Unexpected role 'user' after role 'tool'")
        require("stream_options" not in body, "Extra inputs are not permitted: stream_options")

    def examine_assistant(self, message: Json) -> None:
        for call in message.get("tool_calls") or []:
            require(self._call_id.fullmatch(call["id"]), f"Tool call id was {call['id']} but must be 9 characters")
            require(call.keys() == {"id", "type", "function"}, f"Extra inputs are not permitted: {sorted(call)}")

    def call_id(self, move: Move, ordinal: int) -> str:
        return f"m{move.number:04d}{ordinal:04d}"
