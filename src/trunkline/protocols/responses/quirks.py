"""Named deviations from plain Responses, and whose encrypted reasoning is whose: data, not code.

Quirks that both of OpenAI's formats have (`prompt_cache_breakpoint`, `safety_identifier` …) are named, and given to
providers, in `protocols/chat/quirks.py`; those here concern this format only.
"""

from collections.abc import Mapping
from typing import Final, Literal

from trunkline.protocols.answers import UpstreamTarget

ResponsesQuirk = Literal["no_sampling_parameters", "no_reasoning_summary", "no_encrypted_reasoning"]

REASONS: Mapping[ResponsesQuirk, str] = {
    "no_sampling_parameters": "A model that always reasons: refuses `temperature`, `top_p` and log probabilities.",
    "no_reasoning_summary": "Refuses `reasoning.summary`, as OpenAI does to organisations that are not verified.",
    "no_encrypted_reasoning": "Refuses `include: reasoning.encrypted_content`: a model that does not reason.",
}

_OPENAI: Final = "openai-responses-v1"
_OF_THEIR_OWN: Final = (
    *("deepseek", "moonshotai", "groq", "fireworks", "perplexity"),
    *("ollama", "vllm", "sglang", "llama-cpp", "lm-studio"),
)
"""Vendors and engines of open models: what they encrypt, if anything, is nothing to OpenAI and the others."""
_FORMAT_OF_PROVIDER: Mapping[str, str] = {
    "openai": _OPENAI,
    "azure": "azure-openai-responses-v1",
    "xai": "xai-responses-v1",
    "meta": "meta-responses-v1",
    **dict.fromkeys(_OF_THEIR_OWN, "unknown"),
}


def reasoning_format(target: UpstreamTarget) -> str:
    """The `format` of reasoning that comes from there, and the only one that may go back (inference.md 7.3, 7.5).

    A provider that the table does not name is taken for a relay of OpenAI's own service.
    """
    if target.provider == "amazon-bedrock":
        return "bedrock-xai-responses-v1" if target.upstream_model.startswith("xai.") else "bedrock-openai-responses-v1"
    return _FORMAT_OF_PROVIDER.get(target.provider, _OPENAI)
