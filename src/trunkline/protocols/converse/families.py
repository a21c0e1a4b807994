"""What differs between the models of this service, as data: one row for each family, found by the model's name.

Names are `[<region>.]<author>.<model>`, or an ARN that ends with one. Generations of Claude have their own table
(`messages/families.py`).
"""

from functools import lru_cache
from typing import Literal

from msgspec import Struct

Thinking = Literal["none", "claude", "nova", "effort", "config"]
CachePoints = Literal["none", "content", "all"]


class Family(Struct, frozen=True, kw_only=True):
    """One family's abilities. The defaults are those of most models, so that a new name works unlisted."""

    author: str
    thinking: Thinking = "effort"
    """How reasoning is asked for in `additionalModelRequestFields`: `thinking` and `output_config` (claude),
    `reasoningConfig` (nova), the word `reasoning_effort` (effort) or the word `reasoning_config` (config)."""
    top_k: Literal["top_k", "k", "inferenceConfig"] = "top_k"
    """Where `top_k` goes; `inferenceConfig` means `inferenceConfig.topK`."""
    cache_points: CachePoints = "none"
    """`content`: in system and messages only; `all`: after tools, too."""
    cache_ttl: bool = False
    """Cache points may say how long they live."""
    media_in_results: bool = False
    """Results of tools may hold images and documents."""
    prefill: bool = False
    """The conversation may end with the assistant, who then continues."""
    parallel_switch: bool = False
    """Takes `tool_choice` with `disable_parallel_tool_use` in `additionalModelRequestFields`."""
    native_schema: bool = True
    """Takes `outputConfig.textFormat`, where the catalog says that it takes schemas; Claude by generation."""

    @property
    def is_claude(self) -> bool:
        return self.thinking == "claude"


_OTHERS = Family(author="")
_FAMILIES = {
    family.author: family
    for family in (
        Family(
            author="anthropic",
            thinking="claude",
            cache_points="all",
            cache_ttl=True,
            media_in_results=True,
            prefill=True,
            parallel_switch=True,
        ),
        Family(
            author="amazon",
            thinking="nova",
            top_k="inferenceConfig",
            cache_points="content",
            media_in_results=True,
            prefill=True,
            native_schema=False,
        ),
        Family(author="cohere", thinking="none", top_k="k", native_schema=False),
        Family(author="deepseek", thinking="none"),
        Family(author="meta", thinking="none", native_schema=False),
        Family(author="minimax", thinking="none"),
        Family(author="qwen", thinking="config"),
        Family(author="writer", thinking="none", native_schema=False),
    )
}


@lru_cache(maxsize=512)
def family_of(upstream_model: str) -> Family:
    """The family of the author that the model's name tells."""
    words = upstream_model.rpartition("/")[2].lower().split(".")
    return next((_FAMILIES[word] for word in words[:2] if word in _FAMILIES), _OTHERS)
