"""Token counts and costs as the object that clients read (inference.md 13.1)."""

from typing import Final

from trunkline.core.money import Charge, usd_number
from trunkline.protocols.events import Usage

_USAGE: Final = (
    b'{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d,"cost":%b,"is_byok":%b,'
    b'"prompt_tokens_details":{"cached_tokens":%d,"cache_write_tokens":%d,"audio_tokens":%d,"video_tokens":%d%b},'
    b'"cost_details":{"upstream_inference_cost":%b,"upstream_inference_prompt_cost":%b,'
    b'"upstream_inference_completions_cost":%b},'
    b'"completion_tokens_details":{"reasoning_tokens":%d,"image_tokens":%d,"audio_tokens":%d%b}%b}'
)
"""The client's object; the two `%b` inside the details are counts that are there only when there are any."""


def render_usage(usage: Usage, charge: Charge) -> bytes:
    """The client's `usage`, members in the order of observed-openrouter-responses.md 1.2.

    Optional counts appear only when there are any. `upstream_…` is the upstream's list price, `cost` what the
    account is charged.
    """
    prompt_tail = _present(file_tokens=usage.prompt_file_tokens) if usage.prompt_file_tokens else b""
    completion_tail = b""
    if usage.accepted_prediction_tokens or usage.rejected_prediction_tokens:
        completion_tail = _present(
            accepted_prediction_tokens=usage.accepted_prediction_tokens,
            rejected_prediction_tokens=usage.rejected_prediction_tokens,
        )
    tools = b""
    if usage.web_searches:
        counts = b'{"web_search_requests":%d}' % usage.web_searches
        # The older name goes out as well (inference.md 13.1); the newer one is recorded as the last member.
        tools = b',"server_tool_use":' + counts + b',"server_tool_use_details":' + counts
    return _USAGE % (
        usage.prompt_tokens,
        usage.completion_tokens,
        usage.prompt_tokens + usage.completion_tokens,
        usd_number(charge.total_nanousd),
        b"true" if charge.is_byok else b"false",
        usage.cached_tokens,
        usage.cache_write_tokens,
        usage.prompt_audio_tokens,
        usage.prompt_video_tokens,
        prompt_tail,
        usd_number(charge.upstream_nanousd),
        usd_number(charge.upstream_prompt_nanousd),
        usd_number(charge.upstream_completion_nanousd),
        usage.reasoning_tokens,
        usage.completion_image_tokens,
        usage.completion_audio_tokens,
        completion_tail,
        tools,
    )


def _present(**counts: int) -> bytes:
    return b"".join(b',"%s":%d' % (name.encode(), count) for name, count in counts.items() if count)
