"""Which settings take effect without a restart (operating.md OP-24), and which that were changed wait for one."""

from collections.abc import Iterator

from msgspec import Struct, structs

from trunkline.settings import Routing, Sandbox, Settings

_TAKEN = ("providers", "models", "endpoints", "routers", "discovery", "recovery", "hedging", "privacy")
"""Whole sections: catalog and providers are built from them anew."""
_ROUTING_KEPT = ("models_max", "outage_window_seconds", "outage_failure_ratio", "retry_after_cap_seconds")
"""Of `[routing]`: what counts and limits from the start on. Everything else is asked anew by each request."""


def taken_over(running: Settings, read: Settings) -> Settings:
    """What a running instance goes on with after a new configuration was read."""
    kept = {name: getattr(running.routing, name) for name in _ROUTING_KEPT}
    routing: Routing = structs.replace(read.routing, **kept)
    sandbox: Sandbox = structs.replace(running.sandbox, mode=read.sandbox.mode)
    taken = {name: getattr(read, name) for name in _TAKEN}
    return structs.replace(running, routing=routing, sandbox=sandbox, **taken)


def waiting(running: Settings, read: Settings) -> tuple[str, ...]:
    """Dotted names of the settings whose new values wait for a restart. `running` has taken over what it could."""
    return tuple(_differences("", running, read))


def _differences(prefix: str, old: Struct, new: Struct) -> Iterator[str]:
    for name in old.__struct_fields__:
        before, after = getattr(old, name), getattr(new, name)
        if isinstance(before, Struct) and isinstance(after, Struct):
            yield from _differences(f"{prefix}{name}.", before, after)
        elif before != after:
            yield f"{prefix}{name}"
