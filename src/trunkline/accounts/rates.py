"""Counting a request against a window, and what is said when it is full (accounts-and-governance.md RL-07, RL-08)."""

from trunkline.core.errors import RateLimited
from trunkline.storage.shared.interface import SharedState


async def take(
    shared: SharedState, bucket: str, limit: int, window_s: int, now_ms: int, *, what: str, source: str
) -> None:
    """Count one request against `bucket`. `what` names the limit in the message, `source` in the metadata.

    Raises RateLimited, with the headers that say when to come again.
    """
    outcome = await shared.take(bucket, limit, window_s, now_ms)
    if outcome.allowed:
        return
    headers = {
        "X-RateLimit-Limit": str(outcome.limit),
        "X-RateLimit-Remaining": str(outcome.remaining),
        "X-RateLimit-Reset": str(outcome.reset_ms),
    }
    raise RateLimited(
        f"Rate limit exceeded: {what}. Try again when X-RateLimit-Reset has passed.",
        headers=headers,
        metadata={"headers": dict(headers), "limit_source": source},
        retry_after_s=max(1, -(-(outcome.reset_ms - now_ms) // 1000)),
    )
