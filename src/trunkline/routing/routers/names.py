"""The ids of router models. Each also answers under this gateway's own name: `trunkline/auto`."""

from typing import Literal, TypeAlias

RouterId: TypeAlias = Literal[
    "openrouter/auto", "openrouter/auto-beta", "openrouter/free", "openrouter/bodybuilder", "openrouter/pareto-code"
]
RouterStrategy: TypeAlias = Literal["auto", "free", "bodybuilder", "pareto"]

STRATEGIES: dict[RouterId, RouterStrategy] = {
    "openrouter/auto": "auto",
    "openrouter/auto-beta": "auto",
    "openrouter/free": "free",
    "openrouter/bodybuilder": "bodybuilder",
    "openrouter/pareto-code": "pareto",
}
"""Router id → `strategy` of the metadata (routing-and-catalog.md 12 and 25)."""
_OWN = "trunkline/"
ROUTER_PREFIXES = ("openrouter/", _OWN)
_ROUTERS: dict[str, RouterId] = {
    name: router for router in STRATEGIES for name in (router, router.replace("openrouter/", _OWN))
}


def router_of(base: str) -> RouterId | None:
    """The router that a model reference without its variants names; `base` in lower case."""
    return _ROUTERS.get(base)


def names_router(references: tuple[str, ...]) -> bool:
    """Whether any reference may be a router's: only then is it worth reading what routers decide by."""
    joined = " ".join(references).lower()
    return "openrouter/" in joined or _OWN in joined
