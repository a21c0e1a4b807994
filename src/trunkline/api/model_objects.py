"""Models as clients read them: fields, order and nullability of routing-and-catalog.md 20.2.

Optional fields are omitted, never null, unless their type lists null: generated clients insist.
"""

from msgspec import UNSET, Struct, UnsetType

from trunkline.api.price_objects import Prices
from trunkline.catalog.scores import indices
from trunkline.catalog.types import Endpoint, Model, ModelReasoning
from trunkline.catalog.vocabulary import EFFORTS


class Architecture(Struct, frozen=True):
    """What goes in and comes out, and how it is counted."""

    modality: str | None
    input_modalities: tuple[str, ...]
    output_modalities: tuple[str, ...]
    tokenizer: str
    instruct_type: str | None


class TopProvider(Struct, frozen=True):
    """The endpoint that a request without preferences meets first."""

    context_length: int | None
    max_completion_tokens: int | None
    is_moderated: bool


class DefaultParameters(Struct, frozen=True):
    """Sampling defaults that the author recommends."""

    temperature: float | None
    top_p: float | None
    top_k: int | None
    frequency_penalty: float | None
    presence_penalty: float | None
    repetition_penalty: float | None


class Links(Struct, frozen=True):
    """Where more is said."""

    details: str


class AliasTarget(Struct, frozen=True):
    """The model that a `~latest` alias stands for now."""

    name: str
    slug: str


class Indices(Struct, frozen=True):
    """Scores of the three published indices."""

    intelligence_index: float | None
    coding_index: float | None
    agentic_index: float | None


class Benchmarks(Struct, frozen=True):
    """Published scores."""

    design_arena: tuple[()]
    artificial_analysis: Indices


class Reasoning(Struct, frozen=True):
    """How reasoning can be asked for; efforts descending."""

    mandatory: bool
    default_enabled: bool | UnsetType = UNSET
    supported_efforts: tuple[str, ...] | UnsetType = UNSET
    default_effort: str | UnsetType = UNSET
    supports_max_tokens: bool | UnsetType = UNSET


class ModelObject(Struct, frozen=True):
    """One row of the model list."""

    id: str
    canonical_slug: str
    hugging_face_id: str | None
    name: str
    created: int
    description: str
    context_length: int | None
    architecture: Architecture
    pricing: Prices
    top_provider: TopProvider
    per_request_limits: None
    supported_parameters: tuple[str, ...]
    default_parameters: DefaultParameters | None
    supported_voices: tuple[str, ...] | None
    knowledge_cutoff: str | None
    expiration_date: str | None
    links: Links
    benchmarks: Benchmarks | UnsetType = UNSET
    reasoning: Reasoning | UnsetType = UNSET
    alias_target: AliasTarget | UnsetType = UNSET


def model_object(model: Model, top: Endpoint, prices: Prices, target: Model | None = None) -> ModelObject:
    """A row; `top` is the model's first endpoint by price and `prices` its price strings. `target` is what an alias
    means now."""
    return ModelObject(
        id=model.id,
        canonical_slug=model.canonical_slug,
        hugging_face_id=model.hugging_face_id,
        name=model.name,
        created=model.created_s,
        description=model.description,
        context_length=model.context_length,
        architecture=architecture(model),
        pricing=prices,
        top_provider=TopProvider(top.context_length, top.max_output_tokens, top.is_moderated),
        per_request_limits=None,
        supported_parameters=model.supported_parameters,
        default_parameters=_default_parameters(model),
        supported_voices=None,
        knowledge_cutoff=model.knowledge_cutoff,
        expiration_date=model.deprecation_date,
        links=Links(f"/api/v1/models/{model.id}/endpoints"),
        benchmarks=_benchmarks(model),
        reasoning=UNSET if model.reasoning is None else _reasoning(model.reasoning),
        alias_target=UNSET if target is None else AliasTarget(target.name, target.id),
    )


def architecture(model: Model) -> Architecture:
    """What a model takes and gives."""
    modality = f"{'+'.join(model.input_modalities)}->{'+'.join(model.output_modalities)}"
    return Architecture(modality, model.input_modalities, model.output_modalities, model.tokenizer, model.instruct_type)


def _default_parameters(model: Model) -> DefaultParameters | None:
    given = model.default_parameters
    if not given:
        return None
    top_k = given.get("top_k")
    return DefaultParameters(
        temperature=given.get("temperature"),
        top_p=given.get("top_p"),
        top_k=None if top_k is None else int(top_k),
        frequency_penalty=given.get("frequency_penalty"),
        presence_penalty=given.get("presence_penalty"),
        repetition_penalty=given.get("repetition_penalty"),
    )


def _benchmarks(model: Model) -> Benchmarks | UnsetType:
    scores = indices(model)
    if not scores:
        return UNSET
    named = (scores.get(name) for name in ("intelligence_index", "coding_index", "agentic_index"))
    return Benchmarks(design_arena=(), artificial_analysis=Indices(*named))


def _reasoning(given: ModelReasoning) -> Reasoning:
    efforts = given.supported_efforts
    return Reasoning(
        mandatory=given.mandatory,
        default_enabled=UNSET if given.default_enabled is None else given.default_enabled,
        supported_efforts=UNSET if efforts is None else tuple(sorted(efforts, key=EFFORTS.index)),
        default_effort=UNSET if given.default_effort is None else given.default_effort,
        supports_max_tokens=UNSET if given.supports_max_tokens is None else given.supports_max_tokens,
    )
