"""Ways of choosing: Trunkline's planner and health with three sorts, and the three that people write first."""

import random
from collections.abc import Sequence
from typing import Protocol

from bench.simulator.endpoints import Result, SimulatedEndpoint
from trunkline.catalog.prices import PriceSheet
from trunkline.catalog.types import Endpoint, Model, Provider, Snapshot
from trunkline.core.money import parse_price
from trunkline.routing.health import MemoryHealth, RecentStatistics
from trunkline.routing.instance import Instance
from trunkline.routing.plan import plan
from trunkline.routing.types import Past, ProviderPreferences, RoutingQuery, SortBy
from trunkline.settings import Routing

_MODEL = "acme/rocket"
_START_MS = 1_790_000_000_000


class VirtualClock:
    """Implements `trunkline.core.clock.Clock`; whoever simulates sets `now_s`."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def now_ms(self) -> int:
        return _START_MS + round(self.now_s * 1000)

    def monotonic_s(self) -> float:
        return self.now_s


class Policy(Protocol):
    """Who is tried in which order."""

    name: str

    def order(self, clock: VirtualClock) -> Sequence[int]:
        """Indexes of endpoints, first choice first."""
        ...

    def begin(self, index: int) -> None:
        """An attempt begins, now."""
        ...

    def learn(self, index: int, result: Result) -> None:
        """An attempt is over, now."""
        ...


class Planned:
    """The gateway's own planner, fed by its own health. Implements `Policy`.

    One request in `_UNSORTED_EVERY` is somebody's who does not sort: an endpoint that nobody calls has no figures.
    """

    _UNSORTED_EVERY = 10

    def __init__(
        self, name: str, endpoints: list[SimulatedEndpoint], clock: VirtualClock, seed: int, sort: SortBy | None = None
    ) -> None:
        self.name = name
        rows = tuple(map(_row, endpoints))
        self._ids = [row.id for row in rows]
        self._indexes = {id: index for index, id in enumerate(self._ids)}
        self._health = MemoryHealth(clock, Routing())
        self._instance = Instance(
            is_callable=lambda endpoint: True, past=Past(self._health, RecentStatistics(self._health))
        )
        self._sorted = RoutingQuery(models=(_MODEL,), preferences=ProviderPreferences(sort=sort))
        self._unsorted = RoutingQuery(models=(_MODEL,))
        self._count = 0
        self._snapshot = _snapshot(rows)
        self._dice = random.Random(seed)

    def order(self, clock: VirtualClock) -> Sequence[int]:
        self._count += 1
        query = self._sorted if self._count % self._UNSORTED_EVERY else self._unsorted
        planned = plan(query, self._snapshot, self._instance, now_ms=clock.now_ms(), dice=self._dice)
        return [self._indexes[candidate.endpoint.id] for candidate in planned.attempts]

    def begin(self, index: int) -> None:
        if self._ids[index] in self._health.recovering:
            self._health.begin_trial(self._ids[index])

    def learn(self, index: int, result: Result) -> None:
        latency_s = result.after_s if result.fault is None else None
        self._health.record(self._ids[index], outcome=result.fault or "success", latency_s=latency_s)


class _Unteachable:
    def begin(self, index: int) -> None:
        """It does not notice."""

    def learn(self, index: int, result: Result) -> None:
        """It never does."""


class RoundRobin(_Unteachable):
    """One after the other. Implements `Policy`."""

    name = "round robin"

    def __init__(self, endpoints: list[SimulatedEndpoint]) -> None:
        self._count = len(endpoints)
        self._next = 0

    def order(self, clock: VirtualClock) -> Sequence[int]:
        first = self._next = (self._next + 1) % self._count
        return [*range(first, self._count), *range(first)]


class CheapestFirst(_Unteachable):
    """By price alone. Implements `Policy`."""

    name = "cheapest first"

    def __init__(self, endpoints: list[SimulatedEndpoint]) -> None:
        self._order = sorted(range(len(endpoints)), key=lambda index: endpoints[index].price_usd)

    def order(self, clock: VirtualClock) -> Sequence[int]:
        return self._order


class LowestLatency(_Unteachable):
    """By a moving average of the time to the first token; a failure counts for its time. Implements `Policy`."""

    name = "lowest latency"
    _WEIGHT = 0.1

    def __init__(self, endpoints: list[SimulatedEndpoint]) -> None:
        self._seen_s = [0.0] * len(endpoints)

    def order(self, clock: VirtualClock) -> Sequence[int]:
        return sorted(range(len(self._seen_s)), key=self._seen_s.__getitem__)

    def learn(self, index: int, result: Result) -> None:
        self._seen_s[index] += self._WEIGHT * (result.after_s - self._seen_s[index])


def _row(endpoint: SimulatedEndpoint) -> Endpoint:
    price = parse_price(f"{endpoint.price_usd / 1e6:.12f}")
    return Endpoint(
        id=f"{_MODEL}|{endpoint.name}",
        model_id=_MODEL,
        tag=endpoint.name,
        provider=endpoint.name,
        upstream_model="rocket",
        protocol="openai-chat",
        protocols=("openai-chat",),
        pricing=PriceSheet(base={"prompt": price, "completion": price}),
        input_modalities=frozenset({"text"}),
    )


def _snapshot(rows: tuple[Endpoint, ...]) -> Snapshot:
    model = Model(
        id=_MODEL,
        canonical_slug=_MODEL,
        author="acme",
        name="Rocket",
        short_name="Rocket",
        description="",
        operation="chat",
        created_s=0,
        context_length=100_000,
        max_output_tokens=None,
        input_modalities=("text",),
        output_modalities=("text",),
        tokenizer="Other",
        instruct_type=None,
        supported_parameters=(),
        endpoints=rows,
    )
    return Snapshot(
        generated="",
        providers={row.provider: _provider(row.provider) for row in rows},
        models={_MODEL: model},
        names={_MODEL: _MODEL},
        provider_names={row.provider: row.provider for row in rows},
    )


def _provider(slug: str) -> Provider:
    protocol = "openai-chat"
    url = f"https://{slug}.example/v1"
    return Provider(slug=slug, name=slug, kind="cloud", protocol=protocol, protocols=(protocol,), base_url=url)
