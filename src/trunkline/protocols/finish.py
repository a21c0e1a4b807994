"""Why an answer ended: the upstream's word for it, and ours (inference.md 3, 30.7)."""

from typing import Final

from trunkline.protocols.events import FinishReason

_REASONS: Final[dict[str, FinishReason]] = {
    "tool_calls": "tool_calls",
    "tool_call": "tool_calls",
    "tool_use": "tool_calls",
    "function_call": "tool_calls",
    "length": "length",
    "max_tokens": "length",
    "max_output_tokens": "length",
    "model_length": "length",
    "model_context_window_exceeded": "length",
    "content_filter": "content_filter",
    "content_filtered": "content_filter",
    "guardrail_intervened": "content_filter",
    "safety": "content_filter",
    "sensitive": "content_filter",
    "refusal": "content_filter",
    "error": "error",
    "malformed_function_call": "error",
    "malformed_model_output": "error",
    "malformed_tool_use": "error",
    "insufficient_system_resource": "error",
    "network_error": "error",
}


def normalise(native: str, *, has_calls: bool) -> FinishReason:
    """Our word for the upstream's. Unknown words mean `stop`; with tool calls a `stop` is `tool_calls`.

    A `length` stays one beside calls (inference.md 30.7), although the original says `tool_calls` then
    (observed-openrouter-responses.md 1.4): a client must be able to see that the last call was cut off.
    """
    reason = _REASONS.get(native.lower(), "stop")
    return "tool_calls" if has_calls and reason == "stop" else reason
