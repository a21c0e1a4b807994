"""A valid request that no endpoint may serve: the error that says by which rule (routing-and-catalog.md 7, 4.5).

Only built when planning failed, so nothing here is hurried.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from msgspec import UNSET, Struct, UnsetType

from trunkline.catalog.types import Endpoint, Model, Operation, Snapshot
from trunkline.core.errors import (
    Availability,
    AvailabilityCode,
    Constraint,
    ContextLengthExceeded,
    ExcludedBy,
    InvalidRequest,
    NoEndpoints,
    TrunklineError,
)
from trunkline.core.json import JsonValue
from trunkline.core.money import format_price
from trunkline.routing.eligibility import Sifted
from trunkline.routing.filters import expiry_ms, tokens_wanted, window_fits
from trunkline.routing.slugs import Resolved
from trunkline.routing.types import MaxPrice, RoutingQuery

WhyNot: TypeAlias = Callable[[Endpoint], str]
"""What the operator could do to make an endpoint callable, as one clause; empty when unknown."""

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


class Case(Struct, frozen=True, kw_only=True):
    """A model that has no endpoint left, and what its error is written from."""

    sifted: Sifted
    query: RoutingQuery
    snapshot: Snapshot
    now_ms: int
    why_not: WhyNot

    @property
    def model(self) -> Model:
        return self.sifted.resolved.model

    @property
    def slug(self) -> str:
        return self.sifted.resolved.reference


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
        return _error(case, "no_endpoints", f"No endpoints found for {case.slug}.")
    return _BY_RULE.get(case.sifted.hits[-1].name, _constrained)(case)


def _error(
    case: Case,
    code: AvailabilityCode,
    message: str,
    *,
    fallback_models: tuple[str, ...] = (),
    constraint: Constraint | UnsetType = UNSET,
    metadata: Mapping[str, JsonValue] | None = None,
) -> NoEndpoints:
    """A 404. `excluded_by` names the rules with a label that dropped something on the way."""
    labels: tuple[ExcludedBy, ...] = tuple(
        rule.excluded_by for rule in case.sifted.hits if rule.excluded_by is not None
    )
    return NoEndpoints(
        message,
        field="model",
        metadata=metadata,
        availability=Availability(
            code=code,
            retryable=False,
            requested_models=case.query.models,
            affected_providers=_providers(case.model.endpoints),
            excluded_by=labels,
            fallback_models=fallback_models,
            constraint=constraint,
        ),
    )


def _free_ended(case: Case) -> TrunklineError:
    base = case.model.id.removesuffix(":free")
    fallbacks = (base,) if base in case.snapshot.models else ()
    return _error(
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
    return _error(
        case,
        "model_deprecated",
        f"No endpoints found for {case.slug}: its providers ended it on {ended}.",
        fallback_models=_family(case),
    )


def _not_enabled(case: Case) -> TrunklineError:
    """No provider of the model can be called here: what the operator could set (accounts-and-governance.md BY-25)."""
    names = _names(case, _providers(case.sifted.last))
    clauses = list(dict.fromkeys(clause for e in case.sifted.last if (clause := case.why_not(e))))[:NAMED_MAX]
    hint = f" To enable one: {'; or '.join(clauses)}." if clauses else ""
    return _error(
        case,
        "no_endpoints",
        f"No endpoints found for {case.slug}: none of its providers ({names}) is enabled on this instance.{hint}",
    )


def _providers_excluded(case: Case) -> TrunklineError:
    preferences = case.query.preferences
    available = _providers(case.sifted.last)
    asked = preferences.only or (preferences.order if not preferences.allow_fallbacks else ())
    allowed = f"allowed are {', '.join(asked)}" if asked else f"ignored are {', '.join(preferences.ignore)}"
    return _error(
        case,
        "no_endpoints",
        f"No allowed providers are available for the selected model. {case.slug} is served by "
        f"{', '.join(available)}; {allowed} (provider.only, provider.order, provider.ignore).",
        metadata={"available_providers": [*available], "requested_providers": [*asked]},
    )


def _tier_not_asked(case: Case) -> TrunklineError:
    tags = ", ".join(endpoint.tag for endpoint in case.sifted.last[:NAMED_MAX])
    return _error(
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
    return _error(case, "no_endpoints", f"No endpoints found that support {' and '.join(wanted)} for {case.slug}.")


def _private(case: Case) -> TrunklineError:
    rule = case.sifted.hits[-1].name
    policy, field = {
        "training": ("does not train on prompts or publish them", "provider.data_collection"),
        "zdr": ("has zero data retention", "provider.zdr"),
    }[rule]
    return _error(
        case,
        "privacy_restricted",
        f"No endpoint for {case.slug} {policy}, as {field} demands. Change {field} in the request, or choose "
        "another model.",
    )


def _too_long(case: Case) -> TrunklineError:
    """404 when only the asked output is too long everywhere, else the 400 that clients know how to read (4.5)."""
    query, last = case.query, case.sifted.last
    if all(window_fits(endpoint, query) for endpoint in last):
        longest = max(endpoint.max_output_tokens or 0 for endpoint in last)
        detail = f"max_tokens is {query.max_output_tokens}, the most that any endpoint writes is {longest}"
        return _error(
            case,
            "constraint_filtered",
            f"No endpoints found for {case.slug}: {detail}.",
            constraint=Constraint("context_length", detail),
        )
    window = max((min(e.context_length or 0, _prompt_limit(e, query)) for e in last), default=0)
    output, tools = query.max_output_tokens or 0, query.tool_tokens_estimate
    return ContextLengthExceeded(
        f"This endpoint's maximum context length is {window} tokens. However, about {tokens_wanted(query)} tokens "
        f"were requested ({query.prompt_tokens_estimate - tools} of text input, {tools} of tool input, {output} in "
        "the output). Reduce the length of either, or enable the context-compression plugin.",
        field="messages",
        metadata={"provider_name": None},
    )


def _prompt_limit(endpoint: Endpoint, query: RoutingQuery) -> int:
    """What the window comes to when the prompt's own limit is the one that was met."""
    window = endpoint.context_length or 0
    limit = endpoint.max_prompt_tokens
    return limit if limit is not None and query.prompt_tokens_estimate > limit else window


def _constrained(case: Case) -> TrunklineError:
    """A member of `provider` dropped the last endpoint; the constraint names it and what would have passed."""
    preferences, last = case.query.preferences, case.sifted.last
    rule = case.sifted.hits[-1].name
    match rule:
        case "quantization":
            field = "provider.quantizations"
            offered = sorted({endpoint.quantization or "unknown" for endpoint in last})
            detail = f"asked for {', '.join(preferences.quantizations)}, offered are {', '.join(offered)}"
        case "max_price":
            field, detail = "provider.max_price", f"every endpoint costs more than {_limits(preferences.max_price)}"
        case "require_parameters":
            missing = [
                name
                for name in sorted(case.query.used_parameters)
                if not any(name in endpoint.supported_parameters for endpoint in last)
            ]
            names = ", ".join(missing or sorted(case.query.used_parameters))
            field, detail = "provider.require_parameters", f"no endpoint supports {names}"
        case _:
            field, detail = f"provider.{rule}", "the model's author has not allowed distillation"
    return _error(
        case,
        "constraint_filtered",
        f"No endpoints found for {case.slug} that meet {field}: {detail}.",
        constraint=Constraint(field.removeprefix("provider."), detail),
    )


def _limits(limits: MaxPrice) -> str:
    given = (
        ("prompt", limits.prompt, 10**6, " per million prompt tokens"),
        ("completion", limits.completion, 10**6, " per million completion tokens"),
        ("request", limits.request, 1, " per request"),
        ("image", limits.image, 1, " per image"),
        ("audio", limits.audio, 1, " per unit of audio"),
    )
    return " or ".join(f"${format_price(limit * units)}{per}" for _, limit, units, per in given if limit is not None)


def _providers(endpoints: Iterable[Endpoint]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(endpoint.provider for endpoint in endpoints))


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
    "context_length": _too_long,
}
