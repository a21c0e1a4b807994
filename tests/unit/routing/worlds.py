"""Small catalogs, plans and faults for routing tests."""

import random
from collections.abc import Callable, Iterable, Mapping
from typing import Literal

from tests.fakes.clock import FakeClock
from trunkline.catalog.families import families, family_of
from trunkline.catalog.prices import PriceKey, PriceSheet
from trunkline.catalog.types import Benchmark, DataPolicy, Endpoint, Model, Operation, Provider, Snapshot
from trunkline.core.money import AttoUsd, parse_price
from trunkline.protocols.events import UpstreamFault
from trunkline.protocols.faults.types import Classified
from trunkline.routing.explanation import Explanation, explained
from trunkline.routing.health import MemoryHealth, RecentStatistics
from trunkline.routing.instance import Instance
from trunkline.routing.plan import decide, plan
from trunkline.routing.routers.context import NoRankings, TaskRankings
from trunkline.routing.routers.settings import RouterTables
from trunkline.routing.types import (
    Candidate,
    EndpointStatistics,
    NoStatistics,
    Past,
    Plan,
    ProviderPreferences,
    RoutingQuery,
)
from trunkline.settings import Routing

NOON_MS = 1_790_000_000_000
"""A moment in September 2026."""

NO_RANKINGS = NoRankings()
NO_TABLES = RouterTables()
OPEN = DataPolicy(training=False, retains_prompts=False, zdr=True)


def sheet(prompt: str = "0.000001", completion: str | None = None, **others: str) -> PriceSheet:
    """Prices per token or unit, as decimal strings; completion costs what prompt costs unless said."""
    base: dict[PriceKey, AttoUsd] = {"prompt": parse_price(prompt), "completion": parse_price(completion or prompt)}
    for key in ("request", "image", "audio"):
        if key in others:
            base[key] = parse_price(others[key])
    return PriceSheet(base=base)


def endpoint(
    tag: str,
    *,
    model: str = "acme/rocket",
    price: PriceSheet | str = "0.000001",
    parameters: Iterable[str] = ("temperature", "max_tokens"),
    context_length: int | None = 100_000,
    max_output_tokens: int | None = None,
    quantization: str | None = None,
    tier: Literal["default", "flex", "priority"] = "default",
    inputs: Iterable[str] = ("text",),
    policy: DataPolicy = OPEN,
    variant: Literal["standard", "free"] = "standard",
    is_moderated: bool = False,
    deprecation_date: str | None = None,
    private_to: Iterable[str] = (),
    geo_blocked: Iterable[str] = (),
    data_regions: Iterable[str] = (),
    enabled: bool = True,
) -> Endpoint:
    return Endpoint(
        id=f"{model}|{tag}",
        model_id=model,
        tag=tag,
        provider=tag.partition("/")[0],
        upstream_model="upstream",
        protocol="openai-chat",
        protocols=("openai-chat",),
        pricing=price if isinstance(price, PriceSheet) else sheet(price),
        variant=variant,
        tier=tier,
        quantization=quantization,
        context_length=context_length,
        max_output_tokens=max_output_tokens,
        supported_parameters=frozenset(parameters),
        input_modalities=frozenset(inputs),
        data_policy=policy,
        is_moderated=is_moderated,
        deprecation_date=deprecation_date,
        private_to=frozenset(private_to),
        geo_blocked=frozenset(geo_blocked),
        data_regions=frozenset(data_regions),
        enabled=enabled,
    )


def model(
    id: str,
    *endpoints: Endpoint,
    operation: Operation = "chat",
    is_distillable: bool = False,
    created_s: int = 0,
    canonical: str | None = None,
    private_to: Iterable[str] = (),
    coding_index: float | None = None,
    successor: str | None = None,
) -> Model:
    author, _, name = id.partition("/")
    return Model(
        id=id,
        canonical_slug=canonical or id,
        author=author,
        name=name,
        short_name=name,
        description="",
        operation=operation,
        created_s=created_s,
        context_length=100_000,
        max_output_tokens=None,
        input_modalities=("text",),
        output_modalities=("text",),
        tokenizer="Other",
        instruct_type=None,
        supported_parameters=(),
        endpoints=endpoints,
        variant="free" if id.endswith(":free") else "standard",
        is_distillable=is_distillable,
        family=family_of(id),
        private_to=frozenset(private_to),
        successor=successor,
        benchmarks=() if coding_index is None else (coding(coding_index),),
    )


def coding(score: float) -> Benchmark:
    return Benchmark(name="Artificial Analysis Coding Index", score=score, source_url="https://scores.example")


def rocket(*endpoints: Endpoint) -> Snapshot:
    """One model, `acme/rocket`, with these endpoints."""
    return catalog(model("acme/rocket", *endpoints))


def catalog(*models: Model, aliases: Mapping[str, str] | None = None) -> Snapshot:
    slugs = dict.fromkeys(e.provider for m in models for e in m.endpoints)
    providers = {slug: provider(slug) for slug in slugs}
    names = {m.id.lower(): m.id for m in models} | {m.canonical_slug.lower(): m.id for m in models}
    display = {p.name.lower(): p.slug for p in providers.values()}
    return Snapshot(
        generated="2026-09-01",
        providers=providers,
        models={m.id: m for m in models},
        names=names | dict(aliases or {}),
        provider_names=display | {slug: slug for slug in slugs},
        families=families(models),
    )


def provider(slug: str) -> Provider:
    return Provider(
        slug=slug,
        name={"openai": "OpenAI", "google-vertex": "Google Vertex"}.get(slug, slug.title()),
        kind="cloud",
        protocol="openai-chat",
        protocols=("openai-chat",),
        base_url=f"https://{slug}.example/v1",
    )


def healthy() -> MemoryHealth:
    return MemoryHealth(FakeClock(), Routing())


def planned(
    snapshot: Snapshot,
    *references: str,
    models: tuple[str, ...] | None = None,
    health: MemoryHealth | None = None,
    statistics: EndpointStatistics | None = None,
    rankings: TaskRankings = NO_RANKINGS,
    tables: RouterTables = NO_TABLES,
    seed: int = 1,
    strict_tool_routing: bool = True,
    is_callable: Callable[[Endpoint], bool] = lambda endpoint: True,
    why_not: Callable[[Endpoint], str] = lambda endpoint: "",
    preferences: ProviderPreferences | None = None,
    **query: object,
) -> Plan:
    """Plan a request for the `references` or `models` (default: the first of the catalog)."""
    requested = references or ((next(iter(snapshot.models)),) if models is None else models)
    asked = RoutingQuery(models=requested, preferences=preferences or ProviderPreferences(), **query)
    book = health or healthy()
    instance = Instance(
        is_callable=is_callable,
        past=Past(book, statistics or RecentStatistics(book)),
        rankings=rankings,
        router_tables=tables,
        strict_tool_routing=strict_tool_routing,
        why_not=why_not,
    )
    return plan(asked, snapshot, instance, now_ms=NOON_MS, dice=random.Random(seed))


def told(snapshot: Snapshot, *references: str, health: MemoryHealth | None = None, **query: object) -> Explanation:
    """Explain a request for the `references`."""
    book = health or healthy()
    instance = Instance(is_callable=lambda endpoint: True, past=Past(book, RecentStatistics(book)))
    asked = RoutingQuery(models=references or (next(iter(snapshot.models)),), **query)
    decision = decide(asked, snapshot, instance, now_ms=NOON_MS, dice=random.Random(1), explain=True)
    return explained(decision, asked, instance.past, NOON_MS)


def tags(decided: Plan) -> list[str]:
    return [candidate.endpoint.tag for candidate in decided.attempts]


class Measured(NoStatistics):
    """Statistics of the last half hour: endpoint tag → throughput and share of good tool calls, of enough requests."""

    def __init__(self, **values: tuple[float | None, float | None]) -> None:
        self._values = values

    def throughput_tps(self, endpoint_id: str, window: str, percentile: str, count_min: int = 1) -> float | None:
        return self._values.get(endpoint_id.partition("|")[2], (None, None))[0]

    def tool_success(self, endpoint_id: str, window: str, count_min: int = 1) -> float | None:
        return self._values.get(endpoint_id.partition("|")[2], (None, None))[1]


def candidate(found: Endpoint, in_model: str = "acme/rocket") -> Candidate:
    return Candidate(model=model(in_model, found), endpoint=found, price=AttoUsd(0), rank=0)


def fault(
    status: int,
    *,
    retry_after_s: float | None = None,
    message: str = "upstream said so",
    code: str | None = None,
    safe_message: str | None = None,
) -> Classified:
    """The consequences of an upstream status, as in the table of routing-and-catalog.md 6."""
    error_type, to_caller, next_endpoint, transient, counts = {
        0: ("provider_unavailable", 502, "any", True, True),
        400: ("invalid_request", 400, "none", False, False),
        403: ("permission_denied", 403, "any", False, False),
        404: ("not_found", 404, "any", False, True),
        429: ("rate_limit_exceeded", 429, "any", False, False),
        500: ("server", 500, "any", True, True),
        502: ("provider_unavailable", 502, "any", True, True),
        503: ("provider_overloaded", 503, "any", True, True),
        504: ("timeout", 504, "any", True, True),
        529: ("provider_overloaded", 529, "any", True, True),
    }[status]
    return Classified(
        fault=UpstreamFault(status=status, message=message, code=code, retry_after_s=retry_after_s),
        error_type=error_type,
        status=to_caller,
        next_endpoint=next_endpoint,
        next_model=True,
        transient=transient,
        counts_against_uptime=counts,
        safe_message=safe_message,
    )
