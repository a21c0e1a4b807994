"""Prompt caches that the gateway makes at upstreams and uses again (inference.md 12.2).

To the pipeline it is one attempt: `CachingUpstream` stands before the upstream of a request that wants its prefix
cached, as `PartsUpstream` does before one that goes in parts. Whatever becomes of a cache, the request is answered: it
goes out plainly when there is none, and once more when the upstream knows its cache no longer.
"""

import asyncio
import hashlib
from collections import OrderedDict

from msgspec import Struct, structs

from trunkline.core.clock import Clock
from trunkline.core.tasks import TaskSet
from trunkline.protocols.events import Usage
from trunkline.protocols.managed_caches import CacheablePrompt, CreatedCache
from trunkline.providers.upstream import Upstream, UpstreamFailed, UpstreamRequest, UpstreamResponse

CREATE_S_MAX = 10.0
"""A cache that takes longer is done without. That is the most that a failed creation costs a request."""
MARGIN_S = 30.0
"""Before the end of its lifetime a cache is used no more: the request has yet to arrive, perhaps to wait there."""
REFUSED_S = 60.0
"""So long a prefix that could not be cached is not tried again."""
REMEMBERED_MAX = 1_024
CREATING_MAX = 64
CREATED_BYTES_MAX = 256 * 1024
_CACHE_REFUSED = frozenset({400, 403, 404})
"""What a request is answered whose cache is gone, or cannot be used for it."""
_UNKNOWN = frozenset({403, 404})


class RememberedCache(Struct):
    """A cache, or the memory that there is none to be had."""

    created: CreatedCache | None
    until_s: float
    """On the clock's monotonic time."""
    is_paid: bool = False
    """An answer has been charged for its creation."""


class PromptCaches:
    """All caches of one process."""

    __slots__ = ("_clock", "_creating", "_known", "_tasks")

    def __init__(self, clock: Clock, tasks: TaskSet) -> None:
        """`tasks` run the creations, which several requests may wait for and none of them ends by leaving."""
        self._clock = clock
        self._tasks = tasks
        self._known: OrderedDict[bytes, RememberedCache] = OrderedDict()
        self._creating: dict[bytes, asyncio.Task[None]] = {}

    def before(
        self, upstream: Upstream, prompt: CacheablePrompt, *, account_id: str, endpoint_id: str
    ) -> "CachingUpstream":
        """`upstream` for one request, whose prefix is cached there. Accounts share no caches."""
        return CachingUpstream(self, upstream, prompt, f"{account_id}\0{endpoint_id}")

    async def have(
        self, key: bytes, prompt: CacheablePrompt, upstream: Upstream, request: UpstreamRequest
    ) -> RememberedCache | None:
        """The cache, made now if there is none; several who want it at once wait for the same creation."""
        remembered = self._usable(key)
        if remembered is None:
            task = self._creating.get(key)
            if task is None:
                if len(self._creating) >= CREATING_MAX:
                    return None
                task = self._tasks.start(self._create(key, prompt, upstream, request), "prompt cache")
                self._creating[key] = task
            await asyncio.shield(task)
            remembered = self._usable(key)
        return remembered if remembered is not None and remembered.created is not None else None

    def forget(self, key: bytes, gone: RememberedCache, *, is_unknown: bool) -> None:
        """The upstream took no request with it. What it does not know can be made anew, other refusals would come
        again."""
        if self._known.get(key) is not gone:
            return
        if is_unknown:
            del self._known[key]
        else:
            self._known[key] = RememberedCache(None, gone.until_s)

    def _usable(self, key: bytes) -> RememberedCache | None:
        remembered = self._known.get(key)
        if remembered is None or self._clock.monotonic_s() >= remembered.until_s:
            return None
        self._known.move_to_end(key)
        return remembered

    async def _create(self, key: bytes, prompt: CacheablePrompt, upstream: Upstream, request: UpstreamRequest) -> None:
        asked_s = self._clock.monotonic_s()
        created = None
        try:
            async with asyncio.timeout(CREATE_S_MAX):
                created = await _created(prompt, upstream, request)
        except (UpstreamFailed, TimeoutError):
            pass
        finally:
            del self._creating[key]
        lasts_s = REFUSED_S if created is None else prompt.lifetime_s - MARGIN_S
        self._known[key] = RememberedCache(created, asked_s + lasts_s)
        self._known.move_to_end(key)
        if len(self._known) > REMEMBERED_MAX:
            self._known.popitem(last=False)


class CachingUpstream:
    """Implements `Upstream` for one request, and knows afterwards what of it was cached for whom."""

    __slots__ = ("_caches", "_owes", "_prompt", "_scope", "_upstream", "prepared_s")

    def __init__(self, caches: PromptCaches, upstream: Upstream, prompt: CacheablePrompt, scope: str) -> None:
        self._caches = caches
        self._upstream = upstream
        self._prompt = prompt
        self._scope = scope
        self._owes: RememberedCache | None = None
        self.prepared_s = 0.0
        """How long the cache took: no delay of the answering endpoint."""

    async def open(self, request: UpstreamRequest) -> UpstreamResponse:
        """Send the request with its prefix cached, plainly where that cannot be. Raises UpstreamFailed."""
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        key = _key(self._scope, request, self._prompt)
        cache = await self._caches.have(key, self._prompt, self._upstream, request)
        self.prepared_s = loop.time() - began_s
        if cache is None or cache.created is None:
            return await self._upstream.open(request)
        with_cache = structs.replace(request, body=self._prompt.using(cache.created.name))
        response = await self._upstream.open(with_cache)
        if response.status not in _CACHE_REFUSED:
            if not cache.is_paid:
                cache.is_paid, self._owes = True, cache
            return response
        response.cancel()
        self._caches.forget(key, cache, is_unknown=response.status in _UNKNOWN)
        self.prepared_s = loop.time() - began_s
        return await self._upstream.open(request)

    def counted(self, usage: Usage) -> Usage:
        """The usage of a charged answer: the first that used a cache also wrote it (inference.md 12.4)."""
        if self._owes is None or self._owes.created is None or not usage.prompt_tokens:
            return usage
        written = min(self._owes.created.tokens, usage.prompt_tokens)
        cached = max(usage.cached_tokens - written, 0)
        self._owes = None
        return structs.replace(
            usage,
            cached_tokens=cached,
            cached_audio_tokens=min(usage.cached_audio_tokens, cached),
            cache_write_tokens=written,
        )

    def let_go(self) -> None:
        """The attempt is over. If nobody paid for what it wrote, the next who uses it does."""
        if self._owes is not None:
            self._owes.is_paid = False
            self._owes = None


async def _created(prompt: CacheablePrompt, upstream: Upstream, request: UpstreamRequest) -> CreatedCache | None:
    """Make the cache with the request's own credentials. None: the upstream would not. Raises UpstreamFailed."""
    url, body = prompt.creation(request.url)
    headers = (*_credentials(request), ("accept", "application/json"))
    response = await upstream.open(structs.replace(request, url=url, headers=headers, body=body))
    try:
        if response.status != 200:
            return None
        return prompt.created(await response.read_all(CREATED_BYTES_MAX))
    finally:
        response.cancel()


def _key(scope: str, request: UpstreamRequest, prompt: CacheablePrompt) -> bytes:
    """By account, endpoint, address, credentials and prefix. A digest: no secret is kept for it."""
    told = repr((scope, request.url.rpartition(":")[0], _credentials(request)))
    return hashlib.sha256(told.encode() + prompt.digest).digest()


def _credentials(request: UpstreamRequest) -> tuple[tuple[str, str], ...]:
    """Everything that is sent in front, but for what kind of answer is wanted."""
    return tuple(header for header in request.headers if header[0] != "accept")
