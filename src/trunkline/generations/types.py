"""The generation record (inference.md 27, accounts-and-governance.md 18)."""

from typing import Literal

from msgspec import UNSET, Raw, Struct, UnsetType

from trunkline.core.money import NanoUsd

GenerationStatus = Literal["completed", "failed", "cancelled", "interrupted", "running"]
"""`interrupted`: the process ended while the request was in flight; its successor wrote the record. `running`: not
recorded yet, partial values (GEN-06)."""


class ProviderResponse(Struct, frozen=True, kw_only=True):
    """One attempt, in order (GEN-02). `status` is None when no answer came."""

    provider_name: str
    status: int | None
    endpoint_id: str
    model_permaslug: str
    latency: int | None = None
    """Milliseconds to the upstream's first byte."""
    id: str | None = None
    is_byok: bool = False
    credential_id: str | None = None
    """The caller's own provider key that was tried."""
    routed_service_tier: str | None = None
    tokens_prompt: int | None = None
    """This and the next two only where several attempts had a part in the answer: what this one counted, or is
    estimated to have counted, and what its provider charges for it."""
    tokens_completion: int | None = None
    upstream_cost_nanousd: NanoUsd | None = None
    outpaced: bool = False
    """Another endpoint was asked beside it, and spoke first (hedging)."""


class Asked(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What decided where a request could go, without a word of its content: `trunkline whatif` routes it again."""

    fallbacks: tuple[str, ...] = ()
    """The models after the first, as sent."""
    provider: Raw | UnsetType = UNSET
    """The `provider` object as sent, of operations that take no options in it."""
    used_parameters: frozenset[str] = frozenset()
    input_modalities: frozenset[str] = frozenset()
    output_modalities: frozenset[str] = frozenset()
    prompt_tokens_estimate: int = 0
    max_output_tokens: int | None = None
    service_tier: str | None = None


class Generation(Struct, frozen=True, kw_only=True):
    """Everything kept of one request; never its content. Times in milliseconds, money in nano-dollars."""

    id: str
    request_id: str
    account_id: str
    workspace_id: str | None
    key_hash: str
    created_at_ms: int
    finished_at_ms: int
    status: GenerationStatus
    model: str
    """Catalogue id that served (or was asked, when nothing served)."""
    requested_model: str
    endpoint_id: str | None
    provider_name: str | None
    api_type: str = "completions"
    streamed: bool = False
    cost_nanousd: NanoUsd = NanoUsd(0)
    upstream_cost_nanousd: NanoUsd = NanoUsd(0)
    cache_discount_nanousd: NanoUsd | None = None
    is_byok: bool = False
    credential_id: str | None = None
    """The caller's own provider key that answered; None: the operator's."""
    charged: bool = True
    """False: cost is shown but nobody pays (Sandbox, OP-13)."""
    tokens_prompt: int = 0
    tokens_completion: int = 0
    native_tokens_prompt: int = 0
    native_tokens_completion: int = 0
    native_tokens_cached: int = 0
    native_tokens_cache_write: int = 0
    native_tokens_reasoning: int = 0
    native_tokens_completion_images: int = 0
    usage_estimated: bool = False
    num_media_prompt: int | None = None
    num_input_audio_prompt: int | None = None
    num_media_completion: int | None = None
    num_search_results: int | None = None
    finish_reason: str | None = None
    native_finish_reason: str | None = None
    service_tier: str | None = None
    upstream_id: str | None = None
    latency_ms: int | None = None
    """From receipt to first token (GEN-09)."""
    generation_time_ms: int | None = None
    error_type: str | None = None
    error_code: int | None = None
    router: str | None = None
    preset_id: str | None = None
    origin: str = ""
    app_id: int | None = None
    """Of the app with that origin; None without one, or when the database was away as it was first met."""
    http_referer: str | None = None
    app_title: str | None = None
    app_categories: tuple[str, ...] = ()
    user_agent: str | None = None
    country: str | None = None
    """Of the caller, ISO alpha-2; None: unknown (PRV-22)."""
    is_public: bool = True
    """False: public figures leave it out (routing-and-catalog.md 22)."""
    external_user: str | None = None
    session_id: str | None = None
    provider_responses: tuple[ProviderResponse, ...] = ()
    metadata: str | None = None
    """The request's `metadata` object as JSON text."""
    tool_call_count: int = 0
    tool_calls_valid: bool | None = None
    """Whether every call of the answer was valid (routing-and-catalog.md 11); None: no calls, or not checked."""
    structured_valid: bool | None = None
    """Whether the answer met the asked schema; None: none was asked for, or not checked."""
    task: str | None = None
    """What the request was for: a tag of routing-and-catalog.md 22.5; None where nobody looked."""
    asked: Asked | None = None
    """None in records of older versions, and of requests that a crash interrupted."""
    is_demo: bool = False
    """Made up by `trunkline demo`; whoever shows it says so."""


FeedbackCategory = Literal[
    "latency", "incoherence", "incorrect_response", "formatting", "billing", "api_error", "other"
]


class Feedback(Struct, frozen=True, kw_only=True):
    """What a caller reports about one generation (GEN-17)."""

    account_id: str
    generation_id: str
    key_hash: str
    created_at_ms: int
    category: FeedbackCategory
    comment: str | None
