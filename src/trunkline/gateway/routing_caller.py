"""Who asks, as far as routing cares: the caller's own ids, where the request comes from and what its account allows."""

from functools import lru_cache
from typing import Final

from trunkline.accounts.rules.types import CallerRules, ZdrGroup
from trunkline.accounts.rules.types import Privacy as AccountPrivacy
from trunkline.core.errors import PermissionDenied
from trunkline.gateway.exchange import Exchange
from trunkline.gateway.own_keys import NO_OWN_KEYS
from trunkline.routing.policy import EVERYTHING_ALLOWED, RoutingCaller, RoutingPolicy, zdr_group
from trunkline.routing.policy import ZdrGroup as AuthorGroup
from trunkline.settings import Privacy

RULES_REMEMBERED: Final = 4_096
"""Different rules of callers whose policy is kept ready."""
_AUTHORS: Final[dict[ZdrGroup, AuthorGroup]] = {
    "anthropic": "anthropic",
    "openai": "openai",
    "google": "google",
    "xai": "x-ai",
    "other": "other",
}


def routing_caller(exchange: Exchange) -> RoutingCaller:
    """The request's caller. Raises PermissionDenied when it may not use the regional host that it called."""
    principal, settings = exchange.principal, exchange.world.settings
    account_id, user_id = principal.account_id, principal.key.creator_user_id
    may_pin = settings.server.regional_accounts
    if exchange.region is not None and may_pin is not None and account_id not in may_pin:
        raise PermissionDenied(
            f"This account may not pin requests to a region. Call the instance without `{exchange.region}.`, or ask "
            "its operator."
        )
    if principal.credentials and exchange.own_keys is NO_OWN_KEYS:
        exchange.own_keys = exchange.world.own_keys.open(principal.credentials)
    return RoutingCaller(
        identities=frozenset((account_id, user_id or account_id)),
        key_hash=principal.key.hash,
        user_id=user_id,
        country=exchange.caller.country,
        region=exchange.region,
        policy=policy_of(principal.rules, settings.privacy),
        own_keys=exchange.own_keys.for_routing if principal.credentials else (),
    )


@lru_cache(RULES_REMEMBERED)
def policy_of(rules: CallerRules, defaults: Privacy) -> RoutingPolicy:
    """What account and workspace allow, for routing; the same object each time."""
    privacy = rules.privacy or AccountPrivacy(
        paid_training=defaults.paid_training,
        free_training=defaults.free_training,
        free_publication=defaults.free_publication,
    )
    policy = RoutingPolicy(
        allowed_models=None if privacy.allowed_models is None else frozenset(privacy.allowed_models),
        denied_models=frozenset(privacy.ignored_models),
        provider_ceilings=() if privacy.allowed_providers is None else (_whole(privacy.allowed_providers),),
        denied_providers=_whole(privacy.ignored_providers),
        zdr_groups=frozenset(_AUTHORS[group] for group in privacy.zdr_groups),
        allow_paid_training=privacy.paid_training,
        allow_free_training=privacy.free_training,
        allow_free_publication=privacy.free_publication,
        default_sort=rules.sort,
        default_model=rules.text_model,
        default_image_model=rules.image_model,
    )
    # Routing knows by identity that there is nothing to look at.
    return EVERYTHING_ALLOWED if policy == EVERYTHING_ALLOWED else policy


def _whole(providers: tuple[str, ...]) -> tuple[str, ...]:
    """All that these providers have: a slug alone does not stand for the endpoints of a tier (2.2)."""
    return tuple(f"{slug}{tier}" for slug in providers for tier in ("", "/flex", "/priority"))


def is_public(exchange: Exchange) -> bool:
    """Whether public figures may count the request: neither the account, nor zero retention, nor a private endpoint
    keeps it out of them (routing-and-catalog.md 22)."""
    privacy, query, candidate = exchange.principal.rules.privacy, exchange.query, exchange.candidate
    if privacy is not None and privacy.is_hidden:
        return False
    if candidate is None or query is None:
        return True
    if candidate.endpoint.private_to or query.preferences.zdr:
        return False
    groups = query.caller.policy.zdr_groups
    return not groups or zdr_group(candidate.model) not in groups
