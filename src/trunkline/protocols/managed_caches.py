"""Prompt caches that are objects of the upstream's, made by one call and named by later ones (inference.md 12.2).

What is cached and how that is said each format knows (`CachingProtocol`); when it is done, the gateway
(`gateway/prompt_caches.py`).
"""

from typing import Protocol

from msgspec import Struct

from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.requests import GenerationRequest


class CreatedCache(Struct, frozen=True):
    """A cache as the upstream knows it."""

    name: str
    tokens: int
    """How many it holds, by the upstream's count."""


class CacheablePrompt(Protocol):
    """A request of which a prefix can be cached. Only what is needed to say it: no sockets, no names of caches."""

    @property
    def digest(self) -> bytes:
        """Equal for equal prefixes of one model."""
        ...

    @property
    def lifetime_s(self) -> int:
        """How long the upstream keeps it from its creation on; use does not renew it."""
        ...

    def creation(self, url: str) -> tuple[str, bytes]:
        """Address and body of the call that makes the cache, `url` being where the request itself goes."""
        ...

    def created(self, data: bytes) -> CreatedCache | None:
        """What that call's answer tells; None when it is none."""
        ...

    def using(self, name: str) -> bytes:
        """The request's body with the cache in place of the prefix."""
        ...


class CachingProtocol(Protocol):
    """An upstream format with such caches."""

    def encode_cacheable(
        self, request: GenerationRequest, target: UpstreamTarget
    ) -> tuple[bytes, CacheablePrompt | None]:
        """The body as `UpstreamProtocol.encode` makes it, and how it would be said with a cache where the request's
        markers ask for one."""
        ...
