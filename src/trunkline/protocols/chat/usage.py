"""Token counts: from every upstream's spelling to `Usage` (inference.md 30.8), and to the client's object (13.1)."""

from typing import Final

from msgspec import Raw

from trunkline.core import json
from trunkline.core.money import usd_number
from trunkline.protocols.chat.wire import Members, int_of, members_of
from trunkline.protocols.events import Usage

TOKENS_MAX = 10**8
"""Ten times the longest context there is: a larger count is not a count, and nobody shall pay for it."""

USAGE_EXCLUDES_REASONING: Final = "usage_excludes_reasoning"
"""Quirk: `completion_tokens` leaves the thinking out, and only `total_tokens` tells how much it was."""


_USAGE: Final = (
    b'{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d,"cost":%b,"is_byok":%b,'
    b'"prompt_tokens_details":{"cached_tokens":%d,"cache_write_tokens":%d,"audio_tokens":%d,"video_tokens":%d%b},'
    b'"cost_details":{"upstream_inference_cost":%b,"upstream_inference_prompt_cost":%b,'
    b'"upstream_inference_completions_cost":%b},'
    b'"completion_tokens_details":{"reasoning_tokens":%d,"image_tokens":%d,"audio_tokens":%d%b}%b}'
)
"""The client's object; the two `%b` inside the details are counts that are there only when there are any."""


def normalise(raw: Raw, quirks: frozenset[str] = frozenset()) -> Usage:
    """Read an upstream's usage object: any member may be missing, null or of another provider's name.

    A part is never more than its total, whatever the upstream says: prices are computed from the differences.
    """
    usage = members_of(raw)
    prompt_details = _object(usage, "prompt_tokens_details", "input_tokens_details")
    completion_details = _object(usage, "completion_tokens_details", "output_tokens_details")
    cache_creation = _object(usage, "cache_creation")
    server_tools = _object(usage, "server_tool_use_details", "server_tool_use")

    prompt = _count(usage, "prompt_tokens", "input_tokens")
    completion = _count(usage, "completion_tokens", "output_tokens")
    total = _count(usage, "total_tokens")
    reasoning = _count(completion_details, "reasoning_tokens", "thinking_tokens") or _count(usage, "reasoning_tokens")
    prompt_audio = _count(prompt_details, "audio_tokens") or _count(usage, "audio_prompt_tokens")

    unexplained = total - prompt - completion
    if unexplained > 0:
        # xAI counts thinking apart from the completion, Mistral audio apart from the prompt; the total has both.
        if unexplained == reasoning:
            completion += reasoning
        elif unexplained == prompt_audio:
            prompt += prompt_audio
        elif USAGE_EXCLUDES_REASONING in quirks and not reasoning:
            completion += unexplained
            reasoning = unexplained

    cached = min(prompt, _cached(usage, prompt_details))
    written = _count(prompt_details, "cache_write_tokens") or _count(usage, "cache_creation_input_tokens")
    written = min(prompt - cached, written)
    prompt_audio = min(prompt, prompt_audio)
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        cached_tokens=cached,
        cache_write_tokens=written,
        cache_write_1h_tokens=min(written, _count(cache_creation, "ephemeral_1h_input_tokens")),
        prompt_audio_tokens=prompt_audio,
        prompt_image_tokens=min(prompt, _count(prompt_details, "image_tokens")),
        prompt_video_tokens=min(prompt, _count(prompt_details, "video_tokens")),
        prompt_file_tokens=min(prompt, _count(prompt_details, "file_tokens")),
        cached_audio_tokens=min(cached, prompt_audio, _count(prompt_details, "cached_audio_tokens")),
        reasoning_tokens=min(completion, reasoning),
        completion_image_tokens=min(completion, _count(completion_details, "image_tokens")),
        completion_audio_tokens=min(completion, _count(completion_details, "audio_tokens")),
        accepted_prediction_tokens=_count(completion_details, "accepted_prediction_tokens"),
        rejected_prediction_tokens=_count(completion_details, "rejected_prediction_tokens"),
        web_searches=_count(server_tools, "web_search_requests") or _count(usage, "num_search_queries"),
        raw=Raw(bytes(raw)),
    )


def render_usage(
    usage: Usage,
    *,
    cost_nanousd: int,
    upstream_nanousd: int,
    upstream_prompt_nanousd: int,
    upstream_completion_nanousd: int,
    is_byok: bool,
) -> Raw:
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
    return Raw(
        _USAGE
        % (
            usage.prompt_tokens,
            usage.completion_tokens,
            usage.prompt_tokens + usage.completion_tokens,
            usd_number(cost_nanousd),
            b"true" if is_byok else b"false",
            usage.cached_tokens,
            usage.cache_write_tokens,
            usage.prompt_audio_tokens,
            usage.prompt_video_tokens,
            prompt_tail,
            usd_number(upstream_nanousd),
            usd_number(upstream_prompt_nanousd),
            usd_number(upstream_completion_nanousd),
            usage.reasoning_tokens,
            usage.completion_image_tokens,
            usage.completion_audio_tokens,
            completion_tail,
            tools,
        )
    )


def _cached(usage: Members, prompt_details: Members) -> int:
    return (
        _count(prompt_details, "cached_tokens")
        or _count(usage, "prompt_cache_hit_tokens")
        or _count(usage, "cache_read_input_tokens")
        or _count(usage, "cached_tokens")
    )


def _object(members: Members, *names: str) -> Members:
    """The first of these members that says something, if it is an object."""
    for name in names:
        value = members.get(name)
        if value is not None:
            return value if isinstance(value, dict) else {}
    return {}


def _count(members: Members, *names: str) -> int:
    """The first of these members that is a count; `3.0` and `"3"` are counts too."""
    for name in names:
        value = members.get(name)
        if value is None:
            continue
        if type(value) is not int:
            value = int_of(json.raw(value))
        if value is not None and 0 <= value <= TOKENS_MAX:
            return value
    return 0


def _present(**counts: int) -> bytes:
    return b"".join(b',"%s":%d' % (name.encode(), count) for name, count in counts.items() if count)
