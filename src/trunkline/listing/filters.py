"""The query of `GET /models` and of the site's list: which rows, in which order (routing-and-catalog.md 20.1)."""

from collections.abc import Callable, Collection, Iterator, Mapping
from decimal import Decimal, InvalidOperation

from trunkline.catalog.scores import indices
from trunkline.catalog.vocabulary import INPUT_MODALITIES, OUTPUT_MODALITIES
from trunkline.core.calendar import DAY_MS
from trunkline.core.errors import InvalidRequest
from trunkline.core.money import ATTO_PER_USD
from trunkline.listing.facts import InstanceFacts
from trunkline.listing.rows import ListedModel
from trunkline.protocols.requests import PARAMETERS

CATEGORIES = (
    "programming",
    "roleplay",
    "marketing",
    "marketing/seo",
    "technology",
    "science",
    "translation",
    "legal",
    "finance",
    "health",
    "trivia",
    "academia",
)
CATEGORY_MODELS_MAX = 50
SORTS = (
    "most-popular",
    "newest",
    "top-weekly",
    "pricing-low-to-high",
    "pricing-high-to-low",
    "context-high-to-low",
    "throughput-high-to-low",
    "latency-low-to-high",
    "intelligence-high-to-low",
    "coding-high-to-low",
    "agentic-high-to-low",
    "design-arena-elo-high-to-low",
)

Query = Mapping[str, str]
Predicate = Callable[[ListedModel], bool]
Measure = Callable[[ListedModel], float | int | None]

_ATTO_PER_USD_PER_MILLION = ATTO_PER_USD // 10**6


async def select(rows: Collection[ListedModel], query: Query, view: InstanceFacts) -> list[ListedModel]:
    """The rows that pass every filter, sorted. Raises InvalidRequest naming the parameter."""
    sort = choice(query, "sort", SORTS)
    predicates = [*_predicates(query, view)]
    category = choice(query, "category", CATEGORIES)
    if category is not None:
        tokens = await view.weekly_tokens(category)
        best = sorted(tokens, key=lambda model_id: (-tokens[model_id], model_id))[:CATEGORY_MODELS_MAX]
        predicates.append(lambda row: row.model.id in best)
    found = [row for row in rows if all(predicate(row) for predicate in predicates)]
    return found if sort is None else await _sorted(found, sort, view)


def complaint(query: Query, view: InstanceFacts) -> str | None:
    """Why `select` would refuse the query; None when it would not."""
    try:
        choice(query, "sort", SORTS)
        choice(query, "category", CATEGORIES)
        for _ in _predicates(query, view):
            pass
    except InvalidRequest as refusal:
        return refusal.message
    return None


def of_output(query: Query) -> Predicate:
    """`output_modalities`: any of those listed, `text` when absent, everything for `all`."""
    wanted = words(query, "output_modalities", OUTPUT_MODALITIES | {"all"}) or frozenset({"text"})
    if "all" in wanted:
        return lambda row: True
    return lambda row: not wanted.isdisjoint(row.model.output_modalities)


def _predicates(query: Query, view: InstanceFacts) -> Iterator[Predicate]:
    yield of_output(query)
    if takes := words(query, "input_modalities", INPUT_MODALITIES):
        yield lambda row: takes.issubset(row.model.input_modalities)
    if parameters := words(query, "supported_parameters", PARAMETERS):
        yield lambda row: parameters.issubset(row.model.supported_parameters)
    if text := query.get("q", "").strip().lower():
        yield lambda row: any(text in name.lower() for name in (row.model.name, row.model.id, row.model.canonical_slug))
    if group := query.get("arch", "").strip().lower():
        yield lambda row: row.model.tokenizer.lower() == group
    if authors := words(query, "model_authors"):
        yield lambda row: row.model.author.lower() in authors
    if providers := words(query, "providers"):
        names = view.snapshot().provider_names
        slugs = {names.get(name, name) for name in providers}
        yield lambda row: any(endpoint.provider in slugs for endpoint in row.model.endpoints)
    if (distillable := choice(query, "distillable", ("true", "false"))) is not None:
        yield lambda row: row.model.is_distillable == (distillable == "true")
    if choice(query, "zdr", ("true", "false")) == "true":
        yield lambda row: any(endpoint.data_policy.zdr for endpoint in row.model.endpoints)
    if (region := choice(query, "region", ("eu", "us"))) is not None:
        yield lambda row: any(region in endpoint.data_regions for endpoint in row.model.endpoints)
    yield from _ranges(query, view)


def _ranges(query: Query, view: InstanceFacts) -> Iterator[Predicate]:
    now_ms = view.now_ms()
    context = number(query, "context", least=1, whole=True)
    if context is not None:
        yield lambda row: (row.model.context_length or 0) >= context
    yield from _between(query, "min_price", "max_price", _priced(lambda row: row.prompt), _ATTO_PER_USD_PER_MILLION)
    yield from _between(
        query, "min_output_price", "max_output_price", _priced(lambda row: row.completion), _ATTO_PER_USD_PER_MILLION
    )
    yield from _between(
        query, "min_age_days", "max_age_days", lambda row: (now_ms - row.model.created_s * 1000) // DAY_MS, whole=True
    )
    for name in ("intelligence_index", "coding_index", "agentic_index"):
        yield from _between(query, f"min_{name}", f"max_{name}", _index(name))
    yield from _between(
        query,
        "min_tool_success_rate",
        "max_tool_success_rate",
        _best(lambda endpoint_id: view.tool_success_rate(endpoint_id), max),
        most=1,
    )


def _between(
    query: Query, low: str, high: str, measure: Measure, scale: int = 1, *, whole: bool = False, most: int | None = None
) -> Iterator[Predicate]:
    """`min_…` and `max_…`: inclusive; what has no measure fails either."""
    least = number(query, low, whole=whole, most=most)
    largest = number(query, high, whole=whole, most=most)
    if least is not None:
        floor = least * scale
        yield lambda row: (value := measure(row)) is not None and value >= floor
    if largest is not None:
        ceiling = largest * scale
        yield lambda row: (value := measure(row)) is not None and value <= ceiling


async def _sorted(rows: list[ListedModel], sort: str, view: InstanceFacts) -> list[ListedModel]:
    """By one measure; what has none comes last in both directions, ties by id."""
    measure, descending = await _measure(sort, view)

    def position(row: ListedModel) -> tuple[bool, float | int, str]:
        value = measure(row)
        if value is None:
            return (True, 0, row.model.id)
        return (False, -value if descending else value, row.model.id)

    return sorted(rows, key=position)


async def _measure(sort: str, view: InstanceFacts) -> tuple[Measure, bool]:
    """(what is compared, whether the largest comes first)."""
    match sort:
        case "pricing-low-to-high" | "pricing-high-to-low":
            return _priced(lambda row: row.score), sort == "pricing-high-to-low"
        case "context-high-to-low":
            return (lambda row: row.model.context_length), True
        case "throughput-high-to-low":
            return _best(lambda endpoint_id: view.health.throughput_tps(endpoint_id, "p50"), max), True
        case "latency-low-to-high":
            return _best(lambda endpoint_id: view.health.latency_s(endpoint_id, "p50"), min), False
        case "intelligence-high-to-low" | "coding-high-to-low" | "agentic-high-to-low":
            return _index(sort.replace("-high-to-low", "_index")), True
        case "most-popular" | "top-weekly":
            tokens = await view.weekly_tokens(None)
            return (lambda row: tokens.get(row.model.id)), True
        case "newest":
            return (lambda row: row.model.created_s), True
        case _:
            return (lambda row: None), True  # design arena: the catalog has no scores of it


def _priced(measure: Callable[[ListedModel], int]) -> Measure:
    return lambda row: measure(row) if row.is_priced else None


def _index(name: str) -> Measure:
    return lambda row: indices(row.model).get(name)


def _best(of_endpoint: Callable[[str], float | None], choose: Callable[[list[float]], float]) -> Measure:
    def best(row: ListedModel) -> float | None:
        values = [value for e in row.model.endpoints if (value := of_endpoint(e.id)) is not None]
        return choose(values) if values else None

    return best


def words(query: Query, name: str, known: Collection[str] = ()) -> frozenset[str]:
    """A comma list, lower-cased; empty when absent. With `known`, other words are refused."""
    given = frozenset(word.strip().lower() for word in query.get(name, "").split(",") if word.strip())
    for word in sorted(given):
        if known and word not in known:
            raise invalid(name, f"{word!r} is not one of {', '.join(sorted(known))}")
    return given


def choice(query: Query, name: str, known: Collection[str]) -> str | None:
    """One of a fixed set; None when absent or empty."""
    given = query.get(name) or None
    if given is not None and given not in known:
        raise invalid(name, f"{given!r} is not one of {', '.join(known)}")
    return given


def number(query: Query, name: str, *, least: int = 0, most: int | None = None, whole: bool = False) -> Decimal | None:
    """A finite decimal number within bounds; None when absent."""
    given = query.get(name)
    if given is None:
        return None
    try:
        value = Decimal(given)
    except InvalidOperation:
        raise invalid(name, f"{given!r} is not a number") from None
    if not value.is_finite() or value < least or (most is not None and value > most):
        raise invalid(name, f"{given!r} must be at least {least}" + ("" if most is None else f" and at most {most}"))
    if whole and value != value.to_integral_value():
        raise invalid(name, f"{given!r} must be an integer")
    return value


def invalid(name: str, problem: str) -> InvalidRequest:
    """The 400 for a query parameter."""
    return InvalidRequest(f"Invalid request parameters: `{name}`: {problem}", field=name)
