"""A generation record as the API shows it (GEN-01, GEN-02, inference.md 27): every member, null where there is none."""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from trunkline.api.wire import Usd, UsdOrNull, timestamp, usd_or_null
from trunkline.core.money import NanoUsd, usd_number
from trunkline.generations.types import Generation, ProviderResponse


class ProviderResponseObject(Struct, frozen=True, kw_only=True):
    """One attempt. `status` is null when no answer came; the other members are left out when unknown."""

    provider_name: str
    status: int | None
    endpoint_id: str
    model_permaslug: str
    is_byok: bool
    id: str | UnsetType = UNSET
    latency: int | UnsetType = UNSET
    routed_service_tier: str | UnsetType = UNSET
    tokens_prompt: int | UnsetType = UNSET
    """This and the next two where several attempts had a part in the answer (stream recovery, hedging)."""
    tokens_completion: int | UnsetType = UNSET
    upstream_inference_cost: Usd | UnsetType = UNSET
    outpaced: bool | UnsetType = UNSET
    """Another endpoint was asked beside it, and spoke first."""


class GenerationObject(Struct, frozen=True, kw_only=True):
    """Costs in USD, `latency` and `generation_time` in milliseconds, `native_tokens_*` as the provider counted."""

    id: str
    request_id: str | None
    upstream_id: str | None
    api_type: str | None
    model: str
    provider_name: str | None
    router: str | None
    preset_id: str | None
    origin: str
    http_referer: str | None
    user_agent: str | None
    app_id: int | None
    external_user: str | None
    session_id: str | None
    workspace_id: str | None
    api_key_hash: str
    created_at: str
    data_region: Literal["global", "europe", "us"]
    is_byok: bool
    streamed: bool
    cancelled: bool
    finish_reason: str | None
    native_finish_reason: str | None
    service_tier: str | None
    tokens_prompt: int
    tokens_completion: int
    native_tokens_prompt: int
    native_tokens_completion: int
    native_tokens_cached: int
    native_tokens_reasoning: int
    native_tokens_completion_images: int
    num_media_prompt: int | None
    num_media_completion: int | None
    num_input_audio_prompt: int | None
    num_search_results: int | None
    num_fetches: int | None
    web_search_engine: str | None
    usage: Usd
    total_cost: Usd
    upstream_inference_cost: UsdOrNull
    cache_discount: UsdOrNull
    response_cache_source_id: str | None
    latency: int | None
    generation_time: int | None
    moderation_latency: int | None
    provider_responses: list[ProviderResponseObject]
    is_demo: bool | UnsetType = UNSET
    """True on made-up records (`trunkline demo`), absent on all others."""


def generation_object(generation: Generation) -> GenerationObject:
    """The record for its account's eyes."""
    cost = usd_number(generation.cost_nanousd)
    return GenerationObject(
        id=generation.id,
        request_id=generation.request_id,
        upstream_id=generation.upstream_id,
        api_type=generation.api_type,
        model=generation.model,
        provider_name=generation.provider_name,
        router=generation.router,
        preset_id=generation.preset_id,
        origin=generation.origin,
        http_referer=generation.http_referer,
        user_agent=generation.user_agent,
        app_id=generation.app_id,
        external_user=generation.external_user,
        session_id=generation.session_id,
        workspace_id=generation.workspace_id,
        api_key_hash=generation.key_hash,
        created_at=timestamp(generation.created_at_ms),
        data_region="global",
        is_byok=generation.is_byok,
        streamed=generation.streamed,
        cancelled=generation.status == "cancelled",
        finish_reason=generation.finish_reason,
        native_finish_reason=generation.native_finish_reason,
        service_tier=generation.service_tier,
        tokens_prompt=generation.tokens_prompt,
        tokens_completion=generation.tokens_completion,
        native_tokens_prompt=generation.native_tokens_prompt,
        native_tokens_completion=generation.native_tokens_completion,
        native_tokens_cached=generation.native_tokens_cached,
        native_tokens_reasoning=generation.native_tokens_reasoning,
        native_tokens_completion_images=generation.native_tokens_completion_images,
        num_media_prompt=generation.num_media_prompt,
        num_media_completion=generation.num_media_completion,
        num_input_audio_prompt=generation.num_input_audio_prompt,
        num_search_results=generation.num_search_results,
        num_fetches=None,
        web_search_engine=None,
        usage=cost,
        total_cost=cost,
        upstream_inference_cost=usd_or_null(generation.upstream_cost_nanousd if generation.is_byok else NanoUsd(0)),
        cache_discount=usd_or_null(generation.cache_discount_nanousd),
        response_cache_source_id=None,
        latency=generation.latency_ms,
        generation_time=generation.generation_time_ms,
        moderation_latency=None,
        provider_responses=[_provider_response(attempt) for attempt in generation.provider_responses],
        is_demo=True if generation.is_demo else UNSET,
    )


def _provider_response(attempt: ProviderResponse) -> ProviderResponseObject:
    cost_nanousd = attempt.upstream_cost_nanousd
    return ProviderResponseObject(
        provider_name=attempt.provider_name,
        status=attempt.status,
        endpoint_id=attempt.endpoint_id,
        model_permaslug=attempt.model_permaslug,
        is_byok=attempt.is_byok,
        id=UNSET if attempt.id is None else attempt.id,
        latency=UNSET if attempt.latency is None else attempt.latency,
        routed_service_tier=UNSET if attempt.routed_service_tier is None else attempt.routed_service_tier,
        tokens_prompt=UNSET if attempt.tokens_prompt is None else attempt.tokens_prompt,
        tokens_completion=UNSET if attempt.tokens_completion is None else attempt.tokens_completion,
        outpaced=attempt.outpaced or UNSET,
        upstream_inference_cost=UNSET if cost_nanousd is None else usd_number(cost_nanousd),
    )
