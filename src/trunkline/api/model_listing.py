"""The rows of the model list as JSON, rendered once for as long as the rows themselves are the same."""

from msgspec import Raw

from trunkline.api.model_objects import model_object
from trunkline.api.price_objects import price_strings
from trunkline.catalog.types import Model
from trunkline.core.json import raw
from trunkline.listing.facts import InstanceFacts
from trunkline.listing.rows import ListedModel, Listing


class JsonListing:
    """`Listing` with bodies."""

    def __init__(self, facts: InstanceFacts) -> None:
        self._facts = facts
        self._listing = Listing(facts)
        self._rendered: tuple[ListedModel, ...] = ()
        self._bodies: dict[str, Raw] = {}

    def rows(self) -> tuple[ListedModel, ...]:
        """All rows, newest first."""
        return self._listing.rows()

    def body(self, model: Model) -> Raw:
        """The row of a listed model, ready to be sent."""
        rows = self._listing.rows()
        if rows is not self._rendered:
            self._bodies = {row.model.id: self._render(row) for row in rows}
            self._rendered = rows
        return self._bodies[model.id]

    def _render(self, row: ListedModel) -> Raw:
        prices = price_strings(row.top.pricing, self._facts.now_ms())
        return raw(model_object(row.model, row.top, prices))
