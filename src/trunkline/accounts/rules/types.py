"""What accounts and workspaces say about routing, as it is kept and as callers bring it along."""

from typing import Literal

from msgspec import Struct

ProviderSort = Literal["price", "throughput", "latency", "exacto"]
ZdrGroup = Literal["anthropic", "openai", "google", "xai", "other"]
"""Of models, by their author (PRV-06)."""


class Privacy(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an account allows: the ceiling for its workspaces and requests, which can only narrow it (PRV-01, PRV-03).

    Providers are slugs, models are canonical slugs.
    """

    paid_training: bool = True
    """Endpoints that cost something may train on prompts."""
    free_training: bool = True
    free_publication: bool = True
    """Free endpoints may publish prompts."""
    zdr_groups: frozenset[ZdrGroup] = frozenset()
    """Models that need zero data retention."""
    allowed_providers: tuple[str, ...] | None = None
    """None: all of them, as for models."""
    ignored_providers: tuple[str, ...] = ()
    allowed_models: tuple[str, ...] | None = None
    ignored_models: tuple[str, ...] = ()
    is_hidden: bool = False
    """Public rankings and figures leave the account's requests out (routing-and-catalog.md 22)."""


class CallerRules(Struct, frozen=True, kw_only=True):
    """Of one caller's account and workspace together."""

    privacy: Privacy | None = None
    """None: the account never said anything, the instance's defaults hold."""
    sort: ProviderSort | None = None
    text_model: str | None = None
    image_model: str | None = None


NO_RULES = CallerRules()
