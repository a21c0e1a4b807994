"""What account, workspace and guardrails say about routing, already combined into one (routing-and-catalog.md 4.1)."""

from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from trunkline.catalog.types import Endpoint, Model

SortBy = Literal["price", "throughput", "latency", "exacto"]
ZdrGroup = Literal["anthropic", "openai", "google", "x-ai", "other"]
Region = Literal["eu", "us"]

_GROUPS: dict[str, ZdrGroup] = {"anthropic": "anthropic", "openai": "openai", "google": "google", "x-ai": "x-ai"}


class RoutingPolicy(Struct, frozen=True, kw_only=True):
    """Rules above the request: it can only narrow them. The default forbids nothing.

    Lists of models hold ids or canonical slugs; one of them stands for its variants too.
    """

    allowed_models: frozenset[str] | None = None
    """None: every model."""
    denied_models: frozenset[str] = frozenset()
    provider_ceilings: tuple[tuple[str, ...], ...] = ()
    """Allow-lists of provider references; each is a ceiling, so only what all of them name remains."""
    denied_providers: tuple[str, ...] = ()
    zdr_groups: frozenset[ZdrGroup] = frozenset()
    """Authors whose models need zero data retention."""
    deny_data_collection: bool = False
    allow_paid_training: bool = True
    """Paid endpoints may train on prompts."""
    allow_free_training: bool = True
    allow_free_publication: bool = True
    """Free endpoints may publish prompts."""
    default_sort: SortBy | None = None
    """The workspace's `default_provider_sort`."""
    default_model: str | None = None
    """The workspace's `default_text_model`."""
    default_image_model: str | None = None
    """The same for images."""


EVERYTHING_ALLOWED = RoutingPolicy()


def _everywhere(endpoint: Endpoint) -> Endpoint | None:
    return endpoint


class ByokKey(Struct, frozen=True, kw_only=True):
    """One of the caller's own provider credentials, without its secret (accounts-and-governance.md BY-01)."""

    id: str
    provider: str
    """Slug."""
    is_fallback: bool = False
    """Tried after shared capacity instead of before it."""
    always_use: bool = False
    """Shared capacity of the provider is not used where this key matches."""
    sort_order: int = 0
    allowed_models: frozenset[str] | None = None
    """Ids or canonical slugs; None: no restriction, also below."""
    allowed_api_key_hashes: frozenset[str] | None = None
    allowed_user_ids: frozenset[str] | None = None
    reach: Callable[[Endpoint], Endpoint | None] = _everywhere
    """The endpoint of its provider as it is called with this key; None: the key does not open it."""


class RoutingCaller(Struct, frozen=True, kw_only=True):
    """Who asks and from where, as far as routing cares."""

    identities: frozenset[str] = frozenset()
    """Ids of account, user and organization: what private models are shared with."""
    key_hash: str | None = None
    user_id: str | None = None
    country: str | None = None
    """ISO alpha-2; None: unknown, which nothing is blocked for."""
    region: Region | None = None
    """Of the regional host that was called (routing-and-catalog.md 14)."""
    policy: RoutingPolicy = EVERYTHING_ALLOWED
    own_keys: tuple[ByokKey, ...] = ()


ANYBODY = RoutingCaller()


def zdr_group(model: Model) -> ZdrGroup:
    """The group whose switch decides about the model (4.3)."""
    return _GROUPS.get(model.author, "other")


def names_in_lists(model: Model) -> frozenset[str]:
    """What a list of models may call it by; a variant also answers to its base."""
    names = {model.id, model.canonical_slug}
    if model.variant != "standard":
        names |= {name.removesuffix(f":{model.variant}") for name in names}
    return frozenset(names)


def admits(policy: RoutingPolicy, model: Model) -> bool:
    """Whether the model lists allow it; a slug in them stands for its variants."""
    names = names_in_lists(model)
    if not names.isdisjoint(policy.denied_models):
        return False
    return policy.allowed_models is None or not names.isdisjoint(policy.allowed_models)
