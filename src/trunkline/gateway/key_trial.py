"""A provider key tried out by one tiny request, which its owner's account at the provider pays (site.md BYP-01)."""

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from trunkline.accounts import rates
from trunkline.core.clock import Clock
from trunkline.core.errors import InvalidRequest
from trunkline.gateway.probing.calls import Prober
from trunkline.gateway.probing.choice import probeable
from trunkline.gateway.world import World
from trunkline.providers.upstream import Upstream
from trunkline.storage.shared.interface import SharedState

TIMEOUT_S: Final = 30.0
PER_MINUTE: Final = 10


class Trial(Struct, frozen=True, kw_only=True):
    """What came of it, in words."""

    is_good: bool
    words: str


class KeyTrial:
    """Tries keys of this instance's providers. Nothing is stored, and nothing charged here."""

    __slots__ = ("_clock", "_shared", "_upstream", "_world")

    def __init__(self, world: Callable[[], World], upstream: Upstream, shared: SharedState, clock: Clock) -> None:
        self._world = world
        self._upstream = upstream
        self._shared = shared
        self._clock = clock

    async def run(self, account_id: str, slug: str, secret: str) -> Trial:
        """Ask the provider's cheapest model for one word. Raises InvalidRequest for a malformed key, RateLimited."""
        world, now_ms = self._world(), self._clock.now_ms()
        provider = world.snapshot.providers.get(slug)
        if provider is None:
            raise InvalidRequest(f"{slug[:100]} is no provider of this instance.", field="provider")
        await rates.take(
            self._shared, f"key-trial:{account_id}", PER_MINUTE, 60, now_ms, what="trials", source="key_trial"
        )
        access = world.own_keys.access(provider, secret)
        candidates = [] if access is None else probeable(world, slug, now_ms, access.reach)
        if access is None or not candidates:
            return Trial(
                is_good=False, words=f"Nothing of {provider.name} can be called with this key on this instance."
            )
        prober = Prober(
            runtime_of=access.runtime_of,
            upstream=self._upstream,
            sandbox=self._upstream,
            settings=world.settings,
            clock=self._clock,
            timeout_s=TIMEOUT_S,
        )
        finding = await prober.ask(candidates[0], "text")
        model, outcome = candidates[0].model.id, finding.outcome
        if outcome.state == "ok":
            return Trial(is_good=True, words=f"{provider.name} accepts the key: {model} answered.")
        status = finding.wire.status if finding.wire is not None else 0
        if status in (401, 402, 403):
            return Trial(is_good=False, words=f"{provider.name} refuses the key with status {status}.")
        told = f"status {status}" if status not in (0, 200) else (outcome.error_type or "no answer").replace("_", " ")
        return Trial(is_good=False, words=f"{provider.name} did not answer for {model}: {told}.")
