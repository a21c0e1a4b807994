"""Published scores, each with its source, and where a model stands among the others (site.md 3.2)."""

from msgspec import Struct

from trunkline.catalog.scores import indices
from trunkline.catalog.types import Benchmark
from trunkline.web.context import WebContext
from trunkline.web.pages.model.head import Head

_TITLES = {
    "intelligence_index": "Intelligence index",
    "coding_index": "Coding index",
    "agentic_index": "Agentic index",
}


class IndexRank(Struct, frozen=True):
    """A score and its place among the models that have one; `share` of the best score in percent."""

    title: str
    score: float
    rank: int
    of: int
    share: float


class Benchmarks(Struct, frozen=True, kw_only=True):
    """What the tab shows."""

    head: Head
    indices: list[IndexRank]
    scores: tuple[Benchmark, ...]


def benchmarks(context: WebContext, head: Head) -> Benchmarks:
    """The tab; the catalog's scores are imported with their sources."""
    own = indices(head.model)
    return Benchmarks(
        head=head, indices=[_rank(context, name, score) for name, score in own.items()], scores=head.model.benchmarks
    )


def _rank(context: WebContext, name: str, score: float) -> IndexRank:
    others = [found[name] for row in context.rows() if name in (found := indices(row.model))]
    best = max(others, default=score)
    return IndexRank(
        title=_TITLES[name],
        score=score,
        rank=1 + sum(other > score for other in others),
        of=len(others),
        share=100 * score / best if best else 0,
    )
