"""The top-level members that are never the caller's words alone: computed alike for the native path and the hub.

Who calls it hands over what was asked; the answer is what this endpoint is sent (inference.md 30.4).
"""

from typing import Literal

from msgspec import Struct

from trunkline.core.json import JsonValue
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.chat import reasoning as chat_reasoning
from trunkline.protocols.requests import Reasoning
from trunkline.protocols.support import output_cap, supports

PLAIN_PARAMETERS = frozenset(
    {
        "temperature",
        "top_p",
        "min_p",
        "top_a",
        "frequency_penalty",
        "presence_penalty",
        "repetition_penalty",
        "stop",
        "logit_bias",
        "logprobs",
        "top_logprobs",
        "prediction",
        "web_search_options",
    }
)
"""Parameters that are sent as they are, or not at all."""

OUTPUT_CONTROLS = frozenset({"modalities", "audio", "image_config"})
"""Sent as they are: only endpoints that can answer so are asked (inference.md 11)."""

Verbosity = Literal["low", "medium", "high", "xhigh", "max"]


class Asked(Struct, frozen=True, kw_only=True):
    """What a request says that every endpoint is told in its own way."""

    stream: bool
    max_tokens: int | None
    reasoning: Reasoning | None
    n: int | None
    top_k: int | None
    seed: int | None
    verbosity: Verbosity | None
    service_tier: str | None
    prompt_cache_key: str | None


def envelope(asked: Asked, target: UpstreamTarget, quirks: frozenset[str]) -> dict[str, object]:
    """Model, streaming, output cap, reasoning and the like. Raises InvalidRequest as `reasoning.upstream_members`."""
    members: dict[str, object] = {"model": target.upstream_model}
    if asked.stream:
        members["stream"] = True
        if "no_stream_options" not in quirks:
            members["stream_options"] = {"include_usage": True}
    cap = output_cap(asked.max_tokens, target)
    if cap is not None and (supports(target, "max_tokens") or supports(target, "max_completion_tokens")):
        members["max_completion_tokens" if "max_completion_tokens" in quirks else "max_tokens"] = cap
    asking: list[tuple[str, JsonValue]] = chat_reasoning.upstream_members(asked.reasoning, target, quirks, cap)
    members.update(asking)
    if asked.n is not None and _takes_choices(target, quirks):
        members["n"] = asked.n
    if asked.top_k and supports(target, "top_k"):
        members["top_k"] = asked.top_k
    if asked.seed is not None and supports(target, "seed"):
        members["random_seed" if "random_seed" in quirks else "seed"] = asked.seed
    if asked.verbosity is not None and supports(target, "verbosity"):
        members["verbosity"] = _verbosity(asked.verbosity, quirks)
    if asked.service_tier is not None and "service_tier" in quirks:
        members["service_tier"] = asked.service_tier
    if asked.prompt_cache_key is not None and "prompt_cache_key" in quirks:
        members["prompt_cache_key"] = asked.prompt_cache_key
    if target.user_hash is not None:
        # Only where the provider asks for an identity (inference.md 28); to all others the end user is nobody.
        members.update((field, target.user_hash) for field in ("safety_identifier", "user") if field in quirks)
    return members


def _takes_choices(target: UpstreamTarget, quirks: frozenset[str]) -> bool:
    """`n` is no member of the parameter enum: a quirk says who honours it (spec/README.md, "Settled")."""
    return "multiple_choices" in quirks or not target.supported_parameters or "n" in target.supported_parameters


def _verbosity(verbosity: Verbosity, quirks: frozenset[str]) -> str:
    return "high" if verbosity in ("xhigh", "max") and "openrouter_dialect" not in quirks else verbosity
