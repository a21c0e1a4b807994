import pytest

from tests.unit.protocols.gemini.requests import PNG, call, contents, encode, target, user
from trunkline.core.errors import InvalidPrompt, InvalidRequest
from trunkline.protocols.gemini.contents import write_conversation
from trunkline.protocols.gemini.families import family_of
from trunkline.protocols.gemini.hosts import VERTEX
from trunkline.protocols.requests import Message, Text

CALLS = {"role": "assistant", "content": None, "tool_calls": [call("1", "f"), call("2", "g")]}


def text(*texts: str) -> list[dict[str, str]]:
    return [{"text": one} for one in texts]


def test_neighbours_of_one_role_are_one_turn() -> None:
    got = contents(user("a"), user("b"), {"role": "assistant", "content": "c"}, {"role": "assistant", "content": "d"})
    assert got == [{"role": "user", "parts": text("a", "b")}, {"role": "model", "parts": text("c", "d")}]


def test_later_system_messages_are_the_users_words() -> None:
    body = encode({"messages": [user("a"), {"role": "developer", "content": "b"}]})
    assert body["contents"] == [{"role": "user", "parts": text("a", "b")}]
    assert "systemInstruction" not in body


def test_system_alone_is_said_by_the_user() -> None:
    body = encode({"messages": [{"role": "system", "content": "a"}, {"role": "developer", "content": "b"}]})
    assert body["contents"] == [{"role": "user", "parts": text("a", "b")}]
    assert "systemInstruction" not in body


def test_models_without_instructions_get_them_in_front_of_the_first_turn() -> None:
    messages = [{"role": "system", "content": "a"}, user("b")]
    body = encode({"messages": messages}, target("gemma-3-27b-it"))
    assert body["contents"] == [{"role": "user", "parts": text("a", "b")}]
    assert "systemInstruction" not in body


def test_conversation_that_the_assistant_opens_gets_a_first_user_turn() -> None:
    got = contents({"role": "assistant", "content": "a"}, user("b"))
    assert [turn["role"] for turn in got] == ["user", "model", "user"]
    assert got[0]["parts"][0]["text"].strip()


def test_trailing_assistant_is_sent_to_be_continued() -> None:
    assert contents(user("a"), {"role": "assistant", "content": "b"})[-1] == {"role": "model", "parts": text("b")}


def test_name_goes_in_front() -> None:
    assert contents({**user("hi"), "name": "Ada"}) == [{"role": "user", "parts": text("Ada: hi")}]


def test_messages_that_say_nothing_are_left_out_and_nothing_at_all_is_refused() -> None:
    assert contents(user("a"), {"role": "assistant", "content": ""}, user("b")) == [
        {"role": "user", "parts": text("a", "b")}
    ]
    with pytest.raises(InvalidPrompt):
        contents(user(""))


def test_media_of_a_system_message_move_to_the_user() -> None:
    image = {"type": "image_url", "image_url": {"url": PNG}}
    body = encode({"messages": [{"role": "system", "content": [{"type": "text", "text": "a"}, image]}, user("b")]})
    assert body["systemInstruction"] == {"parts": text("a")}
    kinds = [next(iter(part)) for part in body["contents"][0]["parts"]]
    assert kinds == ["text", "inlineData", "text"]


def test_results_stand_in_the_order_of_their_calls_in_one_turn_with_what_the_user_adds() -> None:
    got = contents(
        user("a"),
        CALLS,
        {"role": "tool", "tool_call_id": "2", "content": "[1]"},
        {"role": "tool", "tool_call_id": "1", "content": "{not json"},
        user("b"),
    )
    assert got[2] == {
        "role": "user",
        "parts": [
            {"functionResponse": {"name": "f", "response": {"output": "{not json"}, "id": "1"}},
            {"functionResponse": {"name": "g", "response": {"output": "[1]"}, "id": "2"}},
            {"text": "b"},
        ],
    }


@pytest.mark.parametrize("model", ["gemini-3-flash-preview", "gemini-2.5-flash"])
def test_media_of_results_are_inside_where_the_family_takes_them_and_behind_elsewhere(model: str) -> None:
    image = {"type": "image_url", "image_url": {"url": PNG}}
    result = {"role": "tool", "tool_call_id": "1", "content": [{"type": "text", "text": "see"}, image]}
    parts = contents(user("a"), CALLS, result, to=target(model))[-1]["parts"]
    inline = {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}
    response = {"name": "f", "response": {"output": "see"}, "id": "1"}
    if model.startswith("gemini-3"):
        assert parts == [{"functionResponse": {**response, "parts": [inline]}}]
    else:
        assert parts == [{"functionResponse": response}, inline]


def test_ids_are_left_out_where_the_service_takes_none() -> None:
    result = {"role": "tool", "tool_call_id": "1", "content": "x"}
    body = encode({"messages": [user("a"), CALLS, result]}, host=VERTEX)
    assert "id" not in body["contents"][1]["parts"][0]["functionCall"]
    assert "id" not in body["contents"][2]["parts"][0]["functionResponse"]


@pytest.mark.parametrize(
    ("arguments", "args"),
    [("", {}), ('{"a":1}', {"a": 1}), ("[1]", {"value": [1]}), ('{"a":', {"raw_arguments": '{"a":'})],
)
def test_arguments_are_always_an_object(arguments: str, args: object) -> None:
    message = {"role": "assistant", "content": None, "tool_calls": [call("1", "f", arguments)]}
    assert contents(user("a"), message)[1]["parts"][0]["functionCall"]["args"] == args


def test_result_of_no_call_is_refused() -> None:
    messages = (Message(role="user", parts=(Text("a"),)), Message(role="tool", tool_call_id="x"))
    with pytest.raises(InvalidPrompt, match="names no call"):
        write_conversation(messages, family_of("gemini-3"), call_ids=True)


def test_address_that_cannot_be_opened_is_refused_by_its_place() -> None:
    image = {"type": "image_url", "image_url": {"url": "https://example.com/picture"}}
    with pytest.raises(InvalidRequest) as caught:
        contents(user("a"), user([{"type": "text", "text": "b"}, image]))
    assert caught.value.field == "messages[1].content[1].image_url.url"
