"""The `reasoning` fields: what the caller means (inference.md 7.1) and what an upstream is sent (7.2, 30.5)."""

from collections.abc import Sequence
from typing import get_args

from msgspec import structs

from trunkline.core.errors import InvalidRequest
from trunkline.core.json import JsonValue
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.chat.validation import invalid
from trunkline.protocols.chat.wire_request import WireReasoning
from trunkline.protocols.requests import Effort, Reasoning

EFFORTS: tuple[Effort, ...] = tuple(reversed(get_args(Effort)))
"""From `none` to `max`."""
REASONING_PARAMETERS = frozenset({"reasoning", "reasoning_effort", "include_reasoning"})

_EFFORT_FROM_RATIO: tuple[tuple[float, Effort], ...] = (
    (0.875, "xhigh"),
    (0.65, "high"),
    (0.35, "medium"),
    (0.15, "low"),
)
BUDGET_BASE_TOKENS = 32_000
"""What a budget is a share of when neither the caller nor the catalog knows the longest answer."""


def resolve(
    reasoning: WireReasoning | None, effort: Effort | None, include: bool | None, max_output_tokens: int | None
) -> Reasoning | None:
    """The three spellings as one; None when the caller said nothing (inference.md 7.1, rules 1–5).

    Raises InvalidRequest when they contradict each other or the budget leaves no room for an answer.
    """
    if reasoning is None:
        if effort is not None:
            return _with_switch(Reasoning(effort=effort, exclude=include is False), None)
        return None if include is None else Reasoning(exclude=not include)
    if effort is not None and reasoning.effort is not None and effort != reasoning.effort:
        raise InvalidRequest(
            f"`reasoning_effort` is '{effort}' but `reasoning.effort` is '{reasoning.effort}'. Send one of them.",
            field="reasoning_effort",
        )
    resolved = _with_switch(
        Reasoning(
            effort=reasoning.effort or effort,
            max_tokens=reasoning.max_tokens,
            exclude=bool(reasoning.exclude),
            summary=reasoning.summary,
        ),
        reasoning.enabled,
    )
    budget = resolved.max_tokens
    if resolved.enabled and budget and max_output_tokens is not None and budget >= max_output_tokens:
        raise invalid(
            "reasoning.max_tokens",
            f"is {budget} but `max_tokens` is {max_output_tokens}. Leave room for the answer: raise `max_tokens`.",
        )
    return resolved


def _with_switch(reasoning: Reasoning, enabled: bool | None) -> Reasoning:
    """Rule 3: off wins, effort or budget switch on. When off, nothing else is left to say."""
    if enabled is False or reasoning.effort == "none" or reasoning.max_tokens == 0:
        return Reasoning(enabled=False, exclude=reasoning.exclude)
    if enabled or reasoning.effort is not None or reasoning.max_tokens is not None:
        return structs.replace(reasoning, enabled=True)
    return reasoning


def may_ask(reasoning: Reasoning, target: UpstreamTarget) -> bool:
    """Whether the endpoint takes reasoning parameters; unknown endpoints do.

    Raises InvalidRequest when reasoning is to be off on a model that always reasons (inference.md 7.1 rule 6).
    """
    supported = target.supported_parameters
    if supported and not supported & REASONING_PARAMETERS:
        return False
    if reasoning.enabled is False and target.reasoning_mandatory:
        raise InvalidRequest(
            f"{target.upstream_model} always reasons. Leave `reasoning` out, ask for a low effort or change the model.",
            field="reasoning",
        )
    return True


def upstream_members(
    reasoning: Reasoning | None, target: UpstreamTarget, quirks: frozenset[str], max_output_tokens: int | None
) -> list[tuple[str, JsonValue]]:
    """Top-level members that ask this upstream for that reasoning; empty when there is nothing to ask.

    Raises InvalidRequest as `may_ask`.
    """
    if reasoning is None or not may_ask(reasoning, target):
        return []
    if "reasoning_object" in quirks:
        return [("reasoning", _object(reasoning, target))]
    if reasoning.enabled is None:
        return []
    if "thinking_switch" in quirks:
        return _thinking(reasoning, target, max_output_tokens)
    if "enable_thinking" in quirks:
        return _enable_thinking(reasoning)
    if "chat_template_thinking" in quirks:
        return [("chat_template_kwargs", {"enable_thinking": reasoning.enabled})]
    effort = upstream_effort(reasoning, target, max_output_tokens)
    return [] if effort is None else [("reasoning_effort", effort)]


def _object(reasoning: Reasoning, target: UpstreamTarget) -> JsonValue:
    members: dict[str, JsonValue] = {}
    if reasoning.enabled is not None:
        members["enabled"] = reasoning.enabled
    if reasoning.effort is not None:
        members["effort"] = nearest_effort(reasoning.effort, target.reasoning_efforts)
    if reasoning.max_tokens is not None:
        members["max_tokens"] = reasoning.max_tokens
    if reasoning.exclude:
        members["exclude"] = True
    if reasoning.summary is not None:
        members["summary"] = reasoning.summary
    return members


def _thinking(
    reasoning: Reasoning, target: UpstreamTarget, max_output_tokens: int | None
) -> list[tuple[str, JsonValue]]:
    """`thinking:{type}`, and the effort beside it where the model has several."""
    members: list[tuple[str, JsonValue]] = [
        ("thinking", {"type": "enabled" if reasoning.enabled else "disabled"}),
    ]
    if reasoning.enabled and target.reasoning_efforts:
        effort = upstream_effort(reasoning, target, max_output_tokens)
        if effort is not None:
            members.append(("reasoning_effort", effort))
    return members


def _enable_thinking(reasoning: Reasoning) -> list[tuple[str, JsonValue]]:
    members: list[tuple[str, JsonValue]] = [("enable_thinking", bool(reasoning.enabled))]
    if reasoning.enabled and reasoning.max_tokens is not None:
        members.append(("thinking_budget", reasoning.max_tokens))
    return members


def upstream_effort(reasoning: Reasoning, target: UpstreamTarget, max_output_tokens: int | None) -> Effort | None:
    """One word for switch, effort and budget. On alone is medium; off is `none`, else the lowest there is (7.2)."""
    if not reasoning.enabled:
        return nearest_effort("none", target.reasoning_efforts)
    if reasoning.effort is not None:
        return nearest_effort(reasoning.effort, target.reasoning_efforts, may_switch_off=False)
    if reasoning.max_tokens is not None:
        base = max_output_tokens or target.max_output_tokens or BUDGET_BASE_TOKENS
        return nearest_effort(_effort_of(reasoning.max_tokens / base), target.reasoning_efforts, may_switch_off=False)
    return nearest_effort("medium", target.reasoning_efforts, may_switch_off=False)


def _effort_of(ratio: float) -> Effort:
    """The effort whose share of the output cap comes nearest (7.2)."""
    for threshold, effort in _EFFORT_FROM_RATIO:
        if ratio >= threshold:
            return effort
    return "minimal"


def nearest_effort(effort: Effort, supported: Sequence[str] | None, *, may_switch_off: bool = True) -> Effort:
    """Rule 8: the nearest supported effort, the higher of two equally near. With None all are supported.

    `may_switch_off` False: `none` is no answer to a request for some reasoning.
    """
    if not supported or effort in supported:
        return effort
    wanted = EFFORTS.index(effort)
    candidates = [
        index for index, name in enumerate(EFFORTS) if name in supported and (may_switch_off or name != "none")
    ]
    if not candidates:
        return effort
    return EFFORTS[min(candidates, key=lambda index: (abs(index - wanted), -index))]
