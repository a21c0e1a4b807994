"""What differs between the models of this format, as data: one row for each family, found by the model's name."""

from functools import lru_cache
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

Thinking = Literal["none", "budget", "level"]


class Family(Struct, frozen=True, kw_only=True):
    """One family's abilities. The defaults are those of the newest models, so that a new name works unlisted."""

    prefix: str
    thinking: Thinking = "level"
    """How thinking is asked for: not at all, `thinkingBudget` in tokens, or `thinkingLevel` (inference.md 7.2)."""
    budget_min: int = 0
    budget_max: int = 0
    can_stop_thinking: bool = False
    """A budget of 0 switches thinking off."""
    levels: tuple[str, ...] = ("minimal", "low", "medium", "high")
    """Taken where the catalog does not tell the model's efforts."""
    needs_signatures: bool = True
    """The first call of each step is refused without a thought signature (inference.md 30.5)."""
    media_in_results: bool = True
    """`functionResponse` may hold `parts`; elsewhere media stand behind it."""
    system_instruction: bool = True
    paints: bool = False
    """Answers with images, and takes its own images back."""
    opens_addresses: bool = True
    """Takes addresses in `fileData`: Google's own, and of videos."""
    fetches_urls: bool = True
    """Takes any http(s) addresses of images and documents there."""
    searches: bool = True
    """Has Google's search as a tool."""
    mixes_tools: bool = True
    """Takes it beside the caller's functions."""
    priced_by_query: bool = True
    """Search is charged for each query; elsewhere for each answer that used it."""
    cache_tokens_min: int | None = 1_024
    """Shortest prefix of which a cached content can be made (inference.md 12.2); None: there are none."""


_NEWEST = Family(prefix="")
_GEMINI_2 = Family(
    prefix="gemini-2.0",
    thinking="none",
    needs_signatures=False,
    media_in_results=False,
    fetches_urls=False,
    mixes_tools=False,
    priced_by_query=False,
    cache_tokens_min=4_096,
)
_GEMINI_2_5 = replace(
    _GEMINI_2,
    prefix="gemini-2.5",
    thinking="budget",
    budget_min=0,
    budget_max=24_576,
    can_stop_thinking=True,
    fetches_urls=True,
    cache_tokens_min=1_024,
)
_GEMMA = Family(
    prefix="gemma-",
    thinking="none",
    needs_signatures=False,
    media_in_results=False,
    system_instruction=False,
    fetches_urls=False,
    searches=False,
    cache_tokens_min=None,
)

_FAMILIES = (
    _NEWEST,
    replace(_NEWEST, prefix="gemini-3-pro", levels=("low", "high"), cache_tokens_min=4_096),
    replace(_NEWEST, prefix="gemini-3.1-pro", cache_tokens_min=4_096),
    replace(_NEWEST, prefix="gemini-3-pro-image", levels=("low", "high"), paints=True),
    replace(_NEWEST, prefix="gemini-3.1-flash-image", levels=("minimal", "high"), paints=True),
    replace(_NEWEST, prefix="gemini-3.1-flash-lite-image", levels=("minimal", "high"), paints=True),
    replace(_NEWEST, prefix="gemini-nano-banana", levels=("minimal", "high"), paints=True),
    _GEMINI_2_5,
    replace(
        _GEMINI_2_5,
        prefix="gemini-2.5-pro",
        budget_min=128,
        budget_max=32_768,
        can_stop_thinking=False,
        cache_tokens_min=4_096,
    ),
    replace(_GEMINI_2_5, prefix="gemini-2.5-flash-lite", budget_min=512),
    replace(_GEMINI_2_5, prefix="gemini-2.5-flash-image", thinking="none", paints=True),
    _GEMINI_2,
    replace(_GEMINI_2, prefix="gemini-1", searches=False, cache_tokens_min=32_768),
    _GEMMA,
    replace(
        _GEMMA,
        prefix="gemma-4",
        thinking="level",
        levels=("minimal", "high"),
        system_instruction=True,
        fetches_urls=True,
    ),
)


@lru_cache(maxsize=1024)
def family_of(upstream_model: str) -> Family:
    """The family with the longest prefix of the model's name; `models/` and the like before it do not count."""
    name = upstream_model.rpartition("/")[2].lower()
    return max((family for family in _FAMILIES if name.startswith(family.prefix)), key=lambda found: len(found.prefix))
