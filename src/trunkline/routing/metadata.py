"""`openrouter_metadata`: how a request was routed, for those who ask (routing-and-catalog.md 25, inference.md 16)."""

from collections.abc import Mapping, Sequence

from msgspec import UNSET, Raw, Struct, UnsetType

from trunkline.catalog.types import Provider
from trunkline.core import json
from trunkline.routing.types import Candidate


class _Available(Struct, frozen=True):
    provider: str
    model: str
    selected: bool


class _Endpoints(Struct, frozen=True):
    total: int
    available: list[_Available]


class _Attempt(Struct, frozen=True):
    provider: str
    model: str
    status: int


class _Metadata(Struct, frozen=True, kw_only=True):
    requested: str
    strategy: str
    region: str | None
    summary: str
    attempt: int
    is_byok: bool
    endpoints: _Endpoints
    attempts: list[_Attempt] | UnsetType = UNSET
    pipeline: Sequence[Raw] | UnsetType = UNSET


def router_metadata(
    *,
    requested: Sequence[str],
    strategy: str,
    total_endpoints: int,
    available: Sequence[Candidate],
    tried: Sequence[tuple[Candidate, int]],
    selected: Candidate | None,
    providers: Mapping[str, Provider],
    primary_model: str | None = None,
    region: str | None = None,
    is_byok: bool = False,
    pipeline: Sequence[Raw] = (),
) -> Raw:
    """The object as JSON.

    `strategy`, `total_endpoints`, `available` and `primary_model` are the plan's, or those of `refused_plan`. `tried`
    is each attempt with the HTTP status that it ended with, `selected` the one that answered (None on errors). The
    strategy becomes `fallback` when a listed model other than the first served (8 rule 7). `attempts` is left out
    when the first one succeeded.
    """
    if selected is not None and selected.model.id != (primary_model or available[0].model.id):
        strategy = "fallback"
    failed_over = len(tried) > 1 or (len(tried) == 1 and selected is None)
    return json.raw(
        _Metadata(
            requested=requested[0] if requested else "",
            strategy=strategy,
            region=region,
            summary=_summary(available, selected, providers),
            attempt=len(tried),
            is_byok=is_byok,
            endpoints=_Endpoints(
                total_endpoints,
                [
                    _Available(_name(candidate, providers), candidate.model.id, candidate is selected)
                    for candidate in available
                ],
            ),
            attempts=[_Attempt(_name(candidate, providers), candidate.model.id, status) for candidate, status in tried]
            if failed_over
            else UNSET,
            pipeline=pipeline or UNSET,
        )
    )


def _summary(available: Sequence[Candidate], selected: Candidate | None, providers: Mapping[str, Provider]) -> str:
    chosen = _name(selected, providers) if selected is not None else "none"
    return f"available={len(available)}, selected={chosen}"


def _name(candidate: Candidate, providers: Mapping[str, Provider]) -> str:
    provider = providers.get(candidate.endpoint.provider)
    return provider.name if provider is not None else candidate.endpoint.provider
