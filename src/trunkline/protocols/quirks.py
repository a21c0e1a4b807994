"""Named deviations from plain chat completions, and who has them: data, not code.

An upstream without any quirk gets what every compatible server takes: `max_tokens`, `system` instead of
`developer`, `reasoning_effort`, no cache markers, no reasoning of earlier turns, one choice. A quirk is read in
exactly one place; an endpoint has those of its catalog entry or configuration, and those of its provider here.
"""

from collections.abc import Mapping
from typing import Literal

from trunkline.protocols.answers import UpstreamTarget

RequestQuirk = Literal[
    "max_completion_tokens",
    "developer_role",
    "multiple_choices",
    "no_stream_options",
    "service_tier",
    "prompt_cache_key",
    "prompt_cache_breakpoint",
    "cache_control",
    "reasoning_object",
    "openrouter_dialect",
    "reasoning_content_roundtrip",
    "reasoning_content_beside_calls",
    "thinking_switch",
    "enable_thinking",
    "chat_template_thinking",
    "random_seed",
    "safety_identifier",
    "user",
    "tool_result_media",
    "no_empty_text",
    "tool_call_ids_9",
    "data_urls",
    "prefill",
    "prefill_marked_prefix",
    "prefill_marked_prefix_beta",
    "prefill_marked_partial",
    "prefill_by_switch",
    "prefill_repeated",
]

REASONS: Mapping[RequestQuirk, str] = {
    "max_completion_tokens": "The output cap is called `max_completion_tokens`; some models refuse `max_tokens`.",
    "developer_role": "Knows the `developer` role; elsewhere it becomes `system`.",
    "multiple_choices": "Honours `n` above 1.",
    "no_stream_options": "Refuses `stream_options`; usage comes unasked or not at all.",
    "service_tier": "Takes OpenAI's `service_tier`.",
    "prompt_cache_key": "Takes `prompt_cache_key` and `prompt_cache_options`.",
    "prompt_cache_breakpoint": "Takes explicit cache markers in OpenAI's spelling (GPT-5.6 and later).",
    "cache_control": "Takes explicit cache markers as `cache_control` on parts and tools.",
    "reasoning_object": "A gateway that itself takes the `reasoning` object.",
    "openrouter_dialect": "A gateway that takes our own members: `reasoning_details`, `images`, `annotations` …",
    "reasoning_content_roundtrip": "Wants the reasoning of earlier turns back as `reasoning_content`.",
    "reasoning_content_beside_calls": "While it thinks, refuses earlier tool calls that have no `reasoning_content`.",
    "thinking_switch": "Reasoning is switched by `thinking: {type: enabled | disabled}`.",
    "enable_thinking": "Reasoning is switched by `enable_thinking`, its budget is `thinking_budget`.",
    "chat_template_thinking": "Reasoning is switched by `chat_template_kwargs.enable_thinking`.",
    "random_seed": "The seed is called `random_seed`.",
    "safety_identifier": "Asks for an identity of the end user, hashed, in `safety_identifier`.",
    "user": "Asks for an identity of the end user, hashed, in `user`.",
    "tool_result_media": "Accepts images and files in the results of tools.",
    "no_empty_text": "Refuses empty text parts.",
    "tool_call_ids_9": "Ids of tool calls must be nine letters or digits.",
    "data_urls": "Opens no addresses of media, or stands where a caller's addresses must not lead: gets them as data.",
    "prefill": "Goes on from a last message of the assistant by itself.",
    "prefill_marked_prefix": "Goes on from a last message of the assistant that says `prefix: true`.",
    "prefill_marked_prefix_beta": "The same, at its beta address only.",
    "prefill_marked_partial": "Goes on from a last message of the assistant that says `partial: true`.",
    "prefill_by_switch": "Goes on from a last message of the assistant when told to by `continue_final_message`.",
    "prefill_repeated": "Repeats the beginning that it was given before it goes on.",
}

_OPENAI: frozenset[RequestQuirk] = frozenset(
    {"max_completion_tokens", "developer_role", "multiple_choices", "service_tier", "prompt_cache_key"}
)
_GATEWAY: frozenset[RequestQuirk] = frozenset(
    {
        "developer_role",
        "service_tier",
        "prompt_cache_key",
        "cache_control",
        "reasoning_object",
        "openrouter_dialect",
        "tool_result_media",
        "prefill",
    }
)
_ENGINE: frozenset[RequestQuirk] = frozenset({"data_urls"})
"""On the operator's own machines, where an engine that opens addresses would reach what callers must not."""
_ENGINE_OF_MANY: frozenset[RequestQuirk] = frozenset({"data_urls", "multiple_choices"})

_PREFILL: frozenset[RequestQuirk] = frozenset({"prefill"})
_PREFILL_BY_SWITCH: frozenset[RequestQuirk] = frozenset({"prefill_by_switch"})
_SAFETY_IDENTIFIER: frozenset[RequestQuirk] = frozenset({"safety_identifier"})
_USER: frozenset[RequestQuirk] = frozenset({"user"})

OF_PROVIDER: Mapping[str, frozenset[RequestQuirk]] = {
    "openai": _OPENAI | _SAFETY_IDENTIFIER,
    "azure": _OPENAI | _USER,
    "openrouter": _GATEWAY | _USER,
    "deepseek": frozenset(
        {
            "thinking_switch",
            "reasoning_content_roundtrip",
            "reasoning_content_beside_calls",
            "prefill_marked_prefix_beta",
        }
    ),
    "z-ai": frozenset({"thinking_switch", "reasoning_content_roundtrip"}),
    "moonshotai": frozenset(
        {"thinking_switch", "reasoning_content_roundtrip", "multiple_choices", "prefill_marked_partial"}
    ),
    "alibaba": frozenset(
        {
            "enable_thinking",
            "cache_control",
            "reasoning_content_roundtrip",
            "multiple_choices",
            "prefill_marked_partial",
        }
    ),
    "siliconflow": frozenset({"enable_thinking"}),
    "mistral": frozenset(
        {
            "random_seed",
            "no_stream_options",
            "tool_call_ids_9",
            "multiple_choices",
            "prefill_marked_prefix",
            "prefill_repeated",
        }
    ),
    "xai": frozenset({"multiple_choices"}),
    "together": frozenset({"multiple_choices"}),
    "fireworks": frozenset({"multiple_choices"}),
    "deepinfra": frozenset({"multiple_choices"}),
    "vllm": _ENGINE_OF_MANY | _PREFILL_BY_SWITCH,
    "sglang": _ENGINE_OF_MANY | _PREFILL_BY_SWITCH,
    "llama-cpp": _ENGINE_OF_MANY | _PREFILL,
    "ollama": _ENGINE,
    "lm-studio": _ENGINE,
    "tgi": _ENGINE,
}
"""Provider slug → its quirks. `no_stream_options` at Mistral: usage comes with the last chunk unasked."""


def quirks_of(target: UpstreamTarget) -> frozenset[str]:
    """All quirks of an endpoint: its own and its provider's."""
    known = OF_PROVIDER.get(target.provider)
    return target.quirks if known is None else target.quirks | known
