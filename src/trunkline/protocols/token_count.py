"""Counting a prompt's tokens without an answer (inference.md 18.6): what a format with a counter of its own offers."""

from typing import Protocol

from msgspec import Struct

from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.client import AskedRequest


class CounterCall(Struct, frozen=True):
    """What the upstream's counter is sent; `path` is relative to the provider's base URL."""

    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


class CountedRequest(AskedRequest, Protocol):
    """A request whose prompt can be counted."""

    def counter_call(self, target: UpstreamTarget, betas: tuple[str, ...]) -> CounterCall | None:
        """None where the endpoint's format has no counter, or its service offers none. Raises InvalidRequest or
        InvalidPrompt for what the endpoint cannot be sent."""
        ...

    def read_count(self, data: bytes) -> int | None:
        """What the counter said; None when that is no count."""
        ...
