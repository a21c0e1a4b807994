"""The catalog's entities, as the rest of the program sees them: frozen, indexed, prices as integers.

Field meanings and the two data files' format: `catalog/data/README.md`. Terms: routing-and-catalog.md 1.
"""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from trunkline.core.money import AttoUsd

Operation = Literal["chat", "embeddings", "rerank", "image", "video", "speech", "transcription"]
ProviderKind = Literal["cloud", "gateway", "local", "sandbox"]
Tier = Literal["default", "flex", "priority"]
EndpointStatus = Literal["active", "beta", "deprecated"]


class DataPolicy(Struct, frozen=True, kw_only=True):
    """What happens to prompts. Unknown counts as the worst (routing 1): retains and trains."""

    training: bool = True
    retains_prompts: bool = True
    retention_days: int | None = None
    can_publish: bool = False
    zdr: bool = False


class Auth(Struct, frozen=True, kw_only=True):
    """How a provider's key is sent."""

    scheme: Literal["bearer", "header", "token", "aws-sigv4", "gcp-oauth"] = "bearer"
    header: str = "Authorization"
    prefix: str | None = None
    extra_headers: Mapping[str, str] = {}
    optional: bool = False


class Provider(Struct, frozen=True, kw_only=True):
    """Who serves models: identity, address, authentication, policies."""

    slug: str
    name: str
    kind: ProviderKind
    protocol: str
    protocols: tuple[str, ...]
    base_url: str
    auth: Auth = Auth()
    aliases: tuple[str, ...] = ()
    key_env: tuple[str, ...] = ()
    required_env: tuple[str, ...] = ()
    base_url_env: tuple[str, ...] = ()
    base_url_variables: Mapping[str, tuple[tuple[str, ...], str | None]] = {}
    """Hole in `base_url` → (environment variables to try, default)."""
    models_path: str | None = None
    data_policy: DataPolicy = DataPolicy()
    is_moderated: bool = False
    cancels_billing: bool = False
    """The provider stops billing when the connection is closed (inference.md 4.4); else the answer is drained."""
    quirks: tuple[str, ...] = ()
    passthrough: tuple[str, ...] = ()
    docs_url: str | None = None
    terms_url: str | None = None
    privacy_url: str | None = None
    status_url: str | None = None
    headquarters: str | None = None
    datacenters: tuple[str, ...] = ()


PriceKey = Literal[
    "prompt",
    "completion",
    "request",
    "image",
    "image_token",
    "image_output",
    "audio",
    "audio_output",
    "input_audio_cache",
    "web_search",
    "internal_reasoning",
    "input_cache_read",
    "input_cache_write",
    "input_cache_write_1h",
]
PRICE_KEYS: tuple[PriceKey, ...] = PriceKey.__args__  # in the order in which they are shown


class PriceOverride(Struct, frozen=True, kw_only=True):
    """Conditional prices; all conditions must hold (catalog README, "Pricing" rule 2)."""

    prices: Mapping[PriceKey, AttoUsd]
    min_prompt_tokens: int | None = None
    utc_start: int | None = None
    utc_end: int | None = None
    weekdays: tuple[int, ...] = ()


class ScheduledPrice(Struct, frozen=True, kw_only=True):
    """An announced change: from `effective_from_ms` on, these prices replace the base."""

    effective_from_ms: int
    prices: Mapping[PriceKey, AttoUsd]


class UnitPrice(Struct, frozen=True):
    """A price for media that is not billed by token."""

    label: str
    unit: str
    price: AttoUsd


class PriceSheet(Struct, frozen=True, kw_only=True):
    """All prices of one endpoint. Arithmetic on it is in `catalog/pricing.py`."""

    base: Mapping[PriceKey, AttoUsd]
    overrides: tuple[PriceOverride, ...] = ()
    scheduled: tuple[ScheduledPrice, ...] = ()
    units: tuple[UnitPrice, ...] = ()
    priced: bool = True
    """False: the model is unknown to the catalog, so it has *no* price, which is not the same as zero."""


class Endpoint(Struct, frozen=True, kw_only=True):
    """One way to be served: (model, provider, tag)."""

    id: str
    """Stable key of statistics and health: `<model id>|<tag>`."""
    model_id: str
    tag: str
    provider: str
    upstream_model: str
    protocol: str
    protocols: tuple[str, ...]
    pricing: PriceSheet
    variant: Literal["standard", "free"] = "standard"
    tier: Tier = "default"
    region: str | None = None
    quantization: str | None = None
    context_length: int | None = None
    max_prompt_tokens: int | None = None
    max_output_tokens: int | None = None
    supported_parameters: frozenset[str] = frozenset()
    input_modalities: frozenset[str] = frozenset({"text"})
    output_modalities: frozenset[str] = frozenset({"text"})
    data_policy: DataPolicy = DataPolicy()
    is_moderated: bool = False
    supports_implicit_caching: bool = False
    status: EndpointStatus = "active"
    deprecation_date: str | None = None
    quirks: frozenset[str] = frozenset()
    passthrough: frozenset[str] = frozenset()
    base_url: str | None = None
    """Own address of an `[[endpoints]]` entry; None: the provider's."""
    api_key: str | None = None
    """Own key of an `[[endpoints]]` entry; None: the provider's. Never printed."""


class ModelReasoning(Struct, frozen=True, kw_only=True):
    """What a reasoning model accepts (inference.md 7.1)."""

    mandatory: bool = False
    default_enabled: bool | None = None
    supported_efforts: tuple[str, ...] | None = None
    default_effort: str | None = None
    supports_max_tokens: bool | None = None


class Model(Struct, frozen=True, kw_only=True):
    """One catalog row. A static variant (`:free`) is a row of its own with the suffix in `id`."""

    id: str
    canonical_slug: str
    author: str
    name: str
    short_name: str
    description: str
    operation: Operation
    created_s: int
    context_length: int | None
    max_output_tokens: int | None
    input_modalities: tuple[str, ...]
    output_modalities: tuple[str, ...]
    tokenizer: str
    instruct_type: str | None
    supported_parameters: tuple[str, ...]
    endpoints: tuple[Endpoint, ...]
    variant: Literal["standard", "free"] = "standard"
    default_parameters: Mapping[str, float | int] | None = None
    reasoning: ModelReasoning | None = None
    knowledge_cutoff: str | None = None
    open_weights: bool = False
    license: str | None = None
    hugging_face_id: str | None = None
    deprecation_date: str | None = None
    is_distillable: bool = False


class Snapshot(Struct, frozen=True, kw_only=True):
    """Everything the catalog knows, immutable: swapped whole, and a request keeps the one it started with."""

    generated: str
    providers: Mapping[str, Provider]
    """By slug."""
    models: Mapping[str, Model]
    """By id, static variants included; listing order."""
    names: Mapping[str, str]
    """Lower-cased id, canonical slug or alias → model id (routing 2.1 rules 3–5)."""
    provider_names: Mapping[str, str]
    """Lower-cased slug, alias or display name → slug."""
