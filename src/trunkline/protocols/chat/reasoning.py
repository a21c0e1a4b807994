"""The `reasoning` fields: what the caller means (inference.md 7.1) and what an upstream is sent (7.2, 30.5)."""

from trunkline.core.json import JsonValue
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.reasoning.efforts import may_ask, nearest_effort, upstream_effort
from trunkline.protocols.requests import Reasoning


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
