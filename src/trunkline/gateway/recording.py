"""The record of a generation, from what is known of its exchange (inference.md 27, accounts-and-governance.md 18)."""

from collections.abc import Mapping

from msgspec import UNSET, Struct

from trunkline.catalog.types import Operation
from trunkline.core.money import Charge, NanoUsd
from trunkline.gateway.exchange import Exchange
from trunkline.gateway.routing_caller import is_public
from trunkline.generations.types import Asked, Generation, GenerationStatus
from trunkline.protocols.events import Usage
from trunkline.protocols.heard import UNJUDGED
from trunkline.routing.types import RoutingQuery

_PREFERENCES_BYTES_MAX = 4096
"""A longer `provider` object is not kept in the record."""
_API_TYPES: Mapping[Operation, str] = {
    "chat": "completions",
    "embeddings": "embeddings",
    "rerank": "rerank",
    "image": "image",
    "video": "video",
    "speech": "tts",
    "transcription": "stt",
}
"""GEN-02."""


class Bill(Struct, frozen=True, kw_only=True):
    """A priced answer. `charged` False: the price is shown, but nobody pays (OP-13)."""

    usage: Usage
    charge: Charge
    charged: bool


def generation_of(
    exchange: Exchange, status: GenerationStatus, bill: Bill | None, elapsed_ms: int, app_id: int | None
) -> Generation:
    """The record of a request that ended, or as far as it is known."""
    request, caller, facts = exchange.request, exchange.caller, exchange.facts
    endpoint, error = exchange.endpoint, exchange.error
    usage, query = bill.usage if bill is not None else Usage(), exchange.query
    verdict = UNJUDGED
    if status == "completed" and facts is not None and facts.heard is not None:
        verdict = facts.heard.verdict(facts.finish_reason)
    latency_ms = (
        None if exchange.first_token_s is None else round((exchange.first_token_s - exchange.received_s) * 1000)
    )
    return Generation(
        id=exchange.generation_id,
        request_id=exchange.request_id,
        account_id=exchange.principal.account_id,
        workspace_id=exchange.principal.workspace_id,
        key_hash=exchange.principal.key.hash,
        created_at_ms=exchange.received_ms,
        finished_at_ms=exchange.received_ms + elapsed_ms,
        status=status,
        api_type=_API_TYPES[exchange.inbound.operation],
        model=exchange.candidate.model.id if exchange.candidate is not None else exchange.requested_model,
        requested_model=exchange.requested_model,
        preset_id=exchange.preset_id,
        endpoint_id=endpoint.id if endpoint is not None else None,
        provider_name=exchange.runtime.provider.name if exchange.runtime is not None else None,
        streamed=request.stream,
        cost_nanousd=bill.charge.total_nanousd if bill is not None else NanoUsd(0),
        upstream_cost_nanousd=bill.charge.upstream_nanousd if bill is not None else NanoUsd(0),
        cache_discount_nanousd=bill.charge.cache_discount_nanousd if bill is not None else None,
        is_byok=exchange.candidate is not None and exchange.candidate.byok_key_id is not None,
        credential_id=exchange.candidate.byok_key_id if exchange.candidate is not None else None,
        charged=bill.charged if bill is not None else True,
        tokens_prompt=usage.prompt_tokens,
        tokens_completion=usage.completion_tokens,
        native_tokens_prompt=usage.prompt_tokens,
        native_tokens_completion=usage.completion_tokens,
        native_tokens_cached=usage.cached_tokens,
        native_tokens_cache_write=usage.cache_write_tokens,
        native_tokens_reasoning=usage.reasoning_tokens,
        native_tokens_completion_images=usage.completion_image_tokens,
        usage_estimated=usage.estimated,
        num_media_prompt=request.num_media or None,
        num_input_audio_prompt=request.num_audio or None,
        num_media_completion=(facts.media_count or None) if facts is not None else None,
        tool_call_count=facts.tool_call_count if facts is not None else 0,
        tool_calls_valid=verdict.tool_calls_valid,
        structured_valid=verdict.structured_valid,
        task=exchange.plan.task_type if exchange.plan is not None else None,
        num_search_results=(facts.search_count or None) if facts is not None else None,
        finish_reason=facts.finish_reason if facts is not None and error is None else ("error" if error else None),
        native_finish_reason=facts.native_finish_reason if facts is not None else None,
        service_tier=facts.service_tier if facts is not None else None,
        upstream_id=facts.upstream_id if facts is not None else None,
        latency_ms=latency_ms if latency_ms is not None else elapsed_ms,
        generation_time_ms=elapsed_ms - (latency_ms or 0) if latency_ms is not None else elapsed_ms,
        error_type=error.kind if error is not None else None,
        error_code=error.http_status if error is not None else None,
        origin=caller.origin,
        app_id=app_id,
        http_referer=caller.http_referer,
        app_title=caller.app_title,
        app_categories=caller.app_categories,
        user_agent=caller.user_agent,
        country=caller.country,
        is_public=is_public(exchange),
        external_user=request.user,
        session_id=exchange.session_id,
        provider_responses=tuple(exchange.attempts),
        metadata=request.metadata,
        asked=_asked(query) if query is not None else None,
    )


def _asked(query: RoutingQuery) -> Asked:
    """The facts of a query that are kept; options are for providers and may hold content."""
    is_kept = 0 < len(query.sent) <= _PREFERENCES_BYTES_MAX and not query.preferences.options
    return Asked(
        fallbacks=query.models[1:],
        provider=query.sent if is_kept else UNSET,
        used_parameters=query.used_parameters,
        input_modalities=query.input_modalities,
        output_modalities=query.output_modalities,
        prompt_tokens_estimate=query.prompt_tokens_estimate,
        max_output_tokens=query.max_output_tokens,
        service_tier=query.service_tier,
    )
