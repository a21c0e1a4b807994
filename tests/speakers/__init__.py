"""The upstream formats, each seen alike: how one saying is answered in it, and what a request in it asked for.

The counterpart of `tests/ways`. Each module here has one `Speaker`; a test that holds for every upstream takes them as
a parameter. What a speaker hears it reads by itself, not through the product's own code.
"""

import json
from dataclasses import dataclass
from typing import Any, Protocol

from tests.fakes.provider import RecordedRequest
from tests.fakes.replies import Call, Reply

Json = dict[str, Any]


@dataclass(frozen=True)
class Saying:
    """What a model answers, in no format. Calls are (id, name, arguments)."""

    text: str = ""
    reasoning: str = ""
    calls: tuple[tuple[str, str, Json], ...] = ()
    prompt_tokens: int = 12
    completion_tokens: int = 7


@dataclass(frozen=True)
class Heard:
    """What a request asked for."""

    texts: tuple[str, ...]
    """Of all messages, the system's too."""
    tools: tuple[str, ...] = ()
    images: int = 0
    schema: bool = False
    """Asked for natively; where a tool stands in for it, it is among `tools`."""
    reasoning: bool = False
    """Reasoning was asked for by some parameter."""


class Speaker(Protocol):
    """One upstream format."""

    protocol: str
    """The catalog's name."""

    def whole(self, saying: Saying) -> Reply:
        """The answer at once."""
        ...

    def stream(self, saying: Saying) -> Reply:
        """The same answer, piece by piece."""
        ...

    def cut(self, saying: Saying) -> Reply:
        """A stream whose connection breaks after the first content, before the end."""
        ...

    def refusal(self, status: int, text: str) -> Reply:
        """An error answer."""
        ...

    def hear(self, request: RecordedRequest) -> Heard:
        """What was asked."""
        ...


def stand_in(asked: Json, saying: Saying, forced: str | None) -> Saying:
    """Where a tool stands in for a schema (`forced` is its name), the answer is a call of it."""
    if forced is None or not saying.text.startswith("{"):
        return saying
    return Saying("", saying.reasoning, (("call_schema", forced, json.loads(saying.text)),))


def replying(make: Any) -> Reply:
    """A reply that is made from the request's body."""

    async def reply(call: Call) -> None:
        await make(dict(call.json))(call)

    return reply


def strings(value: object) -> tuple[str, ...]:
    """Every `text` in a JSON value, and every string that is somebody's whole content, in their order."""
    found: list[str] = []
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in ("text", "content", "instructions", "system", "input") and isinstance(inner, str):
                found.append(inner)
            else:
                found += strings(inner)
    elif isinstance(value, list):
        for inner in value:
            found += strings(inner)
    return tuple(found)


def count(value: object, wanted: str) -> int:
    """How many objects in a JSON value have `wanted` as their `type` or as a member."""
    if isinstance(value, dict):
        here = value.get("type") == wanted or wanted in value
        return int(here) or sum(count(inner, wanted) for inner in value.values())
    return sum(count(inner, wanted) for inner in value) if isinstance(value, list) else 0
