"""The first tab: everything that matters in short (site.md 3.2)."""

from msgspec import Struct

from trunkline.catalog.types import Model
from trunkline.listing.rows import ListedModel
from trunkline.statistics.apps import RankedApp
from trunkline.web.context import WebContext
from trunkline.web.pages.model.endpoints import EndpointView, endpoint_views
from trunkline.web.pages.model.head import Head
from trunkline.web.pages.model.samples.types import Sample
from trunkline.web.pages.model.samples.writing import samples
from trunkline.web.pages.model.traffic import recent_tokens, top_apps

SHORT = 4
SIMILAR = 4
APPS = 3
WEEK_DAYS = 7


class Overview(Struct, frozen=True, kw_only=True):
    """What the tab shows."""

    head: Head
    cheapest: list[EndpointView]
    fastest: list[EndpointView]
    """Empty while nothing was measured."""
    week: list[int] | None
    """Tokens of the last seven days, today last; None while the database is away."""
    apps: list[RankedApp]
    similar: list[ListedModel]
    sample: Sample
    parameters: list[tuple[str, str]]
    """(parameter, recommended default or nothing)."""


async def overview(context: WebContext, head: Head) -> Overview:
    """The tab as of now."""
    views = endpoint_views(context, head.model, "price")
    measured = [view for view in endpoint_views(context, head.model, "throughput") if view.throughput_tps is not None]
    return Overview(
        head=head,
        cheapest=views[:SHORT],
        fastest=measured[:SHORT],
        week=await recent_tokens(context, head.model.id, WEEK_DAYS),
        apps=await top_apps(context, head.model.id, APPS),
        similar=_similar(context, head.model),
        sample=samples(head.model, context.settings.public_url)[0],
        parameters=parameters(head.model),
    )


def parameters(model: Model) -> list[tuple[str, str]]:
    """Supported parameters, each with the author's default."""
    defaults = model.default_parameters or {}
    return [(name, f"{defaults[name]:g}" if name in defaults else "") for name in model.supported_parameters]


def _similar(context: WebContext, model: Model) -> list[ListedModel]:
    """Of the same kind, nearest in price; one for each lab, other labs first."""
    own = context.listing.row(model)

    def distance(row: ListedModel) -> tuple[bool, bool, float]:
        larger, smaller = max(row.score, own.score), min(row.score, own.score)
        apart = larger / smaller if smaller else float(larger)
        takes_as_much = set(model.input_modalities) <= set(row.model.input_modalities)
        return (row.model.author == model.author, not takes_as_much, apart)

    rows = [
        row
        for row in context.rows()
        if row.model.operation == model.operation and row.model.id.partition(":")[0] != model.id.partition(":")[0]
    ]
    found: dict[str, ListedModel] = {}
    for row in sorted(rows, key=distance):
        found.setdefault(row.model.author, row)
        if len(found) == SIMILAR:
            break
    return list(found.values())
