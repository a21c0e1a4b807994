"""Whom to ask, and what that costs at most."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from trunkline.catalog.pricing import price_score, rates_at, worst_case_nanousd
from trunkline.catalog.types import Endpoint, Model
from trunkline.core.money import NanoUsd, round_to_nanousd
from trunkline.gateway.probing.features import FEATURES, Feature, claims, output_tokens_max, question
from trunkline.gateway.world import World
from trunkline.providers.types import ProviderRuntime
from trunkline.routing.types import Candidate

_OVERHEAD_TOKENS = 1_000
"""More than any provider adds to a prompt: instructions for tools, schemas and the turns' own marks."""
_PICTURE_TOKENS = 10_000
"""More than any provider counts for a small picture."""


Reach = Callable[[Endpoint], Endpoint | None]
"""The endpoint as it is called; None where it cannot be."""


def probeable(world: World, slug: str, at_ms: int, reach: Reach | None = None) -> list[Candidate]:
    """The provider's chat models that can be called, cheapest first, each by its cheapest endpoint.

    `reach` says what can be called; absent: what the operator's keys can. What has no price, or is deprecated, comes
    after everything else.
    """

    def shared(endpoint: Endpoint) -> Endpoint | None:
        return endpoint if world.is_callable(endpoint) else None

    models = world.snapshot.models.values()
    found = [candidate for model in models for candidate in _endpoints(model, slug, at_ms, reach or shared)]
    found.sort(key=_order)
    by_model: dict[str, Candidate] = {}
    for candidate in found:
        by_model.setdefault(candidate.model.id, candidate)
    return list(by_model.values())


def _endpoints(model: Model, slug: str, at_ms: int, reach: Reach) -> Iterator[Candidate]:
    if model.operation != "chat":
        return
    for endpoint in model.endpoints:
        if endpoint.provider != slug or "text" not in endpoint.output_modalities:
            continue
        if (reached := reach(endpoint)) is not None:
            yield Candidate(model=model, endpoint=reached, price=price_score(endpoint.pricing, at_ms), rank=0)


def _order(candidate: Candidate) -> tuple[bool, bool, int, int, str]:
    model, endpoint = candidate.model, candidate.endpoint
    return (
        endpoint.status == "deprecated",
        not endpoint.pricing.priced,
        candidate.price,
        -model.created_s,
        endpoint.id,
    )


def request_count(candidates: Iterable[Candidate]) -> int:
    """How many requests a probe of these makes at most."""
    return sum(claims(feature, candidate.endpoint) for candidate in candidates for feature in FEATURES)


def cost_bound_nanousd(candidates: Sequence[Candidate], runtime: ProviderRuntime, at_ms: int) -> NanoUsd | None:
    """What probing them costs at most by the catalog's prices; None when the price of one is not known."""
    if runtime.in_process:
        return NanoUsd(0)
    if not all(candidate.endpoint.pricing.priced for candidate in candidates):
        return None
    bounds = [
        _request_bound_nanousd(candidate, feature, at_ms)
        for candidate in candidates
        for feature in FEATURES
        if claims(feature, candidate.endpoint)
    ]
    return None if None in bounds else NanoUsd(sum(bound for bound in bounds if bound is not None))


def _request_bound_nanousd(candidate: Candidate, feature: Feature, at_ms: int) -> NanoUsd | None:
    """A token is a byte at least, so the request's size bounds its tokens."""
    endpoint = candidate.endpoint
    output_tokens = output_tokens_max(feature, candidate.model)
    if endpoint.supported_parameters and endpoint.supported_parameters.isdisjoint(
        ("max_tokens", "max_completion_tokens")
    ):
        if endpoint.max_output_tokens is None:
            return None  # no cap is sent, and nobody knows where it ends
        output_tokens = endpoint.max_output_tokens
    asked = question(feature, candidate.model, endpoint)
    prompt_tokens = asked.size_bytes + _OVERHEAD_TOKENS + _PICTURE_TOKENS * asked.num_images
    pictures = asked.num_images * rates_at(endpoint.pricing, prompt_tokens, at_ms).image
    return NanoUsd(
        worst_case_nanousd(endpoint.pricing, prompt_tokens, output_tokens, at_ms) + round_to_nanousd(pictures)
    )
