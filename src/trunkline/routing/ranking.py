"""In which order the surviving endpoints are tried: routing-and-catalog.md 5.

The default is chance weighted by price among the healthy (5.2); `order` (5.3) and `sort` (5.4) replace it, performance
preferences (5.5) partition the finished list. Private endpoints (5.7) and the one that the conversation stays with (13)
are moved before the others of their model.
"""

import random
from collections.abc import Callable, Hashable, Iterable, Mapping
from itertools import pairwise
from operator import attrgetter
from typing import TypeAlias

from trunkline.catalog.pricing import price_score
from trunkline.catalog.types import Endpoint
from trunkline.routing.compression import compressed_to
from trunkline.routing.quality import quality_tiers
from trunkline.routing.slugs import ProviderSet, Resolved
from trunkline.routing.sticky import Remembered, deserves
from trunkline.routing.types import Candidate, Past, ProviderPreferences, RoutingQuery, SortBy

Strategy: TypeAlias = Callable[[list[Candidate]], list[Candidate]]
"""An arrangement of candidates; gives a new list."""

_rank_and_price = attrgetter("rank", "price")
OUTAGE = 2
DOWN = 3


def candidates(
    resolved: Resolved, endpoints: Iterable[Endpoint], query: RoutingQuery, past: Past, now_ms: int
) -> list[Candidate]:
    """The endpoints with what ordering needs of each."""
    rank, tokens, model = past.health.rank, query.prompt_tokens_estimate, resolved.model
    total = tokens + (query.max_output_tokens or 0)
    is_latest, transient_only = resolved.strategy == "latest", resolved.transient_only
    return [
        Candidate(
            model=model,
            endpoint=endpoint,
            price=price_score(endpoint.pricing, prompt_tokens=tokens, at_ms=now_ms),
            rank=rank(endpoint.id),
            # What fits is only looked at more closely when compression was asked for.
            compressed_to=compressed_to(endpoint, model, query)
            if query.compression or (endpoint.context_length or total) < total
            else None,
            is_family_pick=is_latest,
            transient_only=transient_only,
        )
        for endpoint in endpoints
    ]


def balanced(found: list[Candidate], past: Past, dice: random.Random) -> list[Candidate]:
    """Default strategy: of the healthiest group one by chance, the rest by rank and price (5.2)."""
    if len(found) < 2:
        return found
    ordered = by_rank_and_price(found, past)
    best = ordered[0].rank
    group = [candidate for candidate in ordered if candidate.rank == best]
    if len(group) > 1:
        position = _draw(group, dice)
        ordered.insert(0, ordered.pop(position))
    return ordered


def _draw(group: list[Candidate], dice: random.Random) -> int:
    """A position in a group that is sorted by price, by chance: weight 1/price², the free ones before all others."""
    cheapest = group[0].price
    if cheapest == 0:
        return int(dice.random() * sum(candidate.price == 0 for candidate in group))
    weights = [(cheapest / candidate.price) ** 2 for candidate in group]
    left = dice.random() * sum(weights)
    for position, weight in enumerate(weights):
        left -= weight
        if left < 0:
            return position
    return len(group) - 1


def by_rank_and_price(found: list[Candidate], past: Past) -> list[Candidate]:
    """Ascending rank, then price; ties: higher uptime, then tag. Uptime is only asked for where there are ties."""
    ordered = sorted(found, key=_rank_and_price)
    if any([a.price == b.price and a.rank == b.rank for a, b in pairwise(ordered)]):
        ordered.sort(key=lambda c: (c.rank, c.price, -_uptime(past, c), c.endpoint.tag))
    return ordered


def _uptime(past: Past, candidate: Candidate) -> float:
    uptime = past.health.uptime_percent(candidate.endpoint.id)
    return 100.0 if uptime is None else uptime


def sorted_by(found: list[Candidate], by: SortBy, past: Past) -> list[Candidate]:
    """`sort`: deterministic; endpoints without data last, what is down behind everything (5.4).

    `exacto` sorts by throughput inside each tier of quality, what is out of order or down behind the healthy of its
    tier (11).
    """
    tiers: Mapping[str, int] = quality_tiers(found, past.statistics) if by == "exacto" else {}

    def key(candidate: Candidate) -> tuple[int, int, float, int, str]:
        endpoint = candidate.endpoint
        behind = candidate.rank if candidate.rank >= (OUTAGE if by == "exacto" else DOWN) else 0
        metric = 0.0
        if by == "latency":
            latency = past.latency_s(endpoint.id, "p50")
            metric = float("inf") if latency is None else latency
        elif by != "price":
            throughput = past.throughput_tps(endpoint.id, "p50")
            metric = float("inf") if throughput is None else -throughput
        return tiers.get(endpoint.id, 0), behind, metric, candidate.price, endpoint.tag

    return sorted(found, key=key)


def best_quality_first(found: list[Candidate], past: Past, dice: random.Random) -> list[Candidate]:
    """Auto Exacto: the default strategy inside each tier of quality (11)."""
    if len(found) < 2:
        return found
    tiers = quality_tiers(found, past.statistics)
    if not tiers:
        return balanced(found, past, dice)
    ordered: list[Candidate] = []
    for tier in sorted(set(tiers.values())):
        ordered += balanced([c for c in found if tiers[c.endpoint.id] == tier], past, dice)
    return ordered


def priority_first(found: list[Candidate], past: Past) -> list[Candidate]:
    """`service_tier: "priority"`: its endpoints before all others, both by throughput (10)."""
    ordered = sorted_by(found, "throughput", past)
    return sorted(ordered, key=lambda candidate: candidate.endpoint.tier != "priority")


def listed_first(
    found: list[Candidate], order: Iterable[ProviderSet], rest: Strategy, among: Strategy
) -> list[Candidate]:
    """`order`: for each entry its matches, arranged by `among`; then what no entry named, arranged by `rest` (5.3)."""
    listed: list[Candidate] = []
    remaining = found
    for entry in order:
        listed += among([candidate for candidate in remaining if entry.matches(candidate.endpoint)])
        remaining = [candidate for candidate in remaining if not entry.matches(candidate.endpoint)]
    return listed + rest(remaining)


def private_first(arranged: list[Candidate]) -> list[Candidate]:
    """Endpoints that only some may use before the public ones (5.7)."""
    private = [candidate for candidate in arranged if candidate.endpoint.private_to]
    return private + [candidate for candidate in arranged if not candidate.endpoint.private_to] if private else arranged


def staying(arranged: list[Candidate], remembered: Remembered) -> list[Candidate]:
    """The endpoint that has this conversation in its cache before the others of its model (13)."""
    tags = remembered.tags
    for position, candidate in enumerate(arranged):
        model_id, endpoint = candidate.model.id, candidate.endpoint
        kept = tags.get(model_id)
        if kept is None or endpoint.tag != kept.value or candidate.rank >= OUTAGE:
            continue
        if not deserves(remembered, endpoint):
            continue
        front = next(i for i, other in enumerate(arranged) if other.model.id == model_id)
        arranged.insert(front, arranged.pop(position))
    return arranged


def preferred_first(flat: list[Candidate], preferences: ProviderPreferences, past: Past) -> list[Candidate]:
    """Soft performance cutoffs: those that meet all of them first, each part in its order (5.5)."""
    preferred: list[Candidate] = []
    others: list[Candidate] = []
    for candidate in flat:
        (preferred if _meets(candidate.endpoint.id, preferences, past) else others).append(candidate)
    return preferred + others


def _meets(endpoint_id: str, preferences: ProviderPreferences, past: Past) -> bool:
    for percentile, cutoff_s in preferences.max_latency:
        latency_s = past.recent_latency_s(endpoint_id, percentile)
        if latency_s is None or latency_s > cutoff_s:
            return False
    for percentile, cutoff_tps in preferences.min_throughput:
        throughput_tps = past.recent_throughput_tps(endpoint_id, percentile)
        if throughput_tps is None or throughput_tps < cutoff_tps:
            return False
    return True


def first_of_each(flat: list[Candidate], key: Callable[[Candidate], Hashable]) -> list[Candidate]:
    """Of several candidates with one key, the first."""
    first: dict[Hashable, Candidate] = {}
    for candidate in flat:
        first.setdefault(key(candidate), candidate)
    return list(first.values())
