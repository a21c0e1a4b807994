"""Messages as turns of this format (inference.md 30.1, 30.2)."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.protocols.messages.requests import HI, PNG, call, plain, sent, target, text
from trunkline.core.errors import InvalidPrompt, InvalidRequest
from trunkline.protocols.messages.upstream import encode_upstream
from trunkline.protocols.requests import Audio, GenerationRequest, Image, Message, Text


def contents(messages: list[Any], model: str = "claude-sonnet-4-5") -> list[tuple[str, list[str]]]:
    """The turns as roles and texts."""
    return [
        (turn["role"], [b.get("text", b["type"]) for b in turn["content"]])
        for turn in sent(model, messages)["messages"]
    ]


def test_neighbours_of_one_role_become_one_turn_and_the_user_speaks_first() -> None:
    messages = [
        {"role": "assistant", "content": "Welcome."},
        {"role": "assistant", "content": "Ask."},
        {"role": "user", "content": "One"},
        {"role": "user", "content": "Two"},
    ]
    assert contents(messages) == [("user", ["."]), ("assistant", ["Welcome.", "Ask."]), ("user", ["One", "Two"])]


def test_blank_texts_are_left_out_and_a_blank_turn_gets_a_placeholder() -> None:
    messages = [
        {"role": "user", "content": [text(""), text("One")]},
        {"role": "assistant", "content": "Yes."},
        {"role": "user", "content": " \n"},
        {"role": "assistant", "content": "", "tool_calls": [call("c1", "")]},
    ]
    assert contents(messages) == [
        ("user", ["One"]),
        ("assistant", ["Yes."]),
        ("user", ["."]),
        ("assistant", ["tool_use"]),
    ]


def test_instructions_alone_are_what_the_user_says() -> None:
    body = sent(messages=[{"role": "system", "content": "Say hello."}])
    assert body["messages"] == [{"role": "user", "content": [text("Say hello.")]}]
    assert "system" not in body


LATER = [*HI, {"role": "system", "content": "Be kind."}]


def test_later_instructions_are_text_of_the_user_unless_the_model_takes_them() -> None:
    assert contents(LATER) == [("user", ["Hi", "<system>Be kind.</system>"])]
    assert contents(LATER, "claude-opus-4-8") == [("user", ["Hi"]), ("system", ["Be kind."])]
    answered = [*LATER, {"role": "assistant", "content": "Dear"}]
    assert [role for role, _ in contents(answered, "claude-opus-4-8")] == ["user", "system", "assistant"]
    between = [*LATER, *HI]
    assert contents(between, "claude-opus-4-8") == [("user", ["Hi", "<system>Be kind.</system>", "Hi"])]
    after = [*HI, {"role": "assistant", "content": "Yes?"}, LATER[1]]
    assert contents(after, "claude-opus-4-8")[-1] == ("user", ["<system>Be kind.</system>"])


def test_a_prefill_does_not_end_in_white_space() -> None:
    assert contents([*HI, {"role": "assistant", "content": "It is \n"}])[-1] == ("assistant", ["It is"])


def test_names_stand_in_front_of_the_words() -> None:
    messages = [
        {"role": "user", "name": "Ann", "content": [{"type": "image_url", "image_url": {"url": PNG}}, text("Hi")]}
    ]
    assert contents(messages) == [("user", ["image", "Ann: Hi"])]


def test_media_of_other_roles_move_into_a_turn_of_the_user() -> None:
    image = {"type": "image_url", "image_url": {"url": PNG}}
    messages = [*HI, {"role": "assistant", "content": "Here.", "images": [image]}, {"role": "user", "content": "Why?"}]
    told = contents(messages)
    assert told[1] == ("assistant", ["Here."])
    assert told[2] == ("user", ["Attachment of the assistant message above:", "image", "Why?"])


def test_thinking_goes_out_once_signed_and_whole() -> None:
    fragments = [
        {"type": "reasoning.text", "text": "", "signature": "", "index": 0},
        {"type": "reasoning.text", "text": "One, ", "index": 0},
        {"type": "reasoning.text", "text": "two.", "index": 0},
        {"type": "reasoning.text", "signature": "Sig+/==", "index": 0},
    ]
    turn = {"role": "assistant", "content": "Yes.", "reasoning_details": fragments}
    unsigned = {"role": "assistant", "content": "No.", "reasoning_details": fragments[1:3], "reasoning": "One, two."}
    body = sent(messages=[*HI, turn, *HI, turn, *HI, unsigned, *HI])
    blocks = [block for message in body["messages"] for block in message["content"]]
    assert [block for block in blocks if "thinking" in block] == [
        {"type": "thinking", "thinking": "One, two.", "signature": "Sig+/=="}
    ]


def test_text_files_are_text_and_other_files_are_refused_by_name() -> None:
    def file(data: str) -> list[Any]:
        return [{"role": "user", "content": [{"type": "file", "file": {"filename": "a.csv", "file_data": data}}]}]

    [block] = sent(messages=file("data:text/csv;base64,YTtiCg=="))["messages"][0]["content"]
    assert block["source"] == {"type": "text", "media_type": "text/plain", "data": "a;b\n"}
    with pytest.raises(InvalidRequest, match="application/zip"):
        sent(messages=file("data:application/zip;base64,UEsDBA=="))
    with pytest.raises(InvalidRequest, match="UTF-8"):
        sent(messages=file("data:text/plain;base64,/////w=="))


def test_audio_is_refused_by_name() -> None:
    request = GenerationRequest(messages=(Message(role="user", parts=(Audio("AAAA", "wav"),)),))
    with pytest.raises(InvalidRequest, match="audio"):
        encode_upstream(request, target())


def test_an_address_of_another_kind_is_refused() -> None:
    request = GenerationRequest(messages=(Message(role="user", parts=(Image("file:///etc/passwd"),)),))
    with pytest.raises(InvalidRequest, match="data URL"):
        encode_upstream(request, target())


def test_a_conversation_of_which_nothing_is_left_is_refused() -> None:
    with pytest.raises(InvalidPrompt):
        encode_upstream(GenerationRequest(messages=(Message(role="assistant", parts=(Text(" "),)),)), target())


roles = st.sampled_from(["system", "developer", "user", "assistant"])
texts = st.text(alphabet="a \n", max_size=3)


@given(
    st.lists(st.tuples(roles, texts), min_size=1, max_size=8), st.sampled_from(["claude-opus-4-8", "claude-haiku-4-5"])
)
def test_any_conversation_becomes_turns_that_the_api_takes(said: list[tuple[str, str]], model: str) -> None:
    messages = tuple(Message(role=role, parts=(Text(words),), plain=True) for role, words in said)
    try:
        body = plain(encode_upstream(GenerationRequest(messages=messages), target(model)))
    except InvalidPrompt:
        assert not any(role == "user" or words.strip() for role, words in said)
        return
    turns: Any = body["messages"]
    order = [turn["role"] for turn in turns]
    assert order[0] == "user"
    assert all(first != second for first, second in pairwise(order))
    for position, role in enumerate(order):
        if role == "system":
            assert order[position - 1] == "user"
            assert order[position + 1 : position + 2] in ([], ["assistant"])
    assert all(block["text"].strip() for turn in turns for block in turn["content"])
    if order[-1] == "assistant":
        assert turns[-1]["content"][-1]["text"] == turns[-1]["content"][-1]["text"].rstrip()
    kept = "".join(block["text"] for block in [*body.get("system", []), *(b for t in turns for b in t["content"])])
    for _, words in said:
        assert words.rstrip() in kept
