"""A valid request that no endpoint may serve: the error that says by which rule (routing-and-catalog.md 7, 4.5).

Only built when planning failed, so nothing here is hurried.
"""

import re
from collections.abc import Callable, Mapping

from trunkline.catalog.types import Model, Operation
from trunkline.core.errors import (
    Availability,
    Constraint,
    InvalidRequest,
    NoEndpoints,
    TrunklineError,
)
from trunkline.routing.cases import Case, provider_slugs, refused
from trunkline.routing.constraints import constrained, too_long
from trunkline.routing.filters import expiry_ms
from trunkline.routing.slugs import Resolved
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


def _expired(case: Case) -> TrunklineError:
    if case.model.variant == "free":
        return _free_ended(case)
    ended = max(e.deprecation_date or "" for e in case.model.endpoints)
    return refused(
        case,
        "model_deprecated",
        f"No endpoints found for {case.slug}: its providers ended it on {ended}.",
        fallback_models=_family(case),
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
    asked = preferences.only or (preferences.order if not preferences.allow_fallbacks else ())
    allowed = f"allowed are {', '.join(asked)}" if asked else f"ignored are {', '.join(preferences.ignore)}"
    return refused(
        case,
        "no_endpoints",
        f"No allowed providers are available for the selected model. {case.slug} is served by "
        f"{', '.join(available)}; {allowed} (provider.only, provider.order, provider.ignore).",
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
    wanted = [f"{name} input" for name in inputs] + [f"{name} output" for name in outputs]
    if not wanted:  # each is supported somewhere, but nowhere all of them
        wanted = [f"{' and '.join(sorted(query.input_modalities | query.output_modalities))} together"]
    return refused(case, "no_endpoints", f"No endpoints found that support {' and '.join(wanted)} for {case.slug}.")


def _private(case: Case) -> TrunklineError:
    rule = case.sifted.hits[-1].name
    policy, field = {
        "training": ("does not train on prompts or publish them", "provider.data_collection"),
        "zdr": ("has zero data retention", "provider.zdr"),
    }[rule]
    return refused(
        case,
        "privacy_restricted",
        f"No endpoint for {case.slug} {policy}, as {field} demands. Change {field} in the request, or choose "
        "another model.",
    )


def _names(case: Case, slugs: tuple[str, ...]) -> str:
    providers = case.snapshot.providers
    names = [providers[slug].name if slug in providers else slug for slug in slugs[:NAMED_MAX]]
    return ", ".join(names) + (f" and {len(slugs) - NAMED_MAX} more" if len(slugs) > NAMED_MAX else "")


def _family(case: Case) -> tuple[str, ...]:
    """Up to three living models of the same author whose names begin with the same word, newest first."""
    word = _family_word(case.model)
    kin = [
        model
        for model in case.snapshot.models.values()
        if model.author == case.model.author
        and model.variant == "standard"
        and model.id != case.model.id
        and _family_word(model) == word
        and any((end := expiry_ms(endpoint)) is None or end > case.now_ms for endpoint in model.endpoints)
    ]
    return tuple(model.id for model in sorted(kin, key=lambda model: -model.created_s)[:3])


def _family_word(model: Model) -> str:
    name = model.id.partition("/")[2]
    return re.split(r"[-.\d:]", name, maxsplit=1)[0]


_BY_RULE: Mapping[str, Callable[[Case], TrunklineError]] = {
    "existence": _expired,
    "not_enabled": _not_enabled,
    "training": _private,
    "zdr": _private,
    "providers": _providers_excluded,
    "tier": _tier_not_asked,
    "modality": _modality_missing,
    "context_length": too_long,
}
