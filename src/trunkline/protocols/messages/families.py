"""What each generation of Claude takes, as data (inference.md 7.2, 8.5, 9.1, 30.1, 30.4).

A model's generation is read from its upstream name, in any of the spellings in use: `claude-opus-4-8`,
`claude-3-5-haiku-20241022`, `claude-sonnet-4-5@20250929`. Servers of other models that speak the format are
`COMPATIBLE`: they get what every version of the format had.
"""

import re
from functools import lru_cache
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from trunkline.protocols.requests import Effort

ThinkingStyle = Literal["none", "budget", "adaptive_or_budget", "adaptive"]


class Family(Struct, frozen=True, kw_only=True):
    """One generation's ways."""

    thinking: ThinkingStyle
    """`budget`: told how many tokens to think; `adaptive`: decides itself, guided by an effort."""
    thinks_by_default: bool = False
    """Thinks unless told not to."""
    says_display: bool = False
    """Takes `thinking.display`."""
    efforts: frozenset[Effort] = frozenset()
    """Values of `output_config.effort`; empty: it has none."""
    fixed_sampling: bool = False
    """Refuses `temperature`, `top_p` and `top_k`."""
    one_sampling_parameter: bool = False
    """Refuses `temperature` and `top_p` together."""
    native_schema: bool = False
    """Takes `output_config.format`."""
    later_system: bool = False
    """Takes messages of role `system` after a user's turn."""
    eager_tools: bool = True
    """Takes `eager_input_streaming` on tools."""
    prefill: bool = False
    """Goes on from a last message of the assistant while it does not think."""


COMPATIBLE: Final = Family(thinking="budget", eager_tools=False)

_OLDEST: Final = Family(thinking="none", prefill=True)
_CLAUDE_3_7: Final = Family(thinking="budget", prefill=True)
_CLAUDE_4_1: Final = replace(_CLAUDE_3_7, one_sampling_parameter=True, native_schema=True)
_OPUS_4_5: Final = replace(_CLAUDE_4_1, efforts=frozenset[Effort]({"low", "medium", "high"}))
_CLAUDE_4_6: Final = replace(
    _CLAUDE_4_1,
    prefill=False,
    thinking="adaptive_or_budget",
    says_display=True,
    efforts=frozenset[Effort]({"low", "medium", "high", "max"}),
)
_CLAUDE_4_7: Final = replace(
    _CLAUDE_4_6,
    thinking="adaptive",
    efforts=frozenset[Effort]({"low", "medium", "high", "xhigh", "max"}),
    fixed_sampling=True,
)
_CLAUDE_4_8: Final = replace(_CLAUDE_4_7, later_system=True)
_CLAUDE_5: Final = replace(_CLAUDE_4_8, thinks_by_default=True)

_SINCE: Final[tuple[tuple[tuple[int, int], str | None, Family], ...]] = (
    ((5, 0), None, _CLAUDE_5),
    ((4, 8), None, _CLAUDE_4_8),
    ((4, 7), None, _CLAUDE_4_7),
    ((4, 6), None, _CLAUDE_4_6),
    ((4, 5), "opus", _OPUS_4_5),
    ((4, 1), None, _CLAUDE_4_1),
    ((3, 7), None, _CLAUDE_3_7),
    ((0, 0), None, _OLDEST),
)
"""(from version, tier or None for all, family): the first that fits."""

_NAME: Final = re.compile(
    r"claude-(?:(?P<tier>[a-z]+)-)?(?P<major>\d{1,2})(?:[-.](?P<minor>\d{1,2})(?!\d))?(?![\d.])", re.IGNORECASE
)
_NAME_WITHOUT_VERSION: Final = re.compile(r"claude-[a-z]+(?:-preview|-latest)?$", re.IGNORECASE)


@lru_cache(maxsize=512)
def family_of(upstream_model: str) -> Family:
    """The family of an upstream's model; `COMPATIBLE` for what is no Claude.

    A Claude without a version in its name (`claude-mythos-preview`) is taken for one of the newest.
    """
    match = _NAME.search(upstream_model)
    if match is None:
        return _CLAUDE_5 if _NAME_WITHOUT_VERSION.search(upstream_model) else COMPATIBLE
    version = int(match["major"]), int(match["minor"] or 0)
    tier = match["tier"]
    return next(family for since, of_tier, family in _SINCE if version >= since and of_tier in (None, tier))
