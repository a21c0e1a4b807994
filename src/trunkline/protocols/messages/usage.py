"""Token counts of this format (inference.md 13.1, 18.4, 30.8)."""

from msgspec import Raw

from trunkline.core import json
from trunkline.protocols.bounds import TOKENS_MAX
from trunkline.protocols.estimates import estimated_tokens
from trunkline.protocols.events import Usage
from trunkline.protocols.lenient_json import int_of, is_blank, label_of, object_of, objects_of


class UsageReader:
    """Usage comes once in a body, and in pieces in a stream: of each member the last that is not null counts."""

    __slots__ = ("_members", "_output_is_counted")

    def __init__(self) -> None:
        self._members: dict[str, Raw] = {}
        self._output_is_counted = False

    def read(self, raw: Raw, *, at_start: bool = False) -> None:
        """Take an object of counts; anything else says nothing. `at_start`: nothing of the output is counted yet."""
        told = {name: value for name, value in object_of(raw).items() if not is_blank(value)}
        self._members.update(told)
        self._output_is_counted |= not at_start and "output_tokens" in told

    @property
    def service_tier(self) -> str | None:
        """The tier that served, in our words: `standard` is `default` (inference.md 14)."""
        tier = label_of(self._members.get("service_tier"))
        return "default" if tier == "standard" else tier

    def total(self, *, thinking_chars: int, output_chars: int) -> Usage | None:
        """All counts, None when nothing was counted.

        `thinking_chars`: length of the visible thinking, from which its tokens are estimated where they are not told;
        `output_chars`: of all output, for an answer that broke off before it was counted (BIL-06).
        """
        members = self._members
        parts = [members, *_compactions(members)]
        read = sum(_count(part, "cache_read_input_tokens") for part in parts)
        written = sum(_count(part, "cache_creation_input_tokens") for part in parts)
        written_1h = sum(_count(object_of(part.get("cache_creation")), "ephemeral_1h_input_tokens") for part in parts)
        prompt = sum(_count(part, "input_tokens") for part in parts) + read + written
        completion = sum(_count(part, "output_tokens") for part in parts)
        if not prompt and not completion:
            return None
        if not self._output_is_counted:
            completion = max(completion, estimated_tokens(output_chars))
        details = object_of(members.get("output_tokens_details"))
        thinking = int_of(details.get("thinking_tokens"))
        if thinking is None:
            thinking = estimated_tokens(thinking_chars)
        return Usage(
            prompt_tokens=prompt,
            completion_tokens=completion,
            cached_tokens=read,
            cache_write_tokens=written,
            cache_write_1h_tokens=min(written, written_1h),
            reasoning_tokens=max(0, min(completion, thinking)),
            web_searches=_count(object_of(members.get("server_tool_use")), "web_search_requests"),
            estimated=not self._output_is_counted,
            raw=json.raw(members),
        )


def _compactions(members: dict[str, Raw]) -> list[dict[str, Raw]]:
    """Calls that shortened the conversation on the way: the totals leave them out, the bill does not."""
    calls = (object_of(call) for call in objects_of(members.get("iterations")))
    return [call for call in calls if label_of(call.get("type")) == "compaction"]


def _count(members: dict[str, Raw], name: str) -> int:
    value = int_of(members.get(name))
    return value if value is not None and 0 <= value <= TOKENS_MAX else 0
