"""Thought signatures, out and back byte by byte (inference.md 7.5, 30.5)."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.protocols.gemini.requests import NEWEST, call, contents, detail, target, user
from trunkline.protocols.chat.event_fold import fold_events
from trunkline.protocols.gemini.protocol import GeminiProtocol
from trunkline.protocols.gemini.signatures import UNKNOWN_SIGNATURE

PAINTER = "gemini-3-pro-image"
PROTOCOL = GeminiProtocol()


def assistant(*details: dict[str, Any], text: str | None = None, calls: int = 0) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": text, "reasoning_details": list(details)}
    return message | ({"tool_calls": [call(f"c{number}", "f") for number in range(calls)]} if calls else {})


def signatures(parts: list[dict[str, Any]]) -> list[str | None]:
    return [part.get("thoughtSignature") for part in parts]


def model_parts(*messages: dict[str, Any], model: str = NEWEST) -> list[dict[str, Any]]:
    return contents(user("a"), *messages, to=target(model))[1]["parts"]


def test_first_call_of_a_step_without_a_known_signature_says_so_and_only_it() -> None:
    assert signatures(model_parts(assistant(calls=2))) == [UNKNOWN_SIGNATURE, None]


def test_older_models_are_not_told() -> None:
    assert signatures(model_parts(assistant(calls=2), model="gemini-2.5-pro")) == [None, None]


def test_signature_stays_with_its_call() -> None:
    parts = model_parts(assistant(detail(type="reasoning.encrypted", data="s", id="c1"), calls=2))
    assert signatures(parts) == [UNKNOWN_SIGNATURE, "s"]


def test_signature_of_the_text_goes_onto_its_text() -> None:
    parts = model_parts(assistant(detail(type="reasoning.text", signature="s"), text="b", calls=1))
    assert signatures(parts) == ["s", UNKNOWN_SIGNATURE]


def test_signature_without_text_is_the_first_calls_or_stands_alone() -> None:
    lone = detail(type="reasoning.encrypted", data="s")
    assert signatures(model_parts(assistant(lone, calls=2))) == ["s", None]
    assert model_parts(assistant(lone)) == [{"text": "", "thoughtSignature": "s"}]


def test_unsigned_thoughts_plain_reasoning_and_details_of_other_formats_are_dropped() -> None:
    message = assistant(
        detail(type="reasoning.text", text="hm"),
        {"type": "reasoning.text", "text": "hm", "signature": "claude", "format": "anthropic-claude-v1"},
        {"type": "reasoning.encrypted", "data": "o", "format": "openai-responses-v1"},
        detail(type="reasoning.summary", summary="hm"),
        text="b",
    )
    assert model_parts({**message, "reasoning": "hm"}) == [{"text": "b"}]


def test_detail_that_a_client_repeats_in_every_turn_is_sent_once() -> None:
    signed = detail(type="reasoning.encrypted", data="s")
    got = contents(user("a"), assistant(signed, text="b"), user("c"), assistant(signed, text="d"))
    assert [signatures(turn["parts"]) for turn in got if turn["role"] == "model"] == [["s"], [None]]


SIGNATURE = st.text(alphabet="ABCabc019+/=-_", min_size=1, max_size=40)
PART = st.one_of(
    st.fixed_dictionaries({"text": st.text(min_size=1, max_size=8)}, optional={"thoughtSignature": SIGNATURE}),
    st.fixed_dictionaries(
        {"text": st.text(min_size=1, max_size=8), "thought": st.just(True)}, optional={"thoughtSignature": SIGNATURE}
    ),
    st.fixed_dictionaries(
        {"functionCall": st.fixed_dictionaries({"name": st.just("f"), "args": st.just({"a": 1})})},
        optional={"thoughtSignature": SIGNATURE},
    ),
)


def client_message(parts: list[dict[str, Any]], model: str) -> dict[str, Any]:
    """What a chat client has in hand of an answer."""
    body = {"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]}
    decoded = PROTOCOL.decode_body(msgspec.json.encode(body), target(model), exclude_reasoning=False)
    delta, _ = fold_events(decoded.events).messages[0]
    details = [msgspec.json.decode(one) for one in (delta.reasoning.details if delta.reasoning else [])]
    message: dict[str, Any] = {"role": "assistant", "content": delta.text or None, "reasoning_details": details}
    if delta.calls:
        message["tool_calls"] = [call(one.id or "", one.name or "", one.arguments) for one in delta.calls]
    if delta.images:
        message["images"] = [msgspec.json.decode(image) for image in delta.images]
    return message


@given(parts=st.lists(PART, min_size=1, max_size=6))
def test_every_signature_of_an_answer_but_repeated_ones_of_text_comes_back(parts: list[dict[str, Any]]) -> None:
    back = contents(user("a"), client_message(parts, NEWEST), user("b"))
    returned = [part for turn in back if turn["role"] == "model" for part in turn["parts"]]
    calls = [part for part in parts if "functionCall" in part]
    returned_calls = [part for part in returned if "functionCall" in part]
    assert len(returned_calls) == len(calls)
    for number, (sent, got) in enumerate(zip(calls, returned_calls, strict=True)):
        own = sent.get("thoughtSignature")
        allowed = {own} if own else {None, UNKNOWN_SIGNATURE, *text_signatures(parts)} if number == 0 else {None}
        assert got.get("thoughtSignature") in allowed
    if text_signatures(parts):
        assert set(text_signatures(parts)) & {part.get("thoughtSignature") for part in returned}


def text_signatures(parts: list[dict[str, Any]]) -> list[str]:
    return [p["thoughtSignature"] for p in parts if "functionCall" not in p and "thoughtSignature" in p]


def test_image_of_a_painter_comes_back_with_its_signature_and_to_others_as_an_attachment() -> None:
    image = {"inlineData": {"mimeType": "image/png", "data": "iVBO"}, "thoughtSignature": "sig"}
    message = client_message([{"text": "Here."}, image, {**image, "thoughtSignature": "other"}], PAINTER)
    got = contents(user("a"), message, user("b"), to=target(PAINTER))
    assert got[1]["parts"] == [{"text": "Here."}, image, {**image, "thoughtSignature": "other"}]
    moved = contents(user("a"), message, user("b"))
    assert moved[1]["parts"] == [{"text": "Here."}]
    assert [next(iter(part)) for part in moved[2]["parts"]] == ["text", "inlineData", "inlineData", "text"]


@pytest.mark.parametrize("whole", [True, False])
def test_details_that_a_client_folds_by_type_and_index_keep_signatures_apart(whole: bool) -> None:
    parts = [
        {"text": "hm", "thought": True},
        {"text": "Hi"},
        {"text": "", "thoughtSignature": "s1"},
        {"functionCall": {"name": "f"}, "thoughtSignature": "s2"},
        {"functionCall": {"name": "g"}, "thoughtSignature": "s3"},
    ]
    chunks = [parts] if whole else [[part] for part in parts]
    decoder = PROTOCOL.open_stream(target(), exclude_reasoning=False)
    events = [
        event
        for chunk in chunks
        for event in decoder.feed(
            b"data: "
            + msgspec.json.encode({"candidates": [{"content": {"parts": chunk}, "finishReason": "STOP"}]})
            + b"\n\n"
        )
    ] + decoder.close()
    delta, _ = fold_events(events).messages[0]
    assert delta.reasoning is not None
    details = [msgspec.json.decode(one) for one in delta.reasoning.details]
    assert [(one["type"], one["index"]) for one in details] == [
        ("reasoning.text", 0),
        ("reasoning.text", 1),
        ("reasoning.encrypted", 2),
        ("reasoning.encrypted", 3),
    ]
    assert [one.get("signature") or one.get("data") for one in details] == [None, "s1", "s2", "s3"]
    assert [one.get("id") for one in details[2:]] == [call.id for call in delta.calls]


def test_signature_of_an_empty_text_right_after_a_thought_is_not_the_thoughts() -> None:
    message = client_message([{"text": "hm", "thought": True}, {"text": "", "thoughtSignature": "s"}], NEWEST)
    assert [one.get("signature") for one in message["reasoning_details"]] == [None, "s"]
    assert model_parts(message) == [{"text": "", "thoughtSignature": "s"}]


def test_signature_of_a_thought_stays_with_it() -> None:
    message = client_message([{"text": "hm", "thought": True, "thoughtSignature": "s"}, {"text": "Hi"}], NEWEST)
    assert model_parts(message) == [{"text": "hm", "thought": True, "thoughtSignature": "s"}, {"text": "Hi"}]
