"""What share of the tokens had something: a lab, a length of the prompt, a call of a tool, a kind of model."""

from collections.abc import Callable, Mapping

from msgspec import Struct

from trunkline.statistics.rankings import BUCKETS, OTHER, ContextBucket, rank_models
from trunkline.web.context import WebContext
from trunkline.web.pages.rankings.leaderboard import Place, summed
from trunkline.web.pages.rankings.spans import Window

SHORT = 10
_CONTEXTS: Mapping[ContextBucket, str] = {
    "1K": "up to 1K",
    "10K": "1K to 10K",
    "100K": "10K to 100K",
    "1M": "100K to 1M",
    "10M": "above 1M",
}


class Share(Struct, frozen=True):
    """A part of all tokens, in percent."""

    name: str
    tokens: int
    percent: float


def by_lab(places: list[Place]) -> list[Share]:
    """Authors of models."""
    return _by(places, lambda place: place.permaslug.partition("/")[0])


def by_modality(places: list[Place]) -> list[Share]:
    """What the models take, not what each request had: no more is kept of a request."""
    return _by(places, lambda place: OTHER if place.row is None else " + ".join(place.row.model.input_modalities))


async def by_context(context: WebContext, window: Window) -> list[Share] | None:
    """Lengths of prompts; None while the database is away."""
    found: dict[str, int] = {}
    for bucket in BUCKETS:
        rows = await context.tried(
            context.database.read(rank_models, window.first, window.today, context_bucket=bucket)
        )
        if rows is None:
            return None
        found[_CONTEXTS[bucket]] = sum(summed(rows).values())
    return [share for name in found for share in _shares(found) if share.name == name]


async def by_tools(context: WebContext, window: Window, total: int) -> list[Share] | None:
    """Requests whose answer called a tool, and the others; None while the database is away."""
    rows = await context.tried(context.database.read(rank_models, window.first, window.today, used_tools=True))
    if rows is None:
        return None
    used = sum(summed(rows).values())
    return _shares({"With a tool call": used, "Without": total - used})


def _by(places: list[Place], name_of: Callable[[Place], str]) -> list[Share]:
    found: dict[str, int] = {}
    for place in places:
        found[name_of(place)] = found.get(name_of(place), 0) + place.tokens
    return _shares(found)


def _shares(parts: Mapping[str, int]) -> list[Share]:
    total = sum(parts.values())
    found = [Share(name, tokens, 100 * tokens / total) for name, tokens in parts.items() if tokens] if total else []
    found.sort(key=lambda share: -share.tokens)
    shown, rest = found[:SHORT], sum(share.tokens for share in found[SHORT:])
    return [*shown, Share("all others", rest, 100 * rest / total)] if rest else shown
