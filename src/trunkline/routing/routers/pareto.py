"""`openrouter/pareto-code`: the cheapest model that codes well enough, or the best below a price
(routing-and-catalog.md 12.5)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from trunkline.catalog.scores import indices
from trunkline.catalog.types import Model
from trunkline.core.money import ATTO_PER_USD
from trunkline.routing.routers.context import CHOSEN_MAX, Choice, RouterContext
from trunkline.routing.routers.settings import ParetoSettings

Grade = Literal["high", "medium", "low"]
GRADES: tuple[Grade, ...] = ("high", "medium", "low")
_PERCENTILE_FLOOR: dict[Grade, int] = {"high": 80, "medium": 65, "low": 50}
_NEIGHBOURS: Mapping[Grade, tuple[Grade, Grade, Grade]] = {
    "high": ("high", "medium", "low"),
    "medium": ("medium", "high", "low"),
    "low": ("low", "medium", "high"),
}
"""An empty grade gives way to the one above, then to those below."""
TOKENS_PER_PRICE_UNIT = 10**6


class _Scored(Struct, frozen=True):
    model: Model
    score: float
    price: int
    """Of a prompt token, atto-USD."""


def choose(context: RouterContext, settings: ParetoSettings) -> Choice:
    """Up to three models. Fallbacks are for failures that pass: the choice is about price, not about trying."""
    models = _by_grade(context, settings) if settings.max_price is None else _below(context, settings.max_price)
    return Choice(models=tuple(models[:CHOSEN_MAX]), transient_only=True)


def _by_grade(context: RouterContext, settings: ParetoSettings) -> list[Model]:
    grade = _wanted(settings.min_coding_score)
    shortlists = _shortlists(context)
    living: list[Grade] = [name for name in _NEIGHBOURS[grade] if shortlists[name]]
    shortlist = shortlists[living[0]] if living else []
    if context.by_throughput:
        shortlist.sort(key=lambda model: -(context.throughput(model) or 0.0))
    else:
        shortlist.sort(key=lambda model: (_prompt_price(model), model.id))
    shortlist.sort(key=lambda model: model.id != context.remembered)
    return shortlist


def _shortlists(context: RouterContext) -> dict[Grade, list[Model]]:
    """The operator's table, or by percentile of the coding index among the models that are scored."""
    models = context.snapshot.models
    if context.tables.pareto:
        return {
            grade: [
                models[name]
                for name in context.tables.pareto.get(grade, ())
                if name in models and context.serves(models[name])
            ]
            for grade in GRADES
        }
    ordered = sorted(_scored(context.snapshot.models.values()), key=lambda one: one.score)
    lists: dict[Grade, list[Model]] = {grade: [] for grade in GRADES}
    for position, one in enumerate(ordered):
        percentile = 100 * position // len(ordered)
        if context.serves(one.model) and (grade := _grade(percentile)) is not None:
            lists[grade].append(one.model)
    return lists


def _wanted(score: float | None) -> Grade:
    if score is None or score >= 0.66:
        return "high"
    return "medium" if score >= 0.33 else "low"


def _grade(percentile: int) -> Grade | None:
    for grade in GRADES:
        if percentile >= _PERCENTILE_FLOOR[grade]:
            return grade
    return None


def _below(context: RouterContext, max_price_usd: float) -> list[Model]:
    """Of those that cost at most so much: first the best of the frontier, then cheaper ones of it, then the others."""
    limit = int(max_price_usd * (ATTO_PER_USD // TOKENS_PER_PRICE_UNIT))
    known = [one for one in _scored(context.snapshot.models.values()) if context.serves(one.model)]
    allowed = [one for one in known if one.price <= limit]
    allowed.sort(key=lambda one: (_is_beaten(one, known), -one.score, one.price, one.model.id))
    return [one.model for one in allowed]


def _is_beaten(one: _Scored, others: Sequence[_Scored]) -> bool:
    """Whether another model is both cheaper and better."""
    return any(other.price < one.price and other.score > one.score for other in others)


def _scored(models: Iterable[Model]) -> list[_Scored]:
    scored: list[_Scored] = []
    for model in models:
        score = indices(model).get("coding_index")
        if score is not None and model.variant == "standard" and not model.private_to:
            scored.append(_Scored(model, score, _prompt_price(model)))
    return scored


def _prompt_price(model: Model) -> int:
    return min((endpoint.pricing.base_rates.prompt for endpoint in model.endpoints), default=0)
