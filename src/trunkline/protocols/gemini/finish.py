"""Why an answer ended, in our words (inference.md 30.7)."""

from typing import Final

from trunkline.protocols.events import FinishReason

_REASONS: Final[dict[str, FinishReason]] = {
    "MAX_TOKENS": "length",
    "SAFETY": "content_filter",
    "RECITATION": "content_filter",
    "BLOCKLIST": "content_filter",
    "PROHIBITED_CONTENT": "content_filter",
    "SPII": "content_filter",
    "IMAGE_SAFETY": "content_filter",
    "IMAGE_PROHIBITED_CONTENT": "content_filter",
    "IMAGE_RECITATION": "content_filter",
    "MODEL_ARMOR": "content_filter",
    "MALFORMED_FUNCTION_CALL": "error",
    "MALFORMED_RESPONSE": "error",
    "UNEXPECTED_TOOL_CALL": "error",
    "TOO_MANY_TOOL_CALLS": "error",
    "MISSING_THOUGHT_SIGNATURE": "error",
    "LANGUAGE": "error",
    "NO_IMAGE": "error",
}


def normalise(native: str, *, has_calls: bool) -> FinishReason:
    """Our word; unknown ones mean `stop`, and a `stop` with calls is `tool_calls` (Google says STOP then)."""
    reason = _REASONS.get(native, "stop")
    return "tool_calls" if has_calls and reason == "stop" else reason
