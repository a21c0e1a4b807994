"""The rows of the model list as JSON, rendered once for as long as the rows themselves are the same."""

from msgspec import Raw

from trunkline.api.model_objects import model_object
from trunkline.api.price_objects import price_strings
from trunkline.catalog.types import Model
from trunkline.core.json import raw
from trunkline.listing.facts import InstanceFacts
from trunkline.listing.indirect import alias_target, indirect_rows
from trunkline.listing.rows import ListedModel, Listing
from trunkline.routing.routers.names import ROUTER_PREFIXES, router_of


class JsonListing:
    """`Listing` with bodies, and with rows of the names that lead to models."""

    def __init__(self, facts: InstanceFacts) -> None:
        self._facts = facts
        self._listing = Listing(facts)
        self._made_of: tuple[ListedModel, ...] = ()
        self._rows: tuple[ListedModel, ...] = ()
        self._bodies: dict[str, Raw] = {}

    def rows(self) -> tuple[ListedModel, ...]:
        """Models, aliases and routers, newest first, ties by id."""
        models = self._listing.rows()
        if models is not self._made_of:
            indirect = indirect_rows(models, self._facts)
            self._rows = tuple(sorted((*models, *indirect), key=_age))
            self._bodies = {row.model.id: self._render(row) for row in self._rows}
            self._made_of = models
        return self._rows

    def named(self, model_id: str) -> Model | None:
        """The alias or router of that name, as it is listed; None for everything else."""
        wanted = model_id.lower()
        if not wanted.startswith(("~", *ROUTER_PREFIXES)):
            return None
        wanted = router_of(wanted) or wanted
        return next((row.model for row in self.rows() if row.model.id == wanted), None)

    def body(self, model: Model) -> Raw:
        """The row of a listed model, ready to be sent."""
        self.rows()
        return self._bodies[model.id]

    def _render(self, row: ListedModel) -> Raw:
        prices = price_strings(row.top.pricing, self._facts.now_ms())
        target = alias_target(self._facts.snapshot(), row.model.id, self._facts) if row.model.id[:1] == "~" else None
        return raw(model_object(row.model, row.top, prices, target))


def _age(row: ListedModel) -> tuple[int, str]:
    return -row.model.created_s, row.model.id
