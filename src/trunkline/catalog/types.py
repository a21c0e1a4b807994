"""The catalog's entities, as the rest of the program sees them: frozen, indexed, prices as integers.

Field meanings and the two data files' format: `catalog/data/README.md`. Terms: routing-and-catalog.md 1.
"""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from trunkline.catalog.prices import PRICE_KEYS as PRICE_KEYS
from trunkline.catalog.prices import PriceKey as PriceKey
from trunkline.catalog.prices import PriceSheet as PriceSheet

Operation = Literal["chat", "embeddings", "rerank", "image", "video", "speech", "transcription"]
ProviderKind = Literal["cloud", "gateway", "local", "sandbox"]
Tier = Literal["default", "flex", "priority"]
EndpointStatus = Literal["active", "beta", "deprecated"]
Variant = Literal["standard", "free", "extended", "thinking"]
"""A static variant other than `standard` makes a row of its own, with the suffix in its id (routing 2.1)."""


class DataPolicy(Struct, frozen=True, kw_only=True):
    """What happens to prompts. Unknown counts as the worst (routing 1): retains and trains."""

    training: bool = True
    retains_prompts: bool = True
    retention_days: int | None = None
    can_publish: bool = False
    zdr: bool = False
    is_known: bool = False
    """Somebody looked it up; False: the worst is assumed."""


AuthScheme = Literal["bearer", "header", "token", "aws-sigv4", "gcp-oauth", "azure-entra"]


class Auth(Struct, frozen=True, kw_only=True):
    """How a provider's key is sent."""

    scheme: AuthScheme = "bearer"
    header: str = "Authorization"
    prefix: str | None = None
    extra_headers: Mapping[str, str] = {}
    alternative: AuthScheme | None = None
    """A second scheme that works too."""
    optional: bool = False


class ContextProbe(Struct, frozen=True, kw_only=True):
    """Where an engine says how large its window is. `field` is a path such as `data[].max_model_len`."""

    method: Literal["GET", "POST"]
    path: str
    field: str
    loaded: "ContextProbe | None" = None
    """A better source: the window actually in use."""


class Discovery(Struct, frozen=True, kw_only=True):
    """Paths that list what is served: below `base_url` of a gateway, below the server's root of a local engine."""

    models: str
    context: ContextProbe | None = None
    health: str | None = None


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
    base_urls: Mapping[str, str] = {}
    """Protocol → address, where it is spoken at one of its own; the same holes as in `base_url`."""
    base_url_variables: Mapping[str, tuple[tuple[str, ...], str | None]] = {}
    """Hole in `base_url` → (environment variables to try, default)."""
    models_path: str | None = None
    discovery: Discovery | None = None
    """Of gateways and local engines, which have no bundled endpoints."""
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
    notes: str | None = None
    """One sentence for the operator."""


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
    operation: Operation = "chat"
    """Its model's."""
    variant: Variant = "standard"
    tier: Tier = "default"
    region: str | None = None
    data_regions: frozenset[str] = frozenset()
    """`eu`, `us`: where data stays; empty when nothing can be promised."""
    quantization: str | None = None
    context_length: int | None = None
    max_prompt_tokens: int | None = None
    max_output_tokens: int | None = None
    max_inputs: int | None = None
    """Texts of one request for embeddings."""
    supported_parameters: frozenset[str] = frozenset()
    input_modalities: frozenset[str] = frozenset({"text"})
    output_modalities: frozenset[str] = frozenset({"text"})
    data_policy: DataPolicy = DataPolicy()
    is_moderated: bool = False
    supports_implicit_caching: bool = False
    status: EndpointStatus = "active"
    deprecation_date: str | None = None
    price_disputed: bool = False
    """Another source gave a different price; confirm before billing."""
    quirks: frozenset[str] = frozenset()
    passthrough: frozenset[str] = frozenset()
    enabled: bool = True
    """False: switched off by the operator; never served, never listed."""
    geo_blocked: frozenset[str] = frozenset()
    """ISO alpha-2 codes of the countries whose callers it does not serve."""
    private_to: frozenset[str] = frozenset()
    """Accounts and users that may use it; empty: everybody (routing 5.7)."""
    base_url: str | None = None
    """Own address of an `[[endpoints]]` entry; None: the provider's."""
    api_key: str | None = None
    """Own key of an `[[endpoints]]` entry; None: the provider's. Never printed."""

    def __repr__(self) -> str:
        return f"Endpoint({self.id})"


class ModelReasoning(Struct, frozen=True, kw_only=True):
    """What a reasoning model accepts (inference.md 7.1)."""

    mandatory: bool = False
    default_enabled: bool | None = None
    supported_efforts: tuple[str, ...] | None = None
    default_effort: str | None = None
    supports_max_tokens: bool | None = None


class Benchmark(Struct, frozen=True, kw_only=True):
    """A published score."""

    name: str
    score: float
    source_url: str
    metric: str | None = None
    variant: str | None = None
    dataset: str | None = None
    harness: str | None = None
    date: str | None = None


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
    variant: Variant = "standard"
    family: str = ""
    """What `~author/family-latest` calls its line of models (routing 12.4)."""
    successor: str | None = None
    """Id of the model that its author names in its place."""
    private_to: frozenset[str] = frozenset()
    """Accounts and users that may know of it; empty: everybody (routing 14)."""
    default_parameters: Mapping[str, float | int] | None = None
    reasoning: ModelReasoning | None = None
    knowledge_cutoff: str | None = None
    open_weights: bool = False
    license: str | None = None
    hugging_face_id: str | None = None
    deprecation_date: str | None = None
    is_distillable: bool = False
    benchmarks: tuple[Benchmark, ...] = ()


class Snapshot(Struct, frozen=True, kw_only=True):
    """Everything the catalog knows, immutable: swapped whole, and a request keeps the one it started with."""

    generated: str
    providers: Mapping[str, Provider]
    """By slug."""
    models: Mapping[str, Model]
    """By id, static variants included; listing order."""
    names: Mapping[str, str]
    """Lower-cased id, canonical slug, alias or unambiguous bare name → model id (routing 2.1 rules 3–5).

    Static variants are in it under their full name (`author/name:free`). A model that is served only free of charge
    has no row of its own; its plain name leads to the `:free` row.
    """
    provider_names: Mapping[str, str]
    """Lower-cased slug, alias or display name → slug."""
    families: Mapping[str, tuple[str, ...]] = {}
    """`~author/family-latest` in lower case → ids of that line's models, newest first (routing 12.4)."""
