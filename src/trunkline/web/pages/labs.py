"""`/labs`, a lab's page `/{author}`, and curated lists `/collections` (site.md 9)."""

from collections.abc import Callable, Mapping

from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from trunkline.core.calendar import DAY_MS
from trunkline.listing.rows import ListedModel
from trunkline.statistics.rankings import rank_models
from trunkline.web.context import WebContext
from trunkline.web.pages.rankings.leaderboard import CHART_DAYS
from trunkline.web.pages.rankings.stacking import StackedDay, stack
from trunkline.web.rendering import Document


class Lab(Struct, frozen=True):
    """An author of models."""

    slug: str
    models: int
    weekly_tokens: int
    share_percent: float
    """Of all tokens of the week."""
    newest: ListedModel


class LabsView(Struct, frozen=True):
    """All labs, most models first."""

    labs: list[Lab]


class ModelListView(Struct, frozen=True, kw_only=True):
    """A list of models under a heading: a lab's, or a collection."""

    title: str
    lede: str
    mark: str | None
    """Slug that the icon is made from."""
    rows: list[ListedModel]
    columns: list[str]
    days: list[StackedDay]
    """Tokens of a lab's models by day; empty of a collection."""
    tokens: Mapping[str, int]
    now_ms: int


class Collection(Struct, frozen=True):
    """A saved filter with a name."""

    slug: str
    title: str
    lede: str
    has: Callable[[ListedModel], bool]


def _gives(modality: str) -> Callable[[ListedModel], bool]:
    return lambda row: modality in row.model.output_modalities


COLLECTIONS = (
    Collection("free", "Free models", "They cost nothing.", lambda row: row.is_priced and row.score == 0),
    Collection("open-weights", "Open weights", "Their weights can be downloaded.", lambda row: row.model.open_weights),
    Collection("reasoning", "Reasoning", "They think before they answer.", lambda row: row.model.reasoning is not None),
    Collection(
        "tools",
        "Tool calling",
        "They call functions that a request describes.",
        lambda row: "tools" in row.model.supported_parameters,
    ),
    Collection("vision", "Vision", "They look at pictures.", lambda row: {"image"} <= set(row.model.input_modalities)),
    Collection(
        "long-context",
        "Long context",
        "They read half a million tokens or more.",
        lambda row: (row.model.context_length or 0) >= 500_000,
    ),
    Collection(
        "zero-data-retention",
        "Zero data retention",
        "At least one endpoint keeps nothing.",
        lambda row: any(endpoint.data_policy.zdr for endpoint in row.model.endpoints),
    ),
    Collection("image", "Image generation", "They make pictures.", _gives("image")),
    Collection("embeddings", "Embeddings", "They place texts in space, for searching.", _gives("embeddings")),
    Collection("rerank", "Rerank", "They order documents by how well they answer a question.", _gives("rerank")),
    Collection("speech", "Speech", "They speak.", _gives("speech")),
    Collection("transcription", "Transcription", "They write down what was said.", _gives("transcription")),
    Collection("video", "Video", "They make films.", _gives("video")),
)


class CollectionsView(Struct, frozen=True):
    """All collections that have a model here, with how many."""

    collections: list[tuple[Collection, int]]


def routes(context: WebContext) -> list[Route]:
    """Pages with fixed paths; a lab's is in `author_routes`, because it matches any name."""

    async def show_labs(request: Request) -> Response:
        document = Document(
            template="labs.html", title="Labs", description="Who makes models.", page=LabsView(await _labs(context))
        )
        return await context.respond(request, document)

    async def show_collections(request: Request) -> Response:
        rows = context.rows()
        found = [(each, count) for each in COLLECTIONS if (count := sum(map(each.has, rows)))]
        document = Document(
            template="collections.html",
            title="Collections",
            description="Models by what they are good for.",
            page=CollectionsView(found),
        )
        return await context.respond(request, document)

    async def show_collection(request: Request) -> Response:
        name = request.path_params["name"]
        found = next((each for each in COLLECTIONS if each.slug == name), None)
        if found is None:
            raise HTTPException(404)
        rows = [row for row in context.rows() if found.has(row)]
        return await _model_list(context, request, found.title, found.lede, rows, None)

    return [
        Route("/labs", show_labs),
        Route("/collections", show_collections),
        Route("/collections/{name}", show_collection),
    ]


def author_routes(context: WebContext) -> list[Route]:
    """`/{author}`."""

    async def show(request: Request) -> Response:
        author = request.path_params["author"]
        rows = [row for row in context.rows() if row.model.author.lower() == author.lower()]
        if not rows:
            raise HTTPException(404)
        name = rows[0].model.author
        if name != author:
            return RedirectResponse(f"/{name}", 302)
        lede = f"{len(rows)} model{'' if len(rows) == 1 else 's'} on this instance, newest first."
        return await _model_list(context, request, lab_name(rows[0]), lede, rows, name)

    return [Route("/{author}", show)]


def lab_name(row: ListedModel) -> str:
    """The lab's own spelling, which stands before the colon of its models' names."""
    name, colon, _ = row.model.name.partition(": ")
    return name if colon else row.model.author


async def _model_list(
    context: WebContext, request: Request, title: str, lede: str, rows: list[ListedModel], mark: str | None
) -> Response:
    columns, days = await _by_day(context, rows) if mark is not None else ([], [])
    view = ModelListView(
        title=title,
        lede=lede,
        mark=mark,
        rows=rows,
        columns=columns,
        days=days,
        tokens=await context.weekly_tokens(),
        now_ms=context.facts.now_ms(),
    )
    document = Document(template="model_list.html", title=title, description=f"{title}: {lede}", page=view)
    return await context.respond(request, document)


async def _by_day(context: WebContext, rows: list[ListedModel]) -> tuple[list[str], list[StackedDay]]:
    """The last thirty days of these models; nothing where rankings are not public."""
    if context.settings.site.rankings != "public":
        return [], []
    today = context.facts.now_ms() // DAY_MS
    first, models = today - CHART_DAYS + 1, {row.model.id for row in rows}
    found = await context.tried(context.database.read(rank_models, first, today, models=models))
    if not found:
        return [], []
    return stack([(row.day, row.permaslug, row.total_tokens) for row in found], first, today)


async def _labs(context: WebContext) -> list[Lab]:
    tokens = await context.weekly_tokens()
    by_author: dict[str, list[ListedModel]] = {}
    for row in context.rows():
        by_author.setdefault(row.model.author, []).append(row)
    whole = sum(tokens.values())
    labs: list[Lab] = []
    for author, rows in by_author.items():
        own = sum(tokens.get(row.model.id, 0) for row in rows)
        labs.append(Lab(author, len(rows), own, 100 * own / whole if whole else 0, rows[0]))
    return sorted(labs, key=lambda lab: (-lab.weekly_tokens, -lab.models, lab.slug))
