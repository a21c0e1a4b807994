"""What this process counts, as Prometheus text (operating.md OP-40).

With several workers each has its own numbers; a scraper that reaches them by one port sees one of them at a time.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Literal, Protocol

from msgspec import Struct
from prometheus_client import CollectorRegistry, GCCollector, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from trunkline.core.money import NANO_PER_USD
from trunkline.observability.counting import Histogram, LabelledCounter

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_FIRST_TOKEN_BOUNDS_MS = (10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000)
_DURATION_BOUNDS_MS = (50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 120_000, 300_000)


class AttemptRecord(Protocol):
    """What is read of one attempt (`generations.types.ProviderResponse`)."""

    @property
    def provider_name(self) -> str: ...
    @property
    def status(self) -> int | None: ...
    @property
    def outpaced(self) -> bool: ...


class GenerationRecord(Protocol):
    """What is read of a generation (`generations.types.Generation`, a neighbour that this package does not import)."""

    @property
    def status(self) -> str: ...
    @property
    def model(self) -> str: ...
    @property
    def provider_name(self) -> str | None: ...
    @property
    def streamed(self) -> bool: ...
    @property
    def charged(self) -> bool: ...
    @property
    def cost_nanousd(self) -> int: ...
    @property
    def native_tokens_prompt(self) -> int: ...
    @property
    def native_tokens_completion(self) -> int: ...
    @property
    def native_tokens_cached(self) -> int: ...
    @property
    def native_tokens_reasoning(self) -> int: ...
    @property
    def latency_ms(self) -> int | None: ...
    @property
    def created_at_ms(self) -> int: ...
    @property
    def finished_at_ms(self) -> int: ...
    @property
    def provider_responses(self) -> Sequence[AttemptRecord]: ...


class _Watched(Struct, frozen=True):
    """A number that somebody else keeps, read when scraped."""

    kind: Literal["gauge", "counter"]
    name: str
    help: str
    read: Callable[[], float]


class GatewayMetrics(Collector):
    """The counters of one process. Every method is an addition or two; nothing here waits or raises."""

    def __init__(self) -> None:
        self.requests_in_flight = 0
        self.streams_open = 0
        self.reloads = 0
        self.reloads_refused = 0
        self.continuations = 0
        self.hedges = 0
        self.hedges_won = 0
        self._requests = LabelledCounter(
            "trunkline_requests", "Requests answered, by route and HTTP status.", ("route", "status")
        )
        self._generations = LabelledCounter(
            "trunkline_generations", "Generations recorded, by how they ended.", ("status", "streamed")
        )
        self._attempts = LabelledCounter(
            "trunkline_upstream_attempts", "Calls to providers, by outcome.", ("provider", "outcome")
        )
        self._tokens = LabelledCounter(
            "trunkline_tokens", "Tokens as providers counted them.", ("provider", "model", "kind")
        )
        self._cost = LabelledCounter(
            "trunkline_cost_usd", "Cost of generations.", ("provider", "model", "charged"), unit=NANO_PER_USD
        )
        self._first_token = Histogram(
            "trunkline_first_token_seconds", "From receipt to the first token.", _FIRST_TOKEN_BOUNDS_MS
        )
        self._duration = Histogram(
            "trunkline_generation_seconds", "From receipt to the end of the answer.", _DURATION_BOUNDS_MS
        )
        self._watched: list[_Watched] = []
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)
        ProcessCollector(registry=self._registry)
        GCCollector(registry=self._registry)

    def answered(self, route: str, status: int) -> None:
        """A request got its answer. `route` is the pattern (`/chat/completions`), never the path with its ids."""
        self._requests.add(1, route, str(status))

    def settled(self, generation: GenerationRecord) -> None:
        """A generation was recorded: its end, attempts, tokens, cost and times."""
        self._generations.add(1, generation.status, "true" if generation.streamed else "false")
        for attempt in generation.provider_responses:
            self._attempts.add(1, attempt.provider_name, _outcome(attempt))
        provider, model = generation.provider_name, generation.model
        if provider is None:
            return  # nothing served it, so `model` is the caller's word: not a label
        self._tokens.add(generation.native_tokens_prompt, provider, model, "prompt")
        self._tokens.add(generation.native_tokens_completion, provider, model, "completion")
        if generation.native_tokens_cached:
            self._tokens.add(generation.native_tokens_cached, provider, model, "cached")
        if generation.native_tokens_reasoning:
            self._tokens.add(generation.native_tokens_reasoning, provider, model, "reasoning")
        self._cost.add(generation.cost_nanousd, provider, model, "true" if generation.charged else "false")
        if generation.latency_ms is not None:
            self._first_token.observe(generation.latency_ms)
        self._duration.observe(generation.finished_at_ms - generation.created_at_ms)

    def watch(self, kind: Literal["gauge", "counter"], name: str, help: str, read: Callable[[], float]) -> None:
        """Export a number that another part keeps (open holds, pooled connections, records written).

        `read` is called at each scrape and must be quick. `name` begins with `trunkline_`.
        """
        self._watched.append(_Watched(kind, name, help, read))

    def render(self) -> bytes:
        """Everything as Prometheus text, content type CONTENT_TYPE."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """For prometheus-client."""
        yield GaugeMetricFamily(
            "trunkline_requests_in_flight", "Requests being answered.", value=self.requests_in_flight
        )
        yield GaugeMetricFamily("trunkline_streams_open", "Streams being relayed.", value=self.streams_open)
        for counted in (self._requests, self._generations, self._attempts, self._tokens, self._cost):
            yield from counted.collect()
        yield from self._first_token.collect()
        yield from self._duration.collect()
        for watched in self._watched:
            family = GaugeMetricFamily if watched.kind == "gauge" else CounterMetricFamily
            yield family(watched.name, watched.help, value=watched.read())


def _outcome(attempt: AttemptRecord) -> str:
    """Few words, so that dashboards can name them: `ok`, `429`, `4xx`, `5xx`, `failed` (no answer at all), `outpaced`
    (another endpoint was asked beside it and spoke first)."""
    status = attempt.status
    if attempt.outpaced:
        return "outpaced"
    if status is None:
        return "failed"
    if 200 <= status < 300:
        return "ok"
    return "429" if status == 429 else f"{status // 100}xx"
