"""Token counts of this format (inference.md 13.1, 30.8)."""

from msgspec import Raw

from trunkline.protocols.bounds import TOKENS_MAX
from trunkline.protocols.estimates import estimated_tokens
from trunkline.protocols.events import Usage
from trunkline.protocols.lenient_json import int_of, object_of, objects_of, text_of


def read_usage(raw: Raw, thinking_chars: int) -> Usage | None:
    """The counts of a `usage` object, None when nothing was counted.

    `inputTokens` leaves out what was read from and written to the cache. Tokens of reasoning are not told: they are
    estimated from its visible length, `thinking_chars`.
    """
    members = object_of(raw)
    read = _count(members, "cacheReadInputTokens")
    written = _count(members, "cacheWriteInputTokens")
    prompt = _count(members, "inputTokens") + read + written
    completion = _count(members, "outputTokens")
    if not prompt and not completion:
        return None
    written_1h = 0
    for detail in map(object_of, objects_of(members.get("cacheDetails"))):
        if text_of(detail.get("ttl")) == "1h":
            written_1h += _count(detail, "inputTokens")
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        cached_tokens=read,
        cache_write_tokens=written,
        cache_write_1h_tokens=min(written, written_1h),
        reasoning_tokens=min(completion, estimated_tokens(thinking_chars)),
        raw=raw,
    )


def _count(members: dict[str, Raw], name: str) -> int:
    value = int_of(members.get(name))
    return value if value is not None and 0 <= value <= TOKENS_MAX else 0
