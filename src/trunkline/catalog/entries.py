"""Catalog entries as they are written down: the two data files, and the operator's `[[models]]` and `[[endpoints]]`.

Field meanings: `data/README.md`. Keys that only document an entry (`DOCUMENTING_KEYS`) are allowed and not read.
What can be left out here and not in the files has a default, because operators write less than the files do.
"""

from collections.abc import Mapping

from msgspec import Struct

from trunkline.catalog.types import (
    Auth,
    Benchmark,
    Discovery,
    EndpointStatus,
    ModelReasoning,
    Operation,
    ProviderKind,
    Tier,
    Variant,
)

DOCUMENTING_KEYS = frozenset({"sources", "last_seen", "note", "released"})

PriceItem = dict[str, str | int | float | list[int]]
PriceTable = dict[str, str | int | float | list[PriceItem]]
"""`pricing` as written; `price_sheets.py` makes a `PriceSheet` of it."""


class PolicyEntry(Struct, frozen=True, kw_only=True):
    """`data_policy`. `zdr` is not read: it holds exactly when the other two are false."""

    training: bool = True
    retains_prompts: bool = True
    retention_days: int | None = None
    can_publish: bool = False
    zdr: bool = False


class Environment(Struct, frozen=True, kw_only=True):
    """Names of environment variables."""

    api_key: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


class UrlVariable(Struct, frozen=True, kw_only=True):
    """What fills a hole in `base_url`: the first variable that is set, else the default."""

    env: tuple[str, ...]
    default: str | None = None


class ProviderEntry(Struct, frozen=True, kw_only=True):
    """One provider."""

    slug: str
    name: str
    protocol: str
    protocols: tuple[str, ...]
    base_url: str
    kind: ProviderKind = "cloud"
    aliases: tuple[str, ...] = ()
    auth: Auth = Auth()
    env: Environment = Environment()
    base_urls: Mapping[str, str] = {}
    """Protocol → address, where it is spoken at one of its own."""
    base_url_variables: Mapping[str, UrlVariable] = {}
    base_url_env: tuple[str, ...] = ()
    models_path: str | None = None
    discovery: Discovery | None = None
    docs_url: str | None = None
    terms_url: str | None = None
    privacy_url: str | None = None
    status_url: str | None = None
    headquarters: str | None = None
    datacenters: tuple[str, ...] = ()
    data_policy: PolicyEntry | None = None
    is_moderated: bool = False
    cancels_billing: bool = False
    quirks: tuple[str, ...] = ()
    passthrough: tuple[str, ...] = ()
    notes: str | None = None


class EndpointEntry(Struct, frozen=True, kw_only=True):
    """One endpoint of the model that it stands in. An operator's endpoint names its model in `model` beside these."""

    tag: str
    provider: str
    upstream_model: str
    protocol: str
    protocols: tuple[str, ...] = ()
    """Empty: only `protocol`."""
    variant: Variant = "standard"
    tier: Tier = "default"
    region: str | None = None
    quantization: str | None = None
    context_length: int | None = None
    max_prompt_tokens: int | None = None
    max_output_tokens: int | None = None
    max_inputs: int | None = None
    """Texts of one request for embeddings; longer lists are sent in several."""
    pricing: PriceTable | None = None
    """None: not priced, which is not the same as free."""
    supported_parameters: tuple[str, ...] = ()
    input_modalities: tuple[str, ...] | None = None
    output_modalities: tuple[str, ...] | None = None
    """None: the model's."""
    supports_implicit_caching: bool = False
    data_policy: PolicyEntry | None = None
    is_moderated: bool | None = None
    """None: as the provider."""
    enabled: bool = True
    geo_blocked: tuple[str, ...] = ()
    """Country codes, ISO alpha-2."""
    private_to: tuple[str, ...] = ()
    """Ids of accounts and users; empty: everybody."""
    status: EndpointStatus = "active"
    deprecation_date: str | None = None
    price_disputed: bool = False
    quirks: tuple[str, ...] | None = None
    passthrough: tuple[str, ...] | None = None
    """None: the provider's."""
    base_url: str | None = None
    api_key: str | None = None

    def __repr__(self) -> str:
        return f"EndpointEntry({self.tag})"


class ModelEntry(Struct, frozen=True, kw_only=True):
    """One model with its endpoints."""

    id: str
    canonical_slug: str
    author: str
    name: str
    short_name: str
    created: int
    description: str = ""
    operation: Operation = "chat"
    context_length: int | None = None
    max_output_tokens: int | None = None
    input_modalities: tuple[str, ...] = ("text",)
    output_modalities: tuple[str, ...] = ("text",)
    tokenizer: str = "Other"
    instruct_type: str | None = None
    supported_parameters: tuple[str, ...] = ()
    default_parameters: Mapping[str, float | int] | None = None
    reasoning: ModelReasoning | None = None
    knowledge_cutoff: str | None = None
    open_weights: bool = False
    license: str | None = None
    hugging_face_id: str | None = None
    deprecation_date: str | None = None
    is_distillable: bool = False
    family: str | None = None
    """None: derived from the id (routing-and-catalog.md 12.4)."""
    successor: str | None = None
    private_to: tuple[str, ...] = ()
    """Ids of accounts and users; empty: everybody."""
    aliases: tuple[str, ...] = ()
    """Older or shorter spellings to accept."""
    benchmarks: tuple[Benchmark, ...] = ()
    endpoints: tuple[EndpointEntry, ...] = ()


class Catalog(Struct, frozen=True, kw_only=True):
    """All entries, by provider slug and model id. Immutable like everything made of it."""

    generated: str
    providers: Mapping[str, ProviderEntry]
    models: Mapping[str, ModelEntry]
