"""Answers that name where their content lies, for the gateway to fetch before they are told (inference.md 22.2)."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from trunkline.protocols.answers import Facts, UsageReport


class AddressedBody(ABC):
    """An `AnswerBody` that is incomplete until `fill` has been called, once, with what lies at `addresses`."""

    facts: Facts
    addresses: tuple[str, ...] = ()
    """http(s) URLs, each once; empty: it is complete."""

    @abstractmethod
    def fill(self, contents: Mapping[str, bytes]) -> None:
        """What was fetched; an address without content could not be. Then `facts` are final."""

    @abstractmethod
    def render(self, report: UsageReport) -> bytes:
        """The client's body."""
