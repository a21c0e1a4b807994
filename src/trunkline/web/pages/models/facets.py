"""What may be filtered by, with the values that this instance has and which of them are chosen."""

from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec import Struct

from trunkline.catalog.types import Snapshot
from trunkline.listing.filters import CATEGORIES
from trunkline.listing.rows import ListedModel
from trunkline.web.pages.models.query import ModelsQuery

MODALITY_NAMES = {
    "text": "Text",
    "image": "Images",
    "file": "Files (PDF)",
    "audio": "Audio",
    "video": "Video",
    "embeddings": "Embeddings",
    "rerank": "Rerank",
    "speech": "Speech",
    "transcription": "Transcription",
    "all": "Everything",
}
SORT_NAMES = {
    "newest": "Newest",
    "most-popular": "Most popular",
    "top-weekly": "Top this week",
    "pricing-low-to-high": "Price: low to high",
    "pricing-high-to-low": "Price: high to low",
    "context-high-to-low": "Context: longest first",
    "throughput-high-to-low": "Throughput: fastest first",
    "latency-low-to-high": "Latency: lowest first",
    "intelligence-high-to-low": "Intelligence index",
    "coding-high-to-low": "Coding index",
    "agentic-high-to-low": "Agentic index",
    "design-arena-elo-high-to-low": "Design arena Elo",
}
_DEFAULTS = {"output_modalities": ("text",)}
"""What is listed when nothing is asked (routing-and-catalog.md 20.1)."""
_CONTEXTS = (("32000", "32K"), ("64000", "64K"), ("128000", "128K"), ("200000", "200K"), ("400000", "400K"))
_PRICES = (("0", "Free"), ("0.1", "$0.10"), ("0.5", "$0.50"), ("1", "$1"), ("3", "$3"), ("10", "$10"), ("30", "$30"))
_AGES = (("14", "2 weeks"), ("31", "1 month"), ("92", "3 months"), ("183", "6 months"), ("366", "1 year"))
_SCORES = tuple((str(score), str(score)) for score in (10, 20, 30, 40, 50, 60))
_RATES = (("0.8", "80 %"), ("0.9", "90 %"), ("0.95", "95 %"), ("0.99", "99 %"))


class Option(Struct, frozen=True):
    """A value that may be chosen."""

    value: str
    title: str
    is_chosen: bool
    count: int | None = None
    """Models that have it, of all."""


class Facet(Struct, frozen=True, kw_only=True):
    """A filter. Of `many`, several options may be chosen; else one or none."""

    name: str
    title: str
    options: list[Option]
    many: bool

    @property
    def slider(self) -> str:
        """Of steps that have an order: whether the least or the most is chosen; empty for other filters."""
        return {"context": "least", "max_price": "most", "max_output_price": "most"}.get(self.name, "")

    @property
    def is_open(self) -> bool:
        """Shown unfolded: what is most used, and what is in use."""
        return self.name in ("output_modalities", "input_modalities") or any(o.is_chosen for o in self.options)


class ActiveFilter(Struct, frozen=True):
    """A filter that is on, and the query without it."""

    text: str
    without: dict[str, str]


Counted = list[tuple[str, int]]
"""(value, models that have it), most frequent first."""


class Counts(Struct, frozen=True, kw_only=True):
    """How many models have each value. Counting reads every endpoint, so it is done once for a list of rows."""

    outputs: Counted
    inputs: Counted
    authors: Counted
    providers: Counted
    families: Counted
    parameters: Counted
    provider_names: dict[str, str]


def count(rows: Sequence[ListedModel], snapshot: Snapshot) -> Counts:
    """The counts of all rows, whatever is filtered."""
    models = [row.model for row in rows]
    return Counts(
        outputs=_counted(each for model in models for each in model.output_modalities),
        inputs=_counted(each for model in models for each in model.input_modalities),
        authors=_counted(model.author for model in models),
        providers=_counted(slug for model in models for slug in {endpoint.provider for endpoint in model.endpoints}),
        families=_counted(model.tokenizer for model in models),
        parameters=_counted(each for model in models for each in model.supported_parameters),
        provider_names={slug: provider.name for slug, provider in snapshot.providers.items()},
    )


def facets(query: ModelsQuery, counts: Counts) -> list[Facet]:
    """Every filter of the panel, in its order."""
    names = counts.provider_names
    return [
        _many(query, "output_modalities", "Output", counts.outputs),
        _many(query, "input_modalities", "Input", counts.inputs),
        _one(query, "context", "Context, at least", (*_CONTEXTS, ("1000000", "1M"))),
        _one(query, "max_price", "Input price, at most", _PRICES),
        _one(query, "max_output_price", "Output price, at most", _PRICES),
        _many(query, "model_authors", "Labs", counts.authors),
        _many(query, "providers", "Providers", counts.providers, names),
        _one(query, "arch", "Family", sorted((name, name) for name, _ in counts.families)),
        _one(query, "category", "Use", [(each, each.capitalize()) for each in CATEGORIES]),
        _many(query, "supported_parameters", "Parameters", counts.parameters),
        _one(query, "zdr", "Zero data retention", (("true", "Available"),)),
        _one(query, "region", "Data stays in", (("eu", "European Union"), ("us", "United States"))),
        _one(query, "distillable", "Distillable", (("true", "Allowed"), ("false", "Not allowed"))),
        _one(query, "max_age_days", "Released in the last", _AGES),
        _one(query, "min_intelligence_index", "Intelligence index, at least", _SCORES),
        _one(query, "min_coding_index", "Coding index, at least", _SCORES),
        _one(query, "min_agentic_index", "Agentic index, at least", _SCORES),
        _one(query, "min_tool_success_rate", "Tool calls that work, at least", _RATES),
    ]


def active(query: ModelsQuery, shown: Sequence[Facet]) -> list[ActiveFilter]:
    """What is on, one entry for each value of a list."""
    titles = {facet.name: facet.title for facet in shown}
    values = {(facet.name, option.value): option.title for facet in shown for option in facet.options}
    found: list[ActiveFilter] = []
    for name, value in query.filters.items():
        parts = value.split(",") if name in titles and _is_list(name, shown) else [value]
        for part in parts:
            rest = [other for other in parts if other != part]
            without = {**query.api, name: ",".join(rest)}
            title = titles.get(name, "Search" if name == "q" else name.replace("_", " "))
            found.append(ActiveFilter(f"{title}: {values.get((name, part), part)}", _clean(without)))
    return found


def _clean(query: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in query.items() if value}


def _is_list(name: str, shown: Sequence[Facet]) -> bool:
    return any(facet.name == name and facet.many for facet in shown)


def _counted(values: Iterable[str]) -> Counted:
    return sorted(Counter(values).items(), key=lambda pair: (-pair[1], pair[0]))


def _many(query: ModelsQuery, name: str, title: str, counted: Counted, names: dict[str, str] | None = None) -> Facet:
    chosen = query.values(name) or _DEFAULTS.get(name, ())
    known = names or MODALITY_NAMES
    options = [Option(value, known.get(value, value), value in chosen, count) for value, count in counted]
    if name == "output_modalities":
        options.append(Option("all", MODALITY_NAMES["all"], "all" in chosen))
    return Facet(name=name, title=title, options=options, many=True)


def _one(query: ModelsQuery, name: str, title: str, values: Iterable[tuple[str, str]]) -> Facet:
    """A value from a link that is no option becomes one."""
    chosen = query.filters.get(name, "")
    options = [Option(value, text, value.lower() == chosen.lower()) for value, text in values]
    if chosen and not any(option.is_chosen for option in options):
        options.append(Option(chosen, chosen, True))
    return Facet(name=name, title=title, options=options, many=False)
