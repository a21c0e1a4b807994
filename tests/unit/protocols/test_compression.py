"""A conversation made shorter from its middle (routing-and-catalog.md 17)."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.core.errors import ContextLengthExceeded
from trunkline.protocols.compression import GAP, CompressionLimits, Shortened, compress
from trunkline.protocols.hub_survey import survey_of
from trunkline.protocols.requests import GenerationRequest, Message, Role, Text, ToolCall

SYSTEM = Message(role="system", parts=(Text("Be brief."),), plain=True)


def turn(role: Role, text: str, **facts: object) -> Message:
    return Message(role=role, parts=(Text(text),), plain=True, **facts)


def talk(turns: int, chars: int = 400) -> list[Message]:
    """A system message and so many turns, the last one the user's; each begins with its number."""
    roles: tuple[Role, Role] = ("assistant", "user")
    return [SYSTEM, *(turn(roles[n % 2], f"{n:03d}" + "x" * (chars - 3)) for n in range(1, turns))]


def texts(request: GenerationRequest) -> list[str]:
    return [part.text for message in request.messages for part in message.parts if isinstance(part, Text)]


def squeezed(
    messages: list[Message], budget: int, messages_max: int | None = None
) -> tuple[GenerationRequest, Shortened]:
    request = GenerationRequest(messages=tuple(messages))
    return compress(request, CompressionLimits(budget_tokens=budget, messages_max=messages_max))


def test_an_overflow_of_42_messages_loses_its_middle_and_keeps_both_ends() -> None:
    messages = talk(42)
    short, counts = squeezed(messages, 2000)
    assert counts.original_count == 42
    assert counts.compressed_count == len(short.messages) < 42
    numbers = [text[:3] for text in texts(short)[1:]]
    assert (numbers[0], numbers[-1]) == ("001", "041")
    gap = next(i for i, (a, b) in enumerate(pairwise(numbers)) if int(b) != int(a) + 1)
    assert abs(gap - len(numbers) / 2) <= 2
    assert short.messages[0] == SYSTEM
    assert survey_of(short).tokens_estimate <= 2000


def test_as_little_is_removed_as_suffices() -> None:
    messages = talk(42)
    short, _ = squeezed(messages, 2000)
    whole = survey_of(GenerationRequest(messages=tuple(messages))).tokens_estimate
    per_message = (whole - survey_of(short).tokens_estimate) / (42 - len(short.messages))
    assert survey_of(short).tokens_estimate + per_message > 2000


def test_a_call_and_its_results_go_together() -> None:
    called = (ToolCall("c1", "f", "{}"), ToolCall("c2", "g", "{}"))
    messages = [
        turn("user", "first"),
        turn("assistant", "a" * 400, tool_calls=called),
        turn("tool", "b" * 400, tool_call_id="c1"),
        turn("tool", "c" * 400, tool_call_id="c2"),
        turn("assistant", "done"),
        turn("user", "last"),
    ]
    short, _ = squeezed(messages, 150)
    assert [message.role for message in short.messages] == ["user", "assistant", "user"]


def test_when_only_the_last_user_message_is_too_long_its_middle_is_cut() -> None:
    messages = [SYSTEM, turn("user", "begin" + "x" * 4000 + "end")]
    short, counts = squeezed(messages, 200)
    text = texts(short)[-1]
    assert text.startswith("begin")
    assert text.endswith("end")
    assert GAP in text
    assert counts == Shortened(2, 2)
    assert survey_of(short).tokens_estimate <= 200


def test_no_letter_is_cut_in_two() -> None:
    short, _ = squeezed([turn("user", "ä🎉" * 1000)], 100)
    assert set(texts(short)[0]) <= set("ä🎉" + GAP)


def test_a_system_prompt_that_is_too_long_by_itself_cannot_be_helped() -> None:
    with pytest.raises(ContextLengthExceeded, match="Even compressed"):
        squeezed([turn("system", "x" * 4000), turn("user", "Hi")], 500)


def test_a_cap_of_messages_keeps_the_first_and_the_last_of_them() -> None:
    short, _ = squeezed(talk(42, chars=10), 10_000, messages_max=11)
    assert [text[:3] for text in texts(short)[1:]] == [
        "001",
        "002",
        "003",
        "004",
        "005",
        "037",
        "038",
        "039",
        "040",
        "041",
    ]


@given(
    st.lists(st.tuples(st.sampled_from(["user", "assistant", "call"]), st.integers(0, 300)), min_size=1, max_size=30),
    st.integers(30, 3000),
)
def test_what_comes_out_fits_is_in_order_and_has_no_orphans(shape: list[tuple[str, int]], budget: int) -> None:
    messages: list[Message] = [SYSTEM]
    for number, (kind, length) in enumerate(shape):
        if kind == "call":
            messages.append(turn("assistant", "x" * length, tool_calls=(ToolCall(f"c{number}", "f", "{}"),)))
            messages.append(turn("tool", "y" * length, tool_call_id=f"c{number}"))
        else:
            messages.append(turn("user" if kind == "user" else "assistant", f"{number}" + "x" * length))
    try:
        short, _ = squeezed(messages, budget)
    except ContextLengthExceeded:
        return
    assert survey_of(short).tokens_estimate <= budget
    calls = {call.id for message in short.messages for call in message.tool_calls}
    assert {message.tool_call_id for message in short.messages if message.role == "tool"} == calls
    assert short.messages[0] == SYSTEM
    whole = [message for message in short.messages if "\\n...\\n" not in repr(message.parts)]
    positions = [messages.index(message) for message in whole]
    assert positions == sorted(positions)
