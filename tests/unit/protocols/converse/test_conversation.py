"""The conversation, and the parts of its messages (inference.md 30.1, 30.2)."""

from typing import Any

import pytest

from tests.unit.protocols.converse.requests import CLAUDE, NOVA, file, sent
from tests.unit.protocols.messages.requests import HI, PNG, call, text
from trunkline.core.errors import InvalidPrompt, InvalidRequest

LLAMA = "us.meta.llama3-3-70b-instruct-v1:0"


def turns(model: str, *messages: Any) -> list[tuple[str, list[Any]]]:
    return [(turn["role"], turn["content"]) for turn in sent(model, messages=list(messages))["messages"]]


def test_neighbours_of_one_role_become_one_turn_and_later_instructions_are_the_users() -> None:
    assert turns(
        CLAUDE,
        {"role": "user", "content": "A", "name": "ann"},
        {"role": "system", "content": "S"},
        {"role": "user", "content": "B"},
        {"role": "assistant", "content": "C"},
        {"role": "assistant", "content": "D "},
    ) == [
        ("user", [{"text": "ann: A"}, {"text": "<system>S</system>"}, {"text": "B"}]),
        ("assistant", [{"text": "C"}, {"text": "D"}]),
    ]


def test_the_user_speaks_first_and_has_the_last_word_where_nobody_continues() -> None:
    beginning = {"role": "assistant", "content": "Once"}
    assert turns(CLAUDE, beginning) == [("user", [{"text": "."}]), ("assistant", [{"text": "Once"}])]
    assert turns(LLAMA, *HI, beginning)[-1] == ("user", [{"text": "."}])


def test_instructions_alone_are_what_the_user_says_and_nothing_at_all_is_refused() -> None:
    body = sent(messages=[{"role": "system", "content": "S"}])
    assert "system" not in body
    assert body["messages"] == [{"role": "user", "content": [{"text": "S"}]}]
    with pytest.raises(InvalidPrompt):
        sent(messages=[{"role": "assistant", "content": ""}])


def test_documents_have_names_of_their_own_and_words_beside_them() -> None:
    content = turns(CLAUDE, {"role": "user", "content": [file("Q3: résumé.pdf"), file("Q3  résumé.pdf"), file("")]})
    names = [block["document"]["name"] for block in content[0][1][:3]]
    assert names == ["Q3 r sum pdf", "Q3 r sum pdf (2)", "Document"]
    assert content[0][1][3:] == [{"text": "."}]


@pytest.mark.parametrize(
    ("name", "url", "told"),
    [
        ("a.csv", "data:text/csv;base64,YQ==", "csv"),
        ("a.py", "data:text/x-python;base64,YQ==", "txt"),
        ("a.json", "data:application/json;base64,e30=", "txt"),
        ("a.docx", "data:application/octet-stream;base64,UEsD", "docx"),
        ("a", "data:application/octet-stream;base64,JVBERi0x", "pdf"),
    ],
)
def test_documents_go_in_their_format(name: str, url: str, told: str) -> None:
    content = turns(CLAUDE, {"role": "user", "content": [file(name, url)]})[0][1]
    assert content[0]["document"]["format"] == told


def test_images_among_files_and_videos_are_media() -> None:
    video = {"type": "video_url", "video_url": {"url": "data:video/quicktime;base64,AAAA"}}
    content = turns(NOVA, {"role": "user", "content": [file("a.png", PNG), video]})[0][1]
    assert content == [
        {"image": {"format": "png", "source": {"bytes": "iVBORw0KGgo="}}},
        {"video": {"format": "mov", "source": {"bytes": "AAAA"}}},
    ]


@pytest.mark.parametrize(
    ("part", "field"),
    [
        ({"type": "image_url", "image_url": {"url": "https://acme.test/a.png"}}, "image_url.url"),
        ({"type": "video_url", "video_url": {"url": "data:video/ogg;base64,AAAA"}}, "video_url.url"),
        ({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}, "input_audio"),
        ({"type": "file", "file": {"file_id": "or_file_1"}}, "file.file_id"),
        (file("a.zip", "data:application/zip;base64,UEsD"), "file.file_data"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_a_reason(part: Any, field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        sent(messages=[{"role": "user", "content": [part]}])
    assert refused.value.field == f"messages[0].content[0].{field}"


def test_media_of_results_move_where_results_hold_none() -> None:
    history = [
        *HI,
        {"role": "assistant", "tool_calls": [call("c1", "{}"), call("c2", "{}")]},
        {"role": "tool", "tool_call_id": "c2", "content": [{"type": "image_url", "image_url": {"url": PNG}}]},
        {"role": "tool", "tool_call_id": "c1", "content": ""},
    ]
    last = turns(LLAMA, *history)[-1][1]
    assert [next(iter(block)) for block in last] == ["toolResult", "toolResult", "text", "image"]
    assert last[0]["toolResult"] == {"toolUseId": "c1", "content": [{"text": "."}], "status": "success"}
    kept = turns(CLAUDE, *history)[-1][1]
    assert [next(iter(block)) for block in kept] == ["toolResult", "toolResult"]


def test_ids_that_are_too_long_are_shortened_alike_on_both_sides() -> None:
    long_id = "tool_" + "x" * 70
    history = [
        *HI,
        {"role": "assistant", "tool_calls": [call(long_id, "{}")]},
        {"role": "tool", "tool_call_id": long_id, "content": "7"},
    ]
    told = turns(CLAUDE, *history)
    used = told[1][1][0]["toolUse"]["toolUseId"]
    assert len(used) <= 64
    assert told[2][1][0]["toolResult"]["toolUseId"] == used


def test_reasoning_goes_back_only_to_the_family_that_signed_it() -> None:
    detail = {"type": "reasoning.text", "text": "Hm", "signature": "s=="}
    answer = {"role": "assistant", "content": "A", "reasoning_details": [detail]}
    assert turns(CLAUDE, *HI, answer, *HI)[1][1][0] == {
        "reasoningContent": {"reasoningText": {"text": "Hm", "signature": "s=="}}
    }
    assert turns(NOVA, *HI, answer, *HI)[1][1] == [{"text": "A"}]


def test_blank_texts_are_left_out() -> None:
    assert turns(CLAUDE, {"role": "user", "content": [text(" "), text("A")]}) == [("user", [{"text": "A"}])]
