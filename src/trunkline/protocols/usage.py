"""Token counts: from every upstream's spelling to `Usage` (inference.md 30.8), and to the client's object (13.1)."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta, Raw, Struct

from trunkline.core import json
from trunkline.protocols.bounds import TOKENS_MAX
from trunkline.protocols.events import Usage
from trunkline.protocols.lenient_json import UNREADABLE, Members, int_of, members_of

USAGE_EXCLUDES_REASONING: Final = "usage_excludes_reasoning"
"""Quirk: `completion_tokens` leaves the thinking out, and only `total_tokens` tells how much it was."""


_Tokens = Annotated[int, Meta(ge=0, le=TOKENS_MAX)]


class _PromptDetails(Struct, frozen=True, forbid_unknown_fields=True):
    cached_tokens: _Tokens = 0
    audio_tokens: _Tokens = 0


class _CompletionDetails(Struct, frozen=True, forbid_unknown_fields=True):
    reasoning_tokens: _Tokens = 0
    audio_tokens: _Tokens = 0
    accepted_prediction_tokens: _Tokens = 0
    rejected_prediction_tokens: _Tokens = 0


class _Common(Struct, frozen=True, forbid_unknown_fields=True):
    """What OpenAI says, and most who speak its format: nothing that calls for a second look."""

    prompt_tokens: _Tokens
    completion_tokens: _Tokens
    total_tokens: _Tokens
    prompt_tokens_details: _PromptDetails = _PromptDetails()
    completion_tokens_details: _CompletionDetails = _CompletionDetails()


_common = msgspec.json.Decoder(_Common)


def normalise(raw: Raw, quirks: frozenset[str] = frozenset()) -> Usage:
    """Read an upstream's usage object: any member may be missing, null or of another provider's name.

    A part is never more than its total, whatever the upstream says: prices are computed from the differences.
    """
    return _normalise_common(raw) or normalise_any(raw, quirks)


def _normalise_common(raw: Raw) -> Usage | None:
    """What `normalise_any` would say, in a step, where nothing is missing, odd or to be explained; else None."""
    try:
        usage = _common.decode(raw)
    except UNREADABLE:
        return None
    prompt, completion = usage.prompt_tokens, usage.completion_tokens
    if usage.total_tokens > prompt + completion:
        return None
    told, said = usage.prompt_tokens_details, usage.completion_tokens_details
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        cached_tokens=min(prompt, told.cached_tokens),
        prompt_audio_tokens=min(prompt, told.audio_tokens),
        reasoning_tokens=min(completion, said.reasoning_tokens),
        completion_audio_tokens=min(completion, said.audio_tokens),
        accepted_prediction_tokens=said.accepted_prediction_tokens,
        rejected_prediction_tokens=said.rejected_prediction_tokens,
        raw=Raw(bytes(raw)),
    )


def normalise_any(raw: Raw, quirks: frozenset[str] = frozenset()) -> Usage:
    """`normalise` for whatever it is."""
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
