"""How much reasoning an endpoint is asked for (inference.md 7.1 rules 6 and 8, 7.2)."""

from collections.abc import Sequence
from typing import get_args

from trunkline.core.errors import InvalidRequest
from trunkline.protocols.answers import UpstreamTarget
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


def may_ask(reasoning: Reasoning, target: UpstreamTarget) -> bool:
    """Whether the endpoint takes reasoning parameters; unknown endpoints do.

    Raises InvalidRequest when reasoning is to be off on a model that always reasons (inference.md 7.1 rule 6).
    """
    supported = target.supported_parameters
    if supported and not supported & REASONING_PARAMETERS:
        return False
    if reasoning.enabled is False and target.reasoning_mandatory:
        raise InvalidRequest(
            f"{target.upstream_model} always reasons. Leave `{reasoning.field}` out, ask for a low effort, or choose "
            "another model.",
            field=reasoning.field,
        )
    return True


def is_off(reasoning: Reasoning | None) -> bool:
    """Whether a request wants no reasoning at all, in any of the ways to say so."""
    if reasoning is None:
        return False
    return reasoning.enabled is False or reasoning.effort == "none" or reasoning.max_tokens == 0


def least(supported: Sequence[str] | None) -> Reasoning:
    """As little reasoning as a model that always reasons does."""
    return Reasoning(enabled=True, effort=nearest_effort("minimal", supported, may_switch_off=False))


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
