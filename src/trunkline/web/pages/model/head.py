"""What stands above every tab of a model's page, and how a path finds its model (site.md 3.1)."""

from msgspec import Struct

from trunkline.catalog.types import Model, Snapshot
from trunkline.core.errors import ModelNotFound, NotFound
from trunkline.listing.rows import ListedModel
from trunkline.routing.slugs import resolve
from trunkline.web.context import WebContext

TABS = (
    ("Overview", ""),
    ("Providers", "providers"),
    ("Performance", "performance"),
    ("Pricing", "pricing"),
    ("Benchmarks", "benchmarks"),
    ("Apps", "apps"),
    ("Activity", "activity"),
    ("Uptime", "uptime"),
    ("API", "api"),
)
"""(title, last segment of the path)."""


class Head(Struct, frozen=True, kw_only=True):
    """The model, and its surroundings in the catalog."""

    row: ListedModel
    tab: str
    variants: list[Model]
    """Other rows of the same model: `:free` and the like."""
    successor: Model | None
    now_ms: int
    weekly_tokens: int | None

    @property
    def model(self) -> Model:
        return self.row.model

    @property
    def tabs(self) -> list[tuple[str, str]]:
        """(title, address) of each."""
        return [(title, f"/{self.model.id}/{segment}".rstrip("/")) for title, segment in TABS]


def find_model(context: WebContext, author: str, slug: str) -> Model:
    """The public model of a path, under any of its names; `~author/family-latest` is the newest of its line.

    Raises NotFound, for a private model too (MP-03).
    """
    snapshot, reference = context.facts.snapshot(), f"{author}/{slug}"
    if line := snapshot.families.get(reference.lower()):
        reference = line[0]
    try:
        found = resolve(snapshot, reference)
    except ModelNotFound as error:
        raise NotFound(error.message, availability=error.availability) from None
    if found.is_free_gone or found.model.private_to:
        raise NotFound(f"There is no model {reference}.")
    return found.model


def make_head(context: WebContext, model: Model, tab: str, weekly_tokens: int | None) -> Head:
    """The head of one tab."""
    snapshot = context.facts.snapshot()
    return Head(
        row=context.listing.row(model),
        tab=tab,
        variants=_variants(snapshot, model),
        successor=None if model.successor is None else snapshot.models.get(model.successor),
        now_ms=context.facts.now_ms(),
        weekly_tokens=weekly_tokens,
    )


def _variants(snapshot: Snapshot, model: Model) -> list[Model]:
    base = model.id.partition(":")[0]
    return [
        other
        for other in snapshot.models.values()
        if other.id.partition(":")[0] == base and other.id != model.id and not other.private_to
    ]
