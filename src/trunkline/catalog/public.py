"""The part of the catalog that everybody may see (routing-and-catalog.md 5.7 and 14)."""

from msgspec import structs

from trunkline.catalog.types import Model, Snapshot


def public_part(snapshot: Snapshot) -> Snapshot:
    """The catalog without private models and endpoints and without what is switched off; the same object where there
    is nothing of the kind."""
    models = {model_id: shown for model_id, model in snapshot.models.items() if (shown := _shown(model)) is not None}
    if len(models) == len(snapshot.models) and all(models[key] is model for key, model in snapshot.models.items()):
        return snapshot
    names = {name: model_id for name, model_id in snapshot.names.items() if model_id in models}
    return structs.replace(snapshot, models=models, names=names)


def _shown(model: Model) -> Model | None:
    """The model with its public endpoints; None when it is private or has none."""
    if model.private_to:
        return None
    endpoints = tuple(endpoint for endpoint in model.endpoints if endpoint.enabled and not endpoint.private_to)
    if len(endpoints) == len(model.endpoints):
        return model
    return structs.replace(model, endpoints=endpoints) if endpoints else None
