"""What `reasoning` means and what an upstream is sent for it (inference.md 7.1, 7.2)."""

import pytest

from trunkline.core.errors import InvalidRequest
from trunkline.core.json import JsonValue
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.chat.reasoning import upstream_members
from trunkline.protocols.reasoning.efforts import nearest_effort
from trunkline.protocols.reasoning.resolution import resolve
from trunkline.protocols.reasoning.wire import WireReasoning
from trunkline.protocols.requests import Effort, Reasoning


def test_nothing_said_is_nothing_sent() -> None:
    assert resolve(None, None, None, None) is None
    assert resolve(WireReasoning(), None, None, None) == Reasoning()


@pytest.mark.parametrize(
    ("said", "resolved"),
    [
        (WireReasoning(effort="high"), Reasoning(enabled=True, effort="high")),
        (WireReasoning(max_tokens=2000), Reasoning(enabled=True, max_tokens=2000)),
        (WireReasoning(enabled=True), Reasoning(enabled=True)),
        (WireReasoning(effort="none", exclude=True), Reasoning(enabled=False, exclude=True)),
        (WireReasoning(max_tokens=0), Reasoning(enabled=False)),
        (WireReasoning(enabled=False, effort="high", max_tokens=9), Reasoning(enabled=False)),
    ],
)
def test_switch_effort_and_budget_are_resolved(said: WireReasoning, resolved: Reasoning) -> None:
    assert resolve(said, None, None, None) == resolved


def test_the_short_spellings_mean_the_same() -> None:
    assert resolve(None, "low", None, None) == Reasoning(enabled=True, effort="low")
    assert resolve(None, None, True, None) == Reasoning()
    assert resolve(None, None, False, None) == Reasoning(exclude=True)
    assert resolve(WireReasoning(effort="low"), "low", False, None) == Reasoning(enabled=True, effort="low")


def test_contradictions_are_refused() -> None:
    with pytest.raises(InvalidRequest) as refused:
        resolve(WireReasoning(effort="low"), "high", None, None)
    assert refused.value.field == "reasoning_effort"
    with pytest.raises(InvalidRequest) as refused:
        resolve(WireReasoning(max_tokens=500), None, None, 500)
    assert refused.value.field == "reasoning.max_tokens"


@pytest.mark.parametrize(
    ("effort", "supported", "sent"),
    [
        ("max", ("low", "high"), "high"),
        ("medium", ("low", "high"), "high"),
        ("none", ("low", "high"), "low"),
        ("none", ("none", "low"), "none"),
        ("minimal", None, "minimal"),
    ],
)
def test_an_unsupported_effort_becomes_the_nearest_and_of_two_the_higher(
    effort: Effort, supported: tuple[str, ...] | None, sent: str
) -> None:
    assert nearest_effort(effort, supported) == sent


def sent(
    reasoning: Reasoning,
    *quirks: str,
    cap: int | None = None,
    supported_parameters: frozenset[str] = frozenset({"reasoning"}),
    reasoning_efforts: tuple[str, ...] | None = None,
    reasoning_mandatory: bool = False,
) -> dict[str, JsonValue]:
    endpoint = UpstreamTarget(
        provider="acme",
        upstream_model="m",
        supported_parameters=supported_parameters,
        reasoning_efforts=reasoning_efforts,
        reasoning_mandatory=reasoning_mandatory,
    )
    return dict(upstream_members(reasoning, endpoint, frozenset(quirks), cap))


ON = Reasoning(enabled=True)
OFF = Reasoning(enabled=False)


@pytest.mark.parametrize(
    ("reasoning", "quirk", "members"),
    [
        (ON, "", {"reasoning_effort": "medium"}),
        (OFF, "", {"reasoning_effort": "none"}),
        (Reasoning(exclude=True), "", {}),
        (Reasoning(enabled=True, max_tokens=700), "", {"reasoning_effort": "high"}),
        (ON, "thinking_switch", {"thinking": {"type": "enabled"}}),
        (OFF, "thinking_switch", {"thinking": {"type": "disabled"}}),
        (Reasoning(enabled=True, max_tokens=700), "enable_thinking", {"enable_thinking": True, "thinking_budget": 700}),
        (OFF, "chat_template_thinking", {"chat_template_kwargs": {"enable_thinking": False}}),
        (
            Reasoning(enabled=True, effort="low", exclude=True),
            "reasoning_object",
            {"reasoning": {"enabled": True, "effort": "low", "exclude": True}},
        ),
    ],
)
def test_every_upstream_is_asked_in_its_own_way(
    reasoning: Reasoning, quirk: str, members: dict[str, JsonValue]
) -> None:
    assert sent(reasoning, quirk, cap=1000) == members


def test_a_model_without_reasoning_is_not_asked() -> None:
    assert sent(ON, supported_parameters=frozenset({"temperature"})) == {}


def test_reasoning_cannot_be_switched_off_where_it_is_mandatory() -> None:
    with pytest.raises(InvalidRequest, match="always reasons"):
        sent(OFF, reasoning_mandatory=True)


def test_some_reasoning_never_becomes_none() -> None:
    assert sent(Reasoning(enabled=True, effort="minimal"), reasoning_efforts=("none", "high")) == {
        "reasoning_effort": "high"
    }
