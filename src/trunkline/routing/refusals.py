"""A valid request that no endpoint may serve: the error that says by which rule (routing-and-catalog.md 7, 4.5).

Only built when planning failed, so nothing here is hurried.
"""

from collections.abc import Callable, Mapping

from trunkline.catalog.types import Operation
from trunkline.core.errors import (
    Availability,
    Constraint,
    InvalidRequest,
    NoEndpoints,
    PermissionDenied,
    TrunklineError,
)
from trunkline.routing.cases import Case, availability, provider_slugs, refused
from trunkline.routing.constraints import constrained, too_long
from trunkline.routing.filters import expiry_ms, is_shared_with
from trunkline.routing.slugs import Resolved, is_visible, not_found
from trunkline.routing.types import RoutingQuery

NAMED_MAX = 5
"""How many providers or ways out one message names."""

ROUTES: Mapping[Operation, str] = {
    "chat": "/api/v1/chat/completions",
    "embeddings": "/api/v1/embeddings",
    "rerank": "/api/v1/rerank",
    "image": "/api/v1/images",
    "video": "/api/v1/videos",
    "speech": "/api/v1/audio/speech",
    "transcription": "/api/v1/audio/transcriptions",
}


def wrong_endpoint(resolved: Resolved, query: RoutingQuery) -> InvalidRequest:
    """The model exists, and another route serves it."""
    route = ROUTES[resolved.model.operation]
    return InvalidRequest(
        f"{resolved.reference} is a model for {resolved.model.operation}; call {route}",
        field="model",
        availability=Availability(
            code="wrong_endpoint",
            retryable=False,
            requested_models=query.models,
            constraint=Constraint("model", route),
        ),
    )


def no_tool_support(query: RoutingQuery, docs_url: str) -> NoEndpoints:
    """`tools`, and no endpoint of any requested model takes them (4.4, `strict_tool_routing`)."""
    return NoEndpoints(
        f"No endpoints found that support tool use. To learn more about provider routing, visit: {docs_url}",
        field="tools",
        availability=Availability(
            code="constraint_filtered",
            retryable=False,
            requested_models=query.models,
            constraint=Constraint("tools", "no endpoint of the requested models supports tools"),
        ),
    )


def refusal(case: Case) -> TrunklineError:
    """The error of a model whose endpoints were all dropped: the filter that dropped the last one decides."""
    if case.sifted.resolved.is_free_gone:
        return _free_ended(case)
    if not case.sifted.hits:
        return refused(case, "no_endpoints", f"No endpoints found for {case.slug}.")
    return _BY_RULE.get(case.sifted.hits[-1].name, constrained)(case)


def _free_ended(case: Case) -> TrunklineError:
    base = case.model.id.removesuffix(":free")
    fallbacks = (base,) if base in case.snapshot.models else ()
    return refused(
        case,
        "free_variant_ended",
        f"No endpoints found for {case.slug}: the model has no free endpoint"
        + (f"; {base} is the paid one." if fallbacks else "."),
        fallback_models=fallbacks,
    )


def _not_existing(case: Case) -> TrunklineError:
    """Everything is somebody else's, or switched off, or at its end."""
    identities = case.query.caller.identities
    shared = [endpoint for endpoint in case.model.endpoints if is_shared_with(endpoint, identities)]
    if not shared:
        return not_found(case.snapshot, case.slug, case.query.models)
    if not any(endpoint.enabled for endpoint in shared):
        return refused(case, "no_endpoints", f"No endpoints found for {case.slug}: the operator has switched it off.")
    if case.model.variant == "free":
        return _free_ended(case)
    ended = max(endpoint.deprecation_date or "" for endpoint in shared)
    successor = case.model.successor
    return refused(
        case,
        "model_deprecated",
        f"No endpoints found for {case.slug}: its providers ended it on {ended}.",
        fallback_models=(successor,) if successor is not None else _family(case),
    )


def _not_permitted(case: Case) -> TrunklineError:
    """No availability object: a rule of the account, not a lack of endpoints (27, conflict 10)."""
    return PermissionDenied(
        f"{case.slug} is not allowed by the guardrails of this key. Ask who manages them, or choose another model.",
        field="model",
    )


def _geo_blocked(case: Case) -> TrunklineError:
    return PermissionDenied(
        f"{case.slug} is not available in your country ({case.query.caller.country}). Choose another model.",
        field="model",
        availability=availability(case, "region_restricted"),
    )


def _outside_region(case: Case) -> TrunklineError:
    detail = f"no endpoint of {case.slug} keeps its data in {case.query.caller.region}"
    return refused(
        case,
        "constraint_filtered",
        f"No endpoints found for {case.slug} in this region: {detail}. Call the instance's plain host name, or choose "
        "another model.",
        constraint=Constraint("data_region", detail),
    )


def _not_enabled(case: Case) -> TrunklineError:
    """No provider of the model can be called here: what the operator could set (accounts-and-governance.md BY-25)."""
    names = _names(case, provider_slugs(case.sifted.last))
    clauses = list(dict.fromkeys(clause for e in case.sifted.last if (clause := case.why_not(e))))[:NAMED_MAX]
    hint = f" To enable one: {'; or '.join(clauses)}." if clauses else ""
    return refused(
        case,
        "no_endpoints",
        f"No endpoints found for {case.slug}: none of its providers ({names}) is enabled on this instance.{hint}",
    )


def _providers_excluded(case: Case) -> TrunklineError:
    preferences = case.query.preferences
    available = provider_slugs(case.sifted.last)
    policy = case.query.caller.policy
    asked = preferences.only or (preferences.order if not preferences.allow_fallbacks else ())
    named = [*asked, *(reference for ceiling in policy.provider_ceilings for reference in ceiling)]
    ignored = ", ".join((*preferences.ignore, *policy.denied_providers))
    allowed = f"allowed are {', '.join(dict.fromkeys(named))}" if named else f"ignored are {ignored}"
    return refused(
        case,
        "no_endpoints",
        f"No allowed providers are available for the selected model. {case.slug} is served by "
        f"{', '.join(available)}; {allowed} (provider.only, provider.order, provider.ignore, and the provider lists "
        "of the account and its guardrails).",
        metadata={"available_providers": [*available], "requested_providers": [*asked]},
    )


def _tier_not_asked(case: Case) -> TrunklineError:
    tags = ", ".join(endpoint.tag for endpoint in case.sifted.last[:NAMED_MAX])
    return refused(
        case,
        "no_endpoints",
        f"No endpoints found for {case.slug} in the default service tier. Name one of {tags} in provider.only or "
        "provider.order, or send service_tier.",
    )


def _modality_missing(case: Case) -> TrunklineError:
    query, last = case.query, case.sifted.last
    inputs = [name for name in sorted(query.input_modalities) if not any(name in e.input_modalities for e in last)]
    outputs = [name for name in sorted(query.output_modalities) if not any(name in e.output_modalities for e in last)]
    if query.operation == "image" and inputs:
        return InvalidRequest(
            f"{case.slug} takes no {' and no '.join(inputs)} as input. Leave out `input_references`, or choose another "
            "model (`architecture.input_modalities` in /api/v1/images/models).",
            field="input_references",
        )
    wanted = [f"{name} input" for name in inputs] + [f"{name} output" for name in outputs]
    if not wanted:  # each is supported somewhere, but nowhere all of them
        wanted = [f"{' and '.join(sorted(query.input_modalities | query.output_modalities))} together"]
    return refused(case, "no_endpoints", f"No endpoints found that support {' and '.join(wanted)} for {case.slug}.")


def _private(case: Case) -> TrunklineError:
    preferences = case.query.preferences
    if case.sifted.hits[-1].name == "training":
        policy, field = "does not train on prompts or publish them", "provider.data_collection"
        in_request = preferences.data_collection == "deny"
    else:
        policy, field = "has zero data retention", "provider.zdr"
        in_request = preferences.zdr
    if in_request:
        demand = f"as {field} demands. Change {field} in the request"
    else:
        demand = "as the privacy settings of the account or a guardrail demand. Change them there"
    return refused(
        case, "privacy_restricted", f"No endpoint for {case.slug} {policy}, {demand}, or choose another model."
    )


def _names(case: Case, slugs: tuple[str, ...]) -> str:
    providers = case.snapshot.providers
    names = [providers[slug].name if slug in providers else slug for slug in slugs[:NAMED_MAX]]
    return ", ".join(names) + (f" and {len(slugs) - NAMED_MAX} more" if len(slugs) > NAMED_MAX else "")


def _family(case: Case) -> tuple[str, ...]:
    """Up to three living models of the same line, newest first."""
    identities = case.query.caller.identities
    kin = [
        model
        for model in case.snapshot.models.values()
        if model.author == case.model.author
        and model.variant == "standard"
        and model.id != case.model.id
        and model.family == case.model.family
        and is_visible(model, identities)
        and any((end := expiry_ms(endpoint)) is None or end > case.now_ms for endpoint in model.endpoints)
    ]
    return tuple(model.id for model in sorted(kin, key=lambda model: -model.created_s)[:3])


_BY_RULE: Mapping[str, Callable[[Case], TrunklineError]] = {
    "existence": _not_existing,
    "not_enabled": _not_enabled,
    "access": _not_permitted,
    "geo": _geo_blocked,
    "region": _outside_region,
    "training": _private,
    "zdr": _private,
    "providers": _providers_excluded,
    "tier": _tier_not_asked,
    "modality": _modality_missing,
    "context_length": too_long,
}
