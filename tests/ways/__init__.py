"""The ways in, each seen alike: how one case is asked in its format, and what its answer told.

Each module here has one `Way`; a test that holds for all of them takes them as a parameter.
"""

from dataclasses import dataclass, field
from typing import Any, Protocol

Json = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """What is asked, in no format. `turns` are earlier messages as chat has them: role, content, tool calls."""

    text: str = "Hi"
    system: str | None = None
    turns: tuple[Json, ...] = ()
    image_url: str | None = None
    tools: tuple[Json, ...] = ()
    """`{"name", "description", "parameters"}` each."""
    schema: Json | None = None
    """Asks for structured output of this JSON Schema."""
    effort: str | None = None
    max_tokens: int | None = None
    stream: bool = False


@dataclass
class Told:
    """What an answer told, whole or streamed. Calls are (id, name, arguments); `finish` is chat's word for the end."""

    text: str = ""
    reasoning: str = ""
    calls: list[tuple[str, str, str]] = field(default_factory=list)
    images: int = 0
    finish: str | None = None
    usage: tuple[int, int] | None = None
    """Prompt and completion tokens."""
    cost: float | None = None
    error: str | None = None
    """Its `error_type`, or what stands for it inside a stream; None for a good answer."""
    ended: bool = False
    """The format's own end was told."""


class Way(Protocol):
    """One inbound format."""

    name: str
    path: str
    """Under the API root, `/chat/completions` for example."""

    def body(self, model: str, case: Case) -> Json:
        """The request."""
        ...

    def read(self, text: str, *, stream: bool) -> Told:
        """What the body of a response with any status says. Raises AssertionError where it is not as it must be."""
        ...
