"""From a request to the query that routing plans, and the instance that it is planned for.

Real requests and `explain` (operating.md OP-32) come through here alike.
"""

import random

from trunkline.gateway.exchange import Exchange
from trunkline.gateway.router_prompts import prompt_of
from trunkline.gateway.routing_caller import routing_caller
from trunkline.gateway.world import World
from trunkline.routing.compression import compression_of
from trunkline.routing.explanation import Explanation, explained
from trunkline.routing.health import MemoryHealth, RecentStatistics
from trunkline.routing.instance import Instance
from trunkline.routing.plan import decide, plan
from trunkline.routing.preferences import parse as parse_preferences
from trunkline.routing.routers.context import NoRankings, TaskRankings
from trunkline.routing.routers.names import names_router
from trunkline.routing.routers.settings import NO_PROMPT, NO_SETTINGS, RouterTables, parse_plugins
from trunkline.routing.types import EndpointStatistics, Past, Plan, RoutingQuery
from trunkline.settings import Routers


class Planner:
    """Plans requests of one process."""

    __slots__ = ("_dice", "_health", "_instance", "_rankings", "_statistics", "_world")

    def __init__(
        self,
        health: MemoryHealth,
        dice: random.Random,
        statistics: EndpointStatistics | None = None,
        rankings: TaskRankings | None = None,
    ) -> None:
        self._health = health
        self._statistics = statistics or RecentStatistics(health)
        self._rankings = rankings or NoRankings()
        self._dice = dice
        self._world: World | None = None
        self._instance: Instance | None = None

    def plan(self, query: RoutingQuery, world: World, now_ms: int) -> Plan:
        """See `routing.plan.plan`."""
        instance = self._instance
        if instance is None or self._world is not world:
            instance = self._instance_of(world)
        return plan(query, world.snapshot, instance, now_ms=now_ms, dice=self._dice)

    def explain(self, query: RoutingQuery, world: World, now_ms: int) -> Explanation:
        """The same decision, told (operating.md OP-32). Raises what `routing.plan.decide` raises."""
        instance = self._instance_of(world)
        decision = decide(query, world.snapshot, instance, now_ms=now_ms, dice=self._dice, explain=True)
        return explained(decision, query, instance.past, now_ms)

    def _instance_of(self, world: World) -> Instance:
        """What is true for as long as the world is: remembered until the next one."""
        self._world = world
        self._instance = Instance(
            is_callable=world.is_callable,
            past=Past(self._health, self._statistics),
            rankings=self._rankings,
            strict_tool_routing=world.settings.routing.strict_tool_routing,
            router_tables=tables_of(world.settings.routers),
            why_not=world.hint,
            docs_url=f"{world.settings.docs_url}/routing",
        )
        return self._instance


def tables_of(settings: Routers) -> RouterTables:
    """The operator's lists for router models."""
    return RouterTables(
        auto_default=settings.auto_default,
        auto_rankings=settings.auto_rankings,
        body_builder=settings.body_builder,
        pareto=settings.pareto,
    )


def query_of(exchange: Exchange) -> RoutingQuery:
    """Everything about the request that decides where it may go. Raises InvalidRequest naming the field."""
    request = exchange.request
    plugins, sent, used = request.plugins, request.provider, request.used_parameters
    is_routed = names_router(request.models)
    return RoutingQuery(
        models=request.models,
        preferences=parse_preferences(sent, request.route, exchange.inbound.operation),
        sent=sent,
        used_parameters=used,
        input_modalities=request.input_modalities,
        output_modalities=request.output_modalities,
        prompt_tokens_estimate=request.prompt_tokens_estimate,
        prompt_field=request.prompt_field,
        max_output_tokens=request.max_output_tokens,
        service_tier=request.service_tier,
        operation=exchange.inbound.operation,
        compression=compression_of(plugins) if len(plugins) else None,
        wants_pro="reasoning" in used and request.wants_pro,
        caller=routing_caller(exchange),
        remembered=exchange.remembered,
        prompt=prompt_of(exchange.inbound) if is_routed else NO_PROMPT,
        routers=parse_plugins(plugins) if is_routed else NO_SETTINGS,
    )
