"""`openrouter_metadata`: how a request was routed, for those who ask (routing-and-catalog.md 25, inference.md 16)."""

from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import UNSET, Raw, Struct, UnsetType

from trunkline.catalog.types import Provider
from trunkline.core import json
from trunkline.routing.types import Candidate, Plan, Strategy


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


class _Task(Struct, frozen=True):
    task_type: str


class _Shortened(Struct, frozen=True):
    engine: Literal["middle-out"]
    input_type: Literal["messages", "prompt"]
    original_count: int
    compressed_count: int


class _Continued(Struct, frozen=True):
    parts: int


class _Hedged(Struct, frozen=True):
    winner: str


class Stage(Struct, frozen=True):
    """One thing that changed the request or its way."""

    type: Literal["plugin", "context_compression", "stream_recovery", "hedging"]
    name: str
    data: _Task | _Shortened | _Continued | _Hedged


class _Metadata(Struct, frozen=True, kw_only=True):
    requested: str
    strategy: str
    region: str | None
    summary: str
    attempt: int
    is_byok: bool
    endpoints: _Endpoints
    attempts: list[_Attempt] | UnsetType = UNSET
    pipeline: Sequence[Stage] | UnsetType = UNSET


def classified(router: str, task_type: str) -> Stage:
    """The auto router took the request for a task of this kind (12.1)."""
    return Stage("plugin", f"{router.partition('/')[2]}-router", _Task(task_type))


def compressed(original_count: int, compressed_count: int) -> Stage:
    """The conversation was shortened (17)."""
    shortened = _Shortened("middle-out", "messages", original_count, compressed_count)
    return Stage("context_compression", "context-compression", shortened)


def continued(parts: int) -> Stage:
    """The answer broke off and was gone on with elsewhere: so many attempts had a part in it."""
    return Stage("stream_recovery", "stream-recovery", _Continued(parts))


def hedged(winner: str) -> Stage:
    """Two endpoints were asked beside each other, and this provider spoke first."""
    return Stage("hedging", "hedging", _Hedged(winner))


def router_metadata(
    plan: Plan,
    *,
    tried: Sequence[tuple[Candidate, int]],
    selected: Candidate | None,
    providers: Mapping[str, Provider],
    pipeline: Sequence[Stage] = (),
) -> Raw:
    """The object as JSON.

    `plan` may be that of `refused_plan`. `tried` is each attempt with the HTTP status that it ended with, `selected`
    the one that answered (None on errors). The strategy becomes `fallback` when several models were listed and another
    than the first served (8 rule 7). `attempts` is left out when the first one succeeded.
    """
    strategy: Strategy | Literal["fallback"] = plan.strategy
    if selected is not None and len(plan.requested) > 1 and selected.model.id not in plan.primary_models:
        strategy = "fallback"
    failed_over = len(tried) > 1 or (len(tried) == 1 and selected is None)
    return json.raw(
        _Metadata(
            requested=plan.requested[0] if plan.requested else "",
            strategy=strategy,
            region=plan.region,
            summary=_summary(plan.attempts, selected, providers),
            attempt=len(tried),
            is_byok=selected is not None and selected.byok_key_id is not None,
            endpoints=_Endpoints(
                plan.total_endpoints,
                [
                    _Available(_name(candidate, providers), candidate.model.id, candidate is selected)
                    for candidate in plan.attempts
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
