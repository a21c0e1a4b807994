"""`openrouter/bodybuilder`: the models that the operator named for it (routing-and-catalog.md 12.3)."""

from trunkline.routing.routers.context import CHOSEN_MAX, Choice, RouterContext


def choose(context: RouterContext) -> Choice:
    """The first of the operator's list that can give structured output here; none while the list is empty, since what
    it writes costs the operator and nobody else."""
    found = (context.snapshot.models.get(model_id) for model_id in context.tables.body_builder)
    able = [model for model in found if model is not None and context.serves(model)]
    return Choice(models=tuple(able[:CHOSEN_MAX]))
