from typing import Any

import msgspec
import pytest
from msgspec import Raw

from trunkline.core import json
from trunkline.protocols.events import FinishReason, PartStarted, TextDelta, ToolCallDelta
from trunkline.protocols.heard import CHARS_MAX, UNJUDGED, Expected, Heard, Verdict
from trunkline.protocols.requests import FunctionTool, JsonObject, JsonSchema

SCHEMA = json.raw({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]})
TOOLS = (FunctionTool(name="get_temp", parameters=SCHEMA), FunctionTool(name="free"))
JSON = JsonSchema("answer", SCHEMA)


def never() -> Expected:
    raise AssertionError("nothing is to be judged")


def called(*calls: tuple[str, str], tools: Any = TOOLS, finish: FinishReason | None = "tool_calls") -> bool | None:
    heard = Heard(lambda: Expected(tools))
    for part, (name, arguments) in enumerate(calls):
        heard.call(0, part, name, arguments[:3])
        heard.call(0, part, None, arguments[3:])
    verdict = heard.verdict(finish)
    assert verdict.structured_valid is None
    return verdict.tool_calls_valid


def said(*pieces: str, output: Any = JSON, finish: FinishReason | None = "stop") -> bool | None:
    heard = Heard(lambda: Expected((), output))
    for piece in pieces:
        heard.say(0, piece)
    return heard.verdict(finish).structured_valid


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        ([("get_temp", '{"city":"Oslo"}')], True),
        ([("get_temp", '{"city":"Oslo"}'), ("get_temp", '{"city":7}')], False),
        ([("get_temp", "{}")], False),
        ([("get_temp", '{"city":"Os')], False),
        ([("get_temp", '["Oslo"]')], False),
        ([("get_tmp", '{"city":"Oslo"}')], False),
        ([("free", "")], True),
        ([("free", '{"anything":[1]}')], True),
    ],
)
def test_calls_are_valid_when_every_one_is(calls: list[tuple[str, str]], expected: bool) -> None:
    assert called(*calls) is expected


def test_calls_of_tools_that_nobody_here_knows_are_not_judged() -> None:
    assert called(("shell", "ls"), tools=None) is None


def test_calls_that_a_limit_cut_off_are_not_judged() -> None:
    assert called(("get_temp", '{"ci'), finish="length") is None


def test_unreadable_schema_is_met() -> None:
    assert called(("odd", "{}"), tools=(FunctionTool(name="odd", parameters=Raw(b"{nothing")),)) is True


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (['{"city":', '"Oslo"}'], True),
        (['```json\n{"city":"Oslo"}```'], False),
        (['{"town":"Oslo"}'], False),
        (["7"], False),
    ],
)
def test_structured_answer_must_be_json_that_fits(pieces: list[str], expected: bool) -> None:
    assert said(*pieces) is expected


def test_json_mode_wants_an_object() -> None:
    assert said("{}", output=JsonObject()) is True
    assert said("[]", output=JsonObject()) is False


def test_answer_that_was_cut_off_or_declined_is_no_bad_one() -> None:
    assert said('{"ci', finish="length") is None
    heard = Heard(never)
    heard.say(0, "I will not.")
    heard.refuse()
    assert heard.verdict("stop") == UNJUDGED


def test_every_choice_must_fit_and_all_parts_of_one_are_one_answer() -> None:
    heard = Heard(lambda: Expected((), JSON))
    heard.take([TextDelta(0, '{"city":'), TextDelta(1, '"Oslo"}'), TextDelta(0, '{"city":"Rome"}', 1)])
    assert heard.verdict("stop") == Verdict(structured_valid=True)
    heard.take([TextDelta(1, "?", 1)])
    assert heard.verdict("stop") == Verdict(structured_valid=False)


def test_events_of_the_hub_are_heard() -> None:
    heard = Heard(lambda: Expected(TOOLS))
    events = [PartStarted(0, "tool_call", 0, "c1", "get_temp"), ToolCallDelta(0, '{"city":'), ToolCallDelta(0, '"a"}')]
    heard.take(events)
    assert heard.verdict("tool_calls") == Verdict(tool_calls_valid=True)


def test_answer_without_calls_or_text_asks_nothing_of_the_request() -> None:
    assert Heard(never).verdict("stop") == UNJUDGED
    assert Heard(never).verdict("tool_calls") == UNJUDGED


def test_what_is_kept_is_bounded_and_what_is_longer_is_not_judged() -> None:
    heard = Heard(never)
    piece = "x" * 1024
    for _ in range(CHARS_MAX // len(piece) + 1):
        heard.call(0, 0, "get_temp", piece)
        heard.say(0, piece)
    assert heard.verdict("tool_calls") == heard.verdict("stop") == UNJUDGED
    assert len(msgspec.json.encode([heard._arguments, heard._texts], enc_hook=str)) < 100
