"""`thinkingConfig`: how much a model shall think, in the way of its family (inference.md 7.2)."""

from typing import Final

from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.gemini.families import Family
from trunkline.protocols.reasoning.efforts import BUDGET_BASE_TOKENS, may_ask, nearest_effort
from trunkline.protocols.requests import Effort, Reasoning

_SHARE_PERCENT: Final[dict[Effort, int]] = {
    "max": 95,
    "xhigh": 95,
    "high": 80,
    "medium": 50,
    "low": 20,
    "minimal": 10,
    "none": 0,
}


def thinking_config(
    reasoning: Reasoning | None, target: UpstreamTarget, family: Family, cap: int | None
) -> dict[str, object]:
    """The members of `thinkingConfig`; empty when nothing is asked for. `cap` is the output cap that is sent.

    Raises InvalidRequest when thinking is to be off on a model that always thinks (inference.md 7.1 rule 6).
    """
    if reasoning is None or family.thinking == "none" or not may_ask(reasoning, target):
        return {}
    if reasoning.enabled is False:
        return _off(target, family)
    config: dict[str, object] = {}
    if reasoning.enabled:
        budget = _budget(reasoning, target, family, cap)
        if budget is not None:
            config["thinkingBudget"] = budget
        elif family.thinking == "level":
            config["thinkingLevel"] = _level(reasoning.effort or "medium", target, family)
    if not reasoning.exclude:
        config["includeThoughts"] = True
    return config


def _off(target: UpstreamTarget, family: Family) -> dict[str, object]:
    """As little as the model can do."""
    if family.thinking == "level":
        return {"thinkingLevel": _level("none", target, family)}
    return {"thinkingBudget": 0 if family.can_stop_thinking else family.budget_min}


def _level(effort: Effort, target: UpstreamTarget, family: Family) -> str:
    supported = [effort for effort in target.reasoning_efforts or () if effort in ("minimal", "low", "medium", "high")]
    return nearest_effort(effort, supported or family.levels, may_switch_off=False)


def _budget(reasoning: Reasoning, target: UpstreamTarget, family: Family, cap: int | None) -> int | None:
    """Tokens, None where a level says it or where no room for an answer would be left.

    Where there are levels, only a budget that was asked for instead of an effort is one.
    """
    if family.thinking == "level":
        return reasoning.max_tokens if reasoning.effort is None else None
    asked = reasoning.max_tokens
    if asked is None:
        asked = (cap or target.max_output_tokens or BUDGET_BASE_TOKENS) * _SHARE_PERCENT[reasoning.effort or "medium"]
        asked //= 100
    budget = min(max(asked, family.budget_min), family.budget_max)
    return None if cap is not None and budget >= cap else budget
