"""What a job's end is told to: the caller's address (inference.md 25.5).

Addresses are guarded like all that callers name (10.1): https, public, no redirects.
"""

import asyncio
import hashlib
import hmac
from typing import Final

from trunkline.core import json
from trunkline.gateway.fetch_client import FetchClient, FetchFailed

TIMEOUT_S: Final = 10.0
RETRY_AFTER_S: Final = (30, 120, 480, 1_020, 1_950)
"""Before each of the further deliveries: five within an hour."""


def retry_at_ms(attempts: int, now_ms: int) -> int | None:
    """When to tell again after `attempts` that failed; None: never."""
    return now_ms + RETRY_AFTER_S[attempts - 1] * 1000 if attempts <= len(RETRY_AFTER_S) else None


def signature(secret: str, body: bytes, now_s: int) -> str:
    """`t=<unix seconds>,v1=<hex HMAC-SHA256>` over `<t>,<raw body>`."""
    digest = hmac.new(secret.encode(), b"%d," % now_s + body, hashlib.sha256).hexdigest()
    return f"t={now_s},v1={digest}"


class Callbacks:
    """Delivers. One per process."""

    def __init__(self, client: FetchClient, secret: str | None) -> None:
        self._client = client
        self._secret = secret

    async def tell(self, url: str, key: str, event: dict[str, object], now_ms: int) -> bool:
        """Whether the address took it. `key` is the same for every delivery of one event."""
        body = json.encode(event)
        headers = [("content-type", "application/json"), ("x-openrouter-idempotency-key", key)]
        if self._secret is not None:
            headers.append(("x-openrouter-signature", signature(self._secret, body, now_ms // 1000)))
        try:
            async with asyncio.timeout(TIMEOUT_S):
                status = await self._client.post(url, tuple(headers), body)
        except (TimeoutError, FetchFailed):
            return False
        return 200 <= status < 300
