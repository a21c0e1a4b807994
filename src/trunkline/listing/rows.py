"""The rows of the model list, made once a minute for each snapshot, since prices may depend on the time."""

from msgspec import Struct

from trunkline.catalog.pricing import price_score, rates_at
from trunkline.catalog.types import Endpoint, Model, Snapshot
from trunkline.core.money import AttoUsd
from trunkline.listing.facts import InstanceFacts

FRESH_MS = 60_000
"""How long a list may be repeated (routing-and-catalog.md 20)."""


class ListedModel(Struct, frozen=True):
    """A row: the model, and what filters and sorting ask of it."""

    model: Model
    top: Endpoint
    """Where a request without preferences goes first."""
    score: AttoUsd
    """Price score of the top endpoint."""
    prompt: int
    completion: int
    """Its prices per token, in atto-USD."""

    @property
    def is_priced(self) -> bool:
        """False: the catalog has no price, which is not the same as zero."""
        return self.top.pricing.priced


class Listing:
    """All rows in their default order, newest first."""

    def __init__(self, facts: InstanceFacts) -> None:
        self._facts = facts
        self._made_of: Snapshot | None = None
        self._made_in: int = -1
        self._rows: tuple[ListedModel, ...] = ()

    def rows(self) -> tuple[ListedModel, ...]:
        """The rows of this minute; the same objects until it ends or the catalog changes."""
        snapshot, minute = self._facts.snapshot(), self._facts.now_ms() // FRESH_MS
        if snapshot is not self._made_of or minute != self._made_in:
            self._rows = tuple(self.row(model) for model in snapshot.models.values())
            self._made_of, self._made_in = snapshot, minute
        return self._rows

    def row(self, model: Model) -> ListedModel:
        """One row as of now."""
        now_ms = self._facts.now_ms()
        top = self._top(model, now_ms)
        rates = rates_at(top.pricing, 0, now_ms)
        return ListedModel(
            model=model,
            top=top,
            score=price_score(top.pricing, now_ms),
            prompt=rates.prompt,
            completion=rates.completion,
        )

    def _top(self, model: Model, now_ms: int) -> Endpoint:
        """Callable here, of the default tier, cheapest."""

        def position(endpoint: Endpoint) -> tuple[bool, bool, bool, int]:
            return (
                not self._facts.is_callable(endpoint),
                endpoint.tier != "default",
                not endpoint.pricing.priced,
                price_score(endpoint.pricing, now_ms),
            )

        return min(model.endpoints, key=position)
