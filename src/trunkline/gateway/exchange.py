"""One client request and everything known about it so far."""

from collections.abc import Mapping

from msgspec import Raw, Struct

from trunkline.accounts.types import Principal
from trunkline.catalog.types import Endpoint
from trunkline.core.errors import TrunklineError
from trunkline.core.money import NanoUsd
from trunkline.gateway.conversion import Conversion, Inbound
from trunkline.gateway.own_keys import NO_OWN_KEYS, OwnKeys
from trunkline.gateway.prompt_caches import CachingUpstream
from trunkline.gateway.world import World
from trunkline.generations.types import ProviderResponse
from trunkline.protocols.answers import Facts
from trunkline.protocols.client import AskedRequest
from trunkline.protocols.compression import Shortened
from trunkline.protocols.continuation import ContinuableStream
from trunkline.protocols.faults.types import Classified
from trunkline.protocols.remote_media import FetchedMedia
from trunkline.providers.types import ProviderRuntime
from trunkline.routing.policy import Region
from trunkline.routing.sticky import NOTHING_REMEMBERED, Remembered
from trunkline.routing.types import Candidate, Plan, RoutingQuery


class Caller(Struct, frozen=True, kw_only=True):
    """What the request's headers say of who sent it; nothing but the country changes routing (inference.md 28)."""

    user_agent: str | None = None
    http_referer: str | None = None
    app_title: str | None = None
    app_categories: tuple[str, ...] = ()
    origin: str = ""
    session_id: str | None = None
    wants_metadata: bool = False
    """`X-OpenRouter-Metadata: enabled` (inference.md 16)."""
    country: str | None = None
    """ISO alpha-2, as the proxy in front says; None: unknown."""
    anthropic_betas: tuple[str, ...] = ()
    """`X-Anthropic-Beta` and `Anthropic-Beta`: flags for endpoints of Anthropic's kind (inference.md 8.5)."""


class Hold(Struct, frozen=True):
    """The open reservation of a request."""

    amount_nanousd: NanoUsd
    max_output_tokens: int | None = None
    """The output cap that was lowered to what is affordable (AFF-05); None: the caller's own stands."""


class Building(Struct, frozen=True, kw_only=True):
    """What is kept of a client's wish while the body builder's own request is sent for it."""

    members: Mapping[str, Raw]
    """Of the request that is sent."""
    systems: tuple[Raw, ...]
    """The caller's system messages, for the front of each body."""
    streamed: bool
    """The client reads a stream."""


class Broken(Struct, frozen=True, kw_only=True):
    """An attempt that broke off after its content had begun."""

    candidate: Candidate
    runtime: ProviderRuntime
    facts: Facts
    classified: Classified


class Recovery(Struct):
    """How an answer that broke off is gone on with (`gateway/recovery.py`)."""

    left: int
    """So often it may yet be gone on with."""
    answer: ContinuableStream | None = None
    """What broke off, until its end. None: nothing did."""
    broken: Broken | None = None
    """The last attempt that did."""


class Exchange(Struct, kw_only=True):
    """Mutable while the request runs; `settlement` reads it once at the end."""

    generation_id: str
    request_id: str
    received_ms: int
    received_s: float
    """Monotonic."""
    principal: Principal
    caller: Caller
    inbound: Inbound
    request: AskedRequest
    """The inbound's."""
    world: World
    own_keys: OwnKeys = NO_OWN_KEYS
    """Provider keys of the caller's own that it may be tried with."""
    byok_free_nanousd: NanoUsd = NanoUsd(0)
    """With a key of the caller's own: list price that is still free of fees this month, as the attempt began (BY-26).
    """
    region: Region | None = None
    """Of the regional host that was called (routing-and-catalog.md 14)."""
    preset_id: str | None = None
    """Of the preset that was merged into the request."""
    conversation: str | None = None
    """Under which its conversation is remembered (routing-and-catalog.md 13)."""
    remembered: Remembered = NOTHING_REMEMBERED
    """Where that conversation went before."""
    query: RoutingQuery | None = None
    """What `plan` answers."""
    building: Building | None = None
    """Set for the body builder (routing-and-catalog.md 12.3)."""
    plan: Plan | None = None
    hold: Hold | None = None
    hold_until_ms: int = 0
    """When the hold lapses unless it is extended."""
    quota_taken: bool = False
    """It counts against the quota of free variants, once however many of them are tried (RL-02)."""
    candidate: Candidate | None = None
    """The endpoint of the current, in the end of the last, attempt."""
    runtime: ProviderRuntime | None = None
    conversion: Conversion | None = None
    shortened: Shortened | None = None
    """What the last attempt left of the conversation, where it was too long (routing-and-catalog.md 17)."""
    media: FetchedMedia | None = None
    """What was fetched for upstreams that take no URLs; None while nothing had to be."""
    facts: Facts | None = None
    cache_use: CachingUpstream | None = None
    """Set while an attempt may use a prompt cache that the gateway made."""
    tried: list[Candidate] = []
    attempts: list[ProviderResponse] = []
    """What came of each of `tried`."""
    attempts_ended: int = 0
    """So many of `attempts` are over; the next may still be answering."""
    first_token_s: float | None = None
    answering: bool = False
    """The status line has been sent: an error can only be told inside the answer."""
    client_gone: bool = False
    broken: Classified | None = None
    """What broke the answer off after its content had begun."""
    recovery: Recovery | None = None
    """Set where another endpoint may go on with an answer that breaks off."""
    in_parts: bool = False
    """Several attempts had a part in the answer, or ran beside each other: the record tells what each cost."""
    said_tokens: int = 0
    """Estimated, of what was said before a break: the next attempt is given it with the prompt."""
    awaited_since_s: float = 0.0
    """Since when content is waited for: receipt, or the break of an answer. Monotonic."""
    error: TrunklineError | None = None
    settled: bool = False
    """Settlement has begun; it happens once."""
    durable: bool = False
    """The record is safe."""
    flight: int | None = None
    """Slot of the flight recorder while the request is in the air."""

    @property
    def endpoint(self) -> Endpoint | None:
        return self.candidate.endpoint if self.candidate is not None else None

    def runtime_of(self, candidate: Candidate) -> ProviderRuntime:
        """How to call a planned candidate: with the caller's own key, if it was planned with one."""
        if candidate.byok_key_id is not None:
            return self.own_keys.runtime_of(candidate.byok_key_id, candidate)
        return self.world.providers.by_slug[candidate.endpoint.provider]

    @property
    def requested_model(self) -> str:
        models = self.request.models
        return models[0] if models else ""

    @property
    def session_id(self) -> str | None:
        """The body's value beats the header's (UT-05)."""
        return self.request.session_id or self.caller.session_id
