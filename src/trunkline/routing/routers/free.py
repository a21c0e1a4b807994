"""`openrouter/free`: a model that costs nothing and can do what is asked (routing-and-catalog.md 12.2)."""

from trunkline.routing.routers.context import CHOSEN_MAX, Choice, RouterContext


def choose(context: RouterContext) -> Choice:
    """Three of those that fit, by chance; none when there is none. A fallback may follow only inside them."""
    pool = [model for model in context.snapshot.models.values() if context.is_free(model)]
    context.dice.shuffle(pool)
    return Choice(models=tuple(pool[:CHOSEN_MAX]))
