"""Rows of names that lead to models: `~author/family-latest` and routers (routing-and-catalog.md 12.4 and 20.1).

They stand in the API's list. An alias has the facts of the model that it means now; a router those of all that it may
choose from, and no price where that depends on its choice.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from msgspec.structs import replace

from trunkline.catalog.price_sheets import UNPRICED
from trunkline.catalog.prices import PriceSheet
from trunkline.catalog.types import Endpoint, Model, Snapshot
from trunkline.core.money import AttoUsd
from trunkline.listing.facts import InstanceFacts
from trunkline.listing.rows import ListedModel
from trunkline.routing.routers.names import STRATEGIES, RouterId

MEMBERS_MIN: Final = 2
"""Of a line with a single model nothing is the latest; its alias works and has no row."""
_FREE_OF_CHARGE: Final = PriceSheet(base={"prompt": AttoUsd(0), "completion": AttoUsd(0)})
_FREE_ROUTERS: Final = frozenset[RouterId]({"openrouter/free", "openrouter/bodybuilder"})
_ROUTERS: Final[Mapping[RouterId, tuple[str, str]]] = {
    "openrouter/auto": ("Auto Router", "Chooses a model by what the prompt is about and by what it may cost."),
    "openrouter/auto-beta": ("Auto Router (beta)", "As the Auto Router, with settings of its own."),
    "openrouter/free": ("Free Models Router", "Chooses among the models that cost nothing and can do what is asked."),
    "openrouter/bodybuilder": ("Body Builder", "Turns a wish in words into request bodies as JSON, free of charge."),
    "openrouter/pareto-code": (
        "Pareto Code Router",
        "Chooses a model that codes as well as asked, at the least price.",
    ),
}
"""Name and description."""


def indirect_rows(rows: Iterable[ListedModel], facts: InstanceFacts) -> tuple[ListedModel, ...]:
    """Aliases and routers, made of the rows of models. Without a model to choose from there is no router."""
    by_id = {row.model.id: row for row in rows}
    chosen_from = [row.model for row in by_id.values() if row.model.operation == "chat"]
    routers = [_router(router, chosen_from) for router in STRATEGIES] if chosen_from else []
    return (*routers, *_aliases(facts.snapshot(), by_id, facts))


def alias_target(snapshot: Snapshot, model_id: str, facts: InstanceFacts) -> Model | None:
    """The model that an alias means now: the newest of its line that is served here, else the newest."""
    # What is not everybody's to see is in no snapshot that lists are made of.
    members = [snapshot.models[each] for each in snapshot.families.get(model_id.lower(), ()) if each in snapshot.models]
    served = (model for model in members if any(map(facts.is_callable, model.endpoints)))
    return next(served, members[0] if members else None)


def _aliases(snapshot: Snapshot, rows: Mapping[str, ListedModel], facts: InstanceFacts) -> Iterator[ListedModel]:
    for alias, members in snapshot.families.items():
        target = alias_target(snapshot, alias, facts) if len(members) >= MEMBERS_MIN else None
        row = None if target is None else rows.get(target.id)
        if target is None or row is None or target.operation != "chat":
            continue
        author = target.name.partition(":")[0] if ":" in target.name else target.author
        line = target.family.replace("-", " ").title()
        yield replace(
            row,
            model=replace(
                target,
                id=alias,
                canonical_slug=alias,
                name=f"{author}: {line} Latest",
                short_name=f"{line} Latest",
                description=f"Always the newest model of its line, now {target.name}. {target.description}",
                deprecation_date=None,
            ),
        )


def _router(router: RouterId, models: list[Model]) -> ListedModel:
    name, description = _ROUTERS[router]
    # What may be sent is whatever any of them takes: those that do not are not chosen for it.
    endpoint = Endpoint(
        id=f"{router}|router",
        model_id=router,
        tag="router",
        provider="openrouter",
        upstream_model=router,
        protocol="openai-chat",
        protocols=("openai-chat",),
        pricing=_FREE_OF_CHARGE if router in _FREE_ROUTERS else UNPRICED,
        context_length=max((model.context_length or 0 for model in models), default=0) or None,
    )
    inputs = {modality for model in models for modality in model.input_modalities}
    parameters = {name for model in models for name in model.supported_parameters}
    model = Model(
        id=router,
        canonical_slug=router,
        author="openrouter",
        name=name,
        short_name=name,
        description=description,
        operation="chat",
        created_s=min(model.created_s for model in models),
        context_length=endpoint.context_length,
        max_output_tokens=None,
        input_modalities=tuple(sorted(inputs, key=("text", "image", "file", "audio", "video").index)),
        output_modalities=("text",),
        tokenizer="Router",
        instruct_type=None,
        supported_parameters=tuple(sorted(parameters)),
        endpoints=(),
    )
    return ListedModel(model=model, top=endpoint, score=endpoint.pricing.base_score, prompt=0, completion=0)
