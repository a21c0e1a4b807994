"""The parts of the service, and how many attempts at each failed."""

from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct

from trunkline.catalog.types import Operation, Snapshot
from trunkline.statistics.history import MinuteCount
from trunkline.web.pages.status.states import Counts, State

API_TITLES: Mapping[Operation, str] = {
    "chat": "Chat, Responses and Messages",
    "embeddings": "Embeddings",
    "rerank": "Rerank",
    "image": "Images",
    "speech": "Speech",
    "transcription": "Transcription",
    "video": "Video",
}
"""Requests of one kind have the same models behind them, whatever format they come in."""
ROUTING = "Routing of requests"
WEBSITE = "Website"
DATABASE = "Billing and database"


class Component(Struct, frozen=True, kw_only=True):
    """A part of the service, its state, and a bar for each day, oldest first."""

    name: str
    state: State
    bars: list[tuple[str, float | None]]
    incident: str | None = None
    """Anchor of the incident that says so."""


class Naming:
    """Which component an endpoint's attempts belong to; empty: to none that is shown."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def operation(self, endpoint_id: str) -> str:
        model = self._snapshot.models.get(endpoint_id.partition("|")[0])
        return "" if model is None else API_TITLES[model.operation]

    def provider(self, endpoint_id: str) -> str:
        """An endpoint's id ends with its tag, which begins with the provider's slug."""
        slug = endpoint_id.rpartition("|")[2].partition("/")[0]
        provider = self._snapshot.providers.get(slug)
        return "" if provider is None else provider.name

    def routing(self, endpoint_id: str) -> str:
        return ROUTING

    @property
    def all(self) -> tuple[Callable[[str], str], ...]:
        return (self.operation, self.provider, self.routing)


def failing(minutes: Iterable[MinuteCount], naming: Naming) -> dict[str, Counts]:
    """Component → failures and counted attempts of the last minutes."""
    found: dict[str, Counts] = {}
    for row in minutes:
        for name_of in naming.all:
            name = name_of(row.endpoint_id)
            bad, counted = found.get(name, (0, 0))
            found[name] = (bad + row.failures, counted + row.successes + row.failures)
    return found
