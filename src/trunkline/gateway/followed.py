"""A request whose answer has to be asked after: several calls, and the last answer is that of all of them.

To the pipeline it is one attempt. Only the provider itself is asked: its credentials go nowhere else.
"""

import asyncio
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from msgspec.structs import replace

from trunkline.gateway.parts import ReadResponse
from trunkline.providers.upstream import Upstream, UpstreamFailed, UpstreamRequest, UpstreamResponse

STEP_BYTES_MAX: Final = 16 * 1024 * 1024
WAIT_S: Final = 0.5
"""Before the first question; each wait is longer than the one before."""
WAIT_GROWTH: Final = 1.25
WAIT_S_MAX: Final = 4.0
_SITE_LABELS: Final = 2
"""Of a host's name: `api.eu.acme.ai` and `api.acme.ai` are one site."""


class FollowedUpstream:
    """Implements `Upstream` for one request."""

    __slots__ = ("_deadline_s", "_next_address", "_upstream")

    def __init__(
        self, upstream: Upstream, next_address: Callable[[bytes, str], str | None], *, deadline_s: float
    ) -> None:
        """`deadline_s` (loop time) is for all calls together."""
        self._upstream = upstream
        self._next_address = next_address
        self._deadline_s = deadline_s

    async def open(self, request: UpstreamRequest) -> UpstreamResponse:
        """Call, and ask until there is an answer. A refusal is that of the call that was refused."""
        try:
            async with asyncio.timeout_at(self._deadline_s):
                return await self._follow(request)
        except TimeoutError:
            raise UpstreamFailed("timeout_total", "an answer that was asked after did not come in time") from None

    async def _follow(self, request: UpstreamRequest) -> UpstreamResponse:
        wait_s = WAIT_S
        while True:
            response = await self._upstream.open(request)
            if response.status != 200:
                return response
            try:
                body = await response.read_all(STEP_BYTES_MAX)
            finally:
                response.cancel()
            address = self._next_address(body, request.url)
            if address is None:
                return ReadResponse(200, response.headers, body)
            if not is_same_site(address, request.url):
                raise UpstreamFailed("protocol", "the provider sent us elsewhere with its key")
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * WAIT_GROWTH, WAIT_S_MAX)
            request = replace(request, url=address, method="GET", body=b"")


def is_same_site(address: str, other: str) -> bool:
    """Whether two addresses are one provider's: the same scheme and port, and names that end alike."""
    try:
        one, two = urlsplit(address), urlsplit(other)
        if (one.scheme, one.port) != (two.scheme, two.port) or one.username is not None:
            return False
    except ValueError:
        return False
    name, other_name = one.hostname or "", two.hostname or ""
    if name == other_name:
        return bool(name)
    labels, other_labels = name.split("."), other_name.split(".")
    is_name = not other_labels[-1].isdigit() and ":" not in other_name
    return is_name and len(other_labels) > _SITE_LABELS and labels[-_SITE_LABELS:] == other_labels[-_SITE_LABELS:]
