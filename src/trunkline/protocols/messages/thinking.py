"""How much the model is to think: `thinking` and `output_config.effort` (inference.md 7.2)."""

from typing import Final, Literal

from msgspec import Struct

from trunkline.core.json import JsonValue
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.messages.betas import INTERLEAVED_THINKING
from trunkline.protocols.messages.families import Family
from trunkline.protocols.reasoning.efforts import may_ask
from trunkline.protocols.requests import Effort, GenerationRequest, Reasoning

BUDGET_TOKENS_MIN: Final = 1024
BUDGET_TOKENS_MAX: Final = 128_000

_PERCENT_OF_CAP: Final[dict[Effort, int]] = {
    "max": 95,
    "xhigh": 95,
    "high": 80,
    "medium": 50,
    "low": 20,
    "minimal": 10,
}


class Circumstances(Struct, frozen=True, kw_only=True):
    """What of the rest of the request decides on thinking."""

    cap_tokens: int
    """The request's `max_tokens`."""
    tool_is_forced: bool
    loop_lacks_thinking: bool
    """A tool loop is open whose thinking was not preserved."""


class Thinking(Struct, frozen=True):
    """`member` is `thinking` as sent, None for nothing; `on` tells that the model is going to think."""

    member: JsonValue = None
    on: bool = False


def thinking_of(
    request: GenerationRequest, target: UpstreamTarget, family: Family, circumstances: Circumstances
) -> Thinking:
    """What the upstream is told. Raises InvalidRequest when thinking is to be off where it cannot be."""
    reasoning = request.reasoning
    if reasoning is None or not may_ask(reasoning, target) or family.thinking == "none":
        return Thinking(on=family.thinks_by_default)
    if reasoning.enabled is False:
        return Thinking({"type": "disabled"})
    if reasoning.enabled is None and not family.thinks_by_default:
        return Thinking()
    if _is_adaptive(reasoning, family):
        return Thinking(_with_display({"type": "adaptive"}, reasoning, family), on=True)
    budget = _budget_tokens(reasoning, circumstances.cap_tokens)
    exceeds = budget >= circumstances.cap_tokens and INTERLEAVED_THINKING not in request.anthropic_betas
    if exceeds or circumstances.tool_is_forced or circumstances.loop_lacks_thinking:
        # Each of them is refused beside a budget; the answer is worth more than the thinking.
        return Thinking()
    return Thinking(_with_display({"type": "enabled", "budget_tokens": budget}, reasoning, family), on=True)


def effort_of(request: GenerationRequest, target: UpstreamTarget, family: Family) -> Effort | None:
    """`output_config.effort`: the verbosity, else the effort of reasoning where that is not a budget (30.4).

    Old models get nothing; `minimal` is low, and what a model does not know is high.
    """
    if not family.efforts:
        return None
    wanted: Effort | None = request.verbosity
    reasoning = request.reasoning
    if wanted is None and reasoning is not None and family.thinking != "budget" and may_ask(reasoning, target):
        wanted = reasoning.effort
    if wanted is None or wanted == "none":
        return None
    if wanted == "minimal":
        return "low"
    return wanted if wanted in family.efforts else "high"


def _is_adaptive(reasoning: Reasoning, family: Family) -> bool:
    if family.thinking == "adaptive_or_budget":
        return reasoning.max_tokens is None
    return family.thinking == "adaptive"


def _budget_tokens(reasoning: Reasoning, cap_tokens: int) -> int:
    if reasoning.max_tokens is not None:
        return max(reasoning.max_tokens, BUDGET_TOKENS_MIN)
    percent = _PERCENT_OF_CAP[reasoning.effort or "medium"]
    return max(min(cap_tokens * percent // 100, BUDGET_TOKENS_MAX), BUDGET_TOKENS_MIN)


def _with_display(member: dict[str, JsonValue], reasoning: Reasoning, family: Family) -> JsonValue:
    if family.says_display:
        display: Literal["omitted", "summarized"] = "omitted" if reasoning.exclude else "summarized"
        member["display"] = display
    return member
