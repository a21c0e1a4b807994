"""Upstreams that take a conversation only as the real ones do, and answer the next move of a script.

Each format has its own class: `examine` refuses what the vendor refuses with a 400, and insists that what this
upstream itself once said (signatures, encrypted reasoning) came back to the letter. `reply` says a `Move` in its way.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from tests.fakes.provider import FakeProvider, RecordedRequest
from tests.fakes.replies import Call, Reply

Json = dict[str, Any]


class Move(Struct, frozen=True):
    """One answer of the script: words, calls of the tool `add`, or both. `number` makes it unlike all others."""

    number: int
    text: str | None = None
    calls: int = 0

    @property
    def thought(self) -> str:
        return f"Thinking for the time {self.number} …"

    def arguments(self, ordinal: int) -> Json:
        return {"a": self.number, "b": ordinal}


class RefusedError(Exception):
    """What a real upstream answers 400 to."""


def require(holds: object, complaint: str) -> None:
    if not holds:
        raise RefusedError(complaint)


class StrictUpstream(ABC):
    """A format's server. `provider` is the fake that it sits in."""

    protocol: str
    slug: str
    """The provider's name in the catalog: quirks hang on it."""
    model: str

    def __init__(self) -> None:
        self.provider = FakeProvider(check=self._check)

    @abstractmethod
    def examine(self, body: Json) -> None:
        """Raises RefusedError."""

    def examine_request(self, request: RecordedRequest) -> None:
        """What is strict beside the body: path and headers. Raises RefusedError."""
        require(request.method == "POST", f"{request.method} is not allowed")

    def whole(self, request: RecordedRequest) -> Json | None:
        """The body to `examine`; None: the call asks no model. Raises RefusedError."""
        return request.json

    @abstractmethod
    def say(self, move: Move, asked: Json, *, stream: bool) -> Reply:
        """The reply to the request `asked`. What it signs is remembered."""

    def answer_next(self, move: Move, *, stream: bool) -> None:
        """Say `move` to the next request that is not refused."""

        async def reply(call: Call) -> None:
            await self.say(move, call.json, stream=stream)(call)

        self.provider.then(reply)

    def _check(self, request: RecordedRequest) -> str | None:
        try:
            self.examine_request(request)
            asked = self.whole(request)
            if asked is not None:
                self.examine(asked)
        except RefusedError as refusal:
            return f"{self.slug}: {refusal}"
        return None


def require_paired(calls: Sequence[str], results: Sequence[str], *, in_order: bool = False) -> None:
    """Each call of a turn is answered exactly once, before anything else."""
    require(len(set(calls)) == len(calls), f"ids of calls are repeated: {calls}")
    paired = list(calls) == list(results) if in_order else sorted(calls) == sorted(results)
    require(paired, f"calls {calls} are answered by {results}")


def opening_of_loop(messages: Sequence[Json], is_result: Callable[[Json], bool]) -> Json | None:
    """The first of Claude's turns since the user last said something other than results; None when that was now."""
    opening: Json | None = None
    for message in reversed(messages):
        if message["role"] == "assistant":
            opening = message
        elif not all(map(is_result, message["content"])):
            break
    return opening
