"""What planning needs of the running instance, beside the catalog and the request."""

from collections.abc import Callable
from typing import TypeAlias

from msgspec import Struct

from trunkline.catalog.types import Endpoint
from trunkline.routing.routers.context import NoRankings, TaskRankings
from trunkline.routing.routers.settings import RouterTables
from trunkline.routing.types import Past

WhyNot: TypeAlias = Callable[[Endpoint], str]
"""What the operator could do to make an endpoint callable, as one clause; empty when unknown."""

DOCS_PATH = "/docs/guide/routing"
"""Where the routing rules are explained, under the instance's public URL."""


class Instance(Struct, frozen=True, kw_only=True):
    """Which endpoints can be called here, how they fared, and what the operator decided."""

    is_callable: Callable[[Endpoint], bool]
    """The provider is enabled and its protocol spoken."""
    past: Past
    rankings: TaskRankings = NoRankings()
    router_tables: RouterTables = RouterTables()
    strict_tool_routing: bool = True
    why_not: WhyNot = lambda endpoint: ""
    docs_url: str = DOCS_PATH
