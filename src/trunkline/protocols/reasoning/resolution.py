"""What the caller means by `reasoning` and its older spellings (inference.md 7.1 rules 1 to 5)."""

from msgspec import structs

from trunkline.core.errors import InvalidRequest
from trunkline.protocols.reasoning.wire import WireReasoning
from trunkline.protocols.requests import Effort, Reasoning
from trunkline.protocols.validation import invalid


def resolve(
    reasoning: WireReasoning | None,
    effort: Effort | None,
    include: bool | None,
    max_output_tokens: int | None,
    *,
    cap_field: str = "max_tokens",
) -> Reasoning | None:
    """The three spellings as one; None when the caller said nothing (inference.md 7.1, rules 1–5).

    `cap_field` is what the caller's format calls the longest answer.

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
            f"is {budget} but `{cap_field}` is {max_output_tokens}. Leave room for the answer: raise `{cap_field}`.",
        )
    return resolved


def _with_switch(reasoning: Reasoning, enabled: bool | None) -> Reasoning:
    """Rule 3: off wins, effort or budget switch on. When off, nothing else is left to say."""
    if enabled is False or reasoning.effort == "none" or reasoning.max_tokens == 0:
        return Reasoning(enabled=False, exclude=reasoning.exclude)
    if enabled or reasoning.effort is not None or reasoning.max_tokens is not None:
        return structs.replace(reasoning, enabled=True)
    return reasoning
