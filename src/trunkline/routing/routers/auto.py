"""`openrouter/auto`: the models that the instance's users choose for such a task (routing-and-catalog.md 12.1)."""

from collections.abc import Iterable, Sequence

from trunkline.catalog.types import Model
from trunkline.routing.routers.classify import classify
from trunkline.routing.routers.context import CHOSEN_MAX, Choice, RankedModel, RouterContext
from trunkline.routing.routers.patterns import matches_any
from trunkline.routing.routers.settings import AutoSettings, CostTier

TRADEOFF_DEFAULT = 9
SEEDS_MAX = 20
_BANDS: tuple[CostTier, ...] = ("low", "medium", "high", "xhigh", "max")
_BAND_PERCENT = 20


def choose(context: RouterContext, settings: AutoSettings) -> Choice:
    """Up to three models, in order; none when nothing fits the request and its restrictions."""
    if settings.pin_model and (pinned := _pinned(context, settings)) is not None:
        return Choice(models=(pinned,))
    task = classify(context.prompt.text) if settings.enabled is not False else None
    ranking: Sequence[RankedModel] = ()
    if task is not None:
        ranking = context.rankings.ranking(task) or [RankedModel(name) for name in _seeds(context, task)]
    fitting = [(entry, model) for entry in ranking if (model := _fitting(context, settings, entry.model_id))]
    if not fitting:
        defaults = context.tables.auto_default or _seeds(context, "")
        models = [model for name in defaults if (model := _fitting(context, settings, name))]
        return Choice(models=tuple(models[:CHOSEN_MAX]))
    affordable = _within_cost([(_cost(context, entry, model), model) for entry, model in fitting], settings)
    top = [model for _, model in fitting if model.id in affordable][:CHOSEN_MAX]
    top.sort(key=lambda model: model.id != context.remembered)
    return Choice(models=tuple(top), task_type=task)


def _pinned(context: RouterContext, settings: AutoSettings) -> Model | None:
    name = context.prompt.answered_by
    return None if name is None else _fitting(context, settings, name)


def _fitting(context: RouterContext, settings: AutoSettings, name: str) -> Model | None:
    """The model of that name if it may answer this request; an exclusion beats a permission."""
    model_id = context.snapshot.names.get(name.lower())
    if model_id is None:
        return None
    if settings.allowed_models and not matches_any(settings.allowed_models, model_id):
        return None
    if settings.excluded_models and matches_any(settings.excluded_models, model_id):
        return None
    model = context.snapshot.models[model_id]
    return model if context.serves(model) else None


def _seeds(context: RouterContext, task: str) -> Iterable[str]:
    """The operator's ranking for the task, else the newest model of each line that this instance serves."""
    if table := context.tables.auto_rankings.get(task):
        return table
    models = context.snapshot.models
    newest = (
        next((models[name] for name in names if context.serves(models[name])), None)
        for names in context.snapshot.families.values()
    )
    living = sorted((model for model in newest if model is not None), key=lambda model: -model.created_s)
    return [model.id for model in living[:SEEDS_MAX]]


def _cost(context: RouterContext, entry: RankedModel, model: Model) -> int:
    """Measured cost where there is one. A ranking is measured throughout or not at all, so units do not mix."""
    measured = entry.average_cost_nanousd
    return context.cost(model) if measured is None else measured


def _within_cost(costs: Sequence[tuple[int, Model]], settings: AutoSettings) -> frozenset[str]:
    """Ids of the models in the band, or below the ceiling, of what is asked for."""
    ordered = [model.id for _, model in sorted(costs, key=lambda pair: pair[0])]
    count = len(ordered)
    if settings.cost_tier is None:
        tradeoff = settings.cost_quality_tradeoff
        ceiling = 90 - 8 * (TRADEOFF_DEFAULT if tradeoff is None else tradeoff)
        return frozenset(name for i, name in enumerate(ordered) if i == 0 or 100 * i <= ceiling * count)
    bands: list[list[str]] = [[] for _ in _BANDS]
    for i, name in enumerate(ordered):
        bands[100 * i // count // _BAND_PERCENT].append(name)
    wanted = _BANDS.index(settings.cost_tier)
    nearest = sorted(range(len(bands)), key=lambda band: (abs(band - wanted), band))
    return frozenset(next(bands[band] for band in nearest if bands[band]))
