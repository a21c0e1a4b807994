"""Whole chat answers, to the byte, and what is done with those that are none."""

import json
from typing import Any

import pytest
from msgspec import Raw, structs

from tests import shapes
from tests.protocols.chat_recordings import IDENTITY, Path
from tests.protocols.test_chat_response_splits import choice, events
from tests.reports import CHAT_USAGE, REPORT
from trunkline.protocols.answers import AnswerBody
from trunkline.protocols.chat.answers import AnswerOptions, open_body, open_stream
from trunkline.protocols.chat.fold import fold_delta
from trunkline.protocols.chat.reader import StreamReader, read_body
from trunkline.protocols.chat.reading import DeltaRead

pytestmark = pytest.mark.parametrize("path", ["native", "hub"])

DETAILS = (
    '[{"type":"reasoning.summary","summary":"A","format":"openai-responses-v1","index":0},'
    '{"type":"reasoning.summary","summary":"B","format":"openai-responses-v1","index":0},'
    '{"type":"reasoning.encrypted","data":"gAAA","format":"openai-responses-v1","id":"rs_1","index":0}]'
)


def body_of(path: Path, message: str, finish: str = '"stop"', **options: bool) -> AnswerBody:
    sent = f'{{"id":"c1","choices":[{{"index":0,"message":{message},"finish_reason":{finish}}}]}}'
    return open_body(path, sent.encode(), IDENTITY, AnswerOptions(**options))


def rendered(body: AnswerBody) -> dict[str, Any]:
    document = json.loads(body.render(REPORT))
    assert not shapes.chat_body(document)
    return document


def test_a_body_looks_to_the_byte_as_recorded(path: Path) -> None:
    sent = (
        b'\n         \n{"id":"c1","object":"x","model":"theirs","system_fingerprint":"fp_1","choices":[{"index":0,'
        b'"message":{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function",'
        b'"function":{"name":"f","arguments":""}}],"reasoning_details":' + DETAILS.encode() + b',"padding":"abc"},'
        b'"logprobs":null,"content_filter_results":{},"finish_reason":"stop"}]}'
    )
    report = structs.replace(REPORT, service_tier=None, metadata=Raw(b'{"attempt":1}'))
    assert open_body(path, sent, IDENTITY, AnswerOptions()).render(report).decode() == (
        '{"id":"gen-1790000000-aB3dE5fG7hI9jK1lM3nO","object":"chat.completion","created":1790000000,'
        '"model":"acme/m1","provider":"Acme","system_fingerprint":"fp_1","service_tier":null,'
        '"choices":[{"index":0,"logprobs":null,"finish_reason":"tool_calls","native_finish_reason":"stop",'
        '"content_filter_results":{},"message":{"role":"assistant","content":null,"refusal":null,"reasoning":"AB",'
        '"tool_calls":[{"type":"function","index":0,"id":"call_1","function":{"name":"f","arguments":"{}"}}],'
        f'"reasoning_details":{DETAILS},"padding":"abc"}}}}],'
        f'"usage":{CHAT_USAGE},"openrouter_metadata":{{"attempt":1}}}}'
    )


def test_excluded_reasoning_is_absent(path: Path) -> None:
    body = body_of(path, '{"content":"Hi","reasoning":"secret"}', exclude_reasoning=True)
    message = rendered(body)["choices"][0]["message"]
    assert message == {"role": "assistant", "content": "Hi", "refusal": None}


def test_a_text_completion_has_text_on_the_choice(path: Path) -> None:
    body = body_of(path, '{"content":"Hi","reasoning":"Hm"}', text_completion=True)
    document = json.loads(body.render(REPORT))
    assert document["object"] == "text_completion"
    (only,) = document["choices"]
    assert (only["text"], only["reasoning"], only["finish_reason"]) == ("Hi", "Hm", "stop")
    assert "message" not in only


def test_a_text_endpoints_own_body_is_read(path: Path) -> None:
    sent = b'{"choices":[{"index":0,"text":"Hi","finish_reason":"length","logprobs":null}]}'
    body = open_body(path, sent, IDENTITY, AnswerOptions(text_completion=True))
    assert json.loads(body.render(REPORT))["choices"][0]["text"] == "Hi"
    assert body.facts.finish_reason == "length"


@pytest.mark.parametrize(
    "sent", [b"", b"<html>", b"null", b"[]", b"{}", b'{"choices":[]}', b'{"choices":null}', b"\xff"]
)
def test_what_is_no_answer_is_a_fault(path: Path, sent: bytes) -> None:
    facts = open_body(path, sent, IDENTITY, AnswerOptions()).facts
    assert facts.fault is not None
    assert facts.fault.status == 200
    assert not facts.content_seen


def test_an_error_with_status_200_is_a_fault_with_the_status_that_it_contains(path: Path) -> None:
    sent = b'{"error":{"message":"Provider returned error","code":503},"user_id":"user_1"}'
    fault = open_body(path, sent, IDENTITY, AnswerOptions()).facts.fault
    assert fault is not None
    assert (fault.status, fault.message) == (503, "Provider returned error")


def test_a_partial_answer_tells_its_error_in_the_choice(path: Path) -> None:
    sent = (
        b'{"choices":[{"index":0,"message":{"content":"Hel"},"finish_reason":"stop",'
        b'"native_finish_reason":"MALFORMED_FUNCTION_CALL","error":{"code":502,"message":"Provider returned error"}}]}'
    )
    body = open_body(path, sent, IDENTITY, AnswerOptions())
    assert body.facts.fault is not None
    assert body.facts.content_seen
    (only,) = rendered(body)["choices"]
    assert (only["finish_reason"], only["native_finish_reason"]) == ("error", "MALFORMED_FUNCTION_CALL")
    assert only["error"]["code"] == 502
    assert only["error"]["metadata"]["error_type"] == "provider_unavailable"
    assert only["message"]["content"] == "Hel"


def test_a_null_finish_without_output_is_an_answer_that_says_nothing(path: Path) -> None:
    body = body_of(path, '{"role":"assistant","content":""}', "null")
    assert (body.facts.fault, body.facts.finish_reason, body.facts.content_seen) == (None, None, False)
    (only,) = json.loads(body.render(REPORT))["choices"]
    assert (only["finish_reason"], only["message"]["content"]) == (None, "")


def test_several_choices_keep_their_places(path: Path) -> None:
    sent = (
        b'{"choices":[{"index":1,"message":{"content":"b"},"finish_reason":"length"},'
        b'{"index":0,"message":{"content":"a"},"finish_reason":"stop"}]}'
    )
    choices = rendered(open_body(path, sent, IDENTITY, AnswerOptions()))["choices"]
    assert [(c["index"], c["message"]["content"], c["finish_reason"]) for c in choices] == [
        (0, "a", "stop"),
        (1, "b", "length"),
    ]


def test_the_fold_of_a_stream_is_the_whole_answer(path: Path) -> None:
    """A client that folds our stream has what our body says (inference.md 7.4)."""
    sent = [
        choice('{"reasoning":"Let ","reasoning_details":[{"type":"reasoning.text","text":"Let ","index":0}]}'),
        choice('{"reasoning":"me","reasoning_details":[{"type":"reasoning.text","text":"me","index":0}]}'),
        choice('{"reasoning_details":[{"type":"reasoning.text","signature":"Eq0E","index":0}]}'),
        choice('{"content":"Hel"}'),
        choice('{"content":"lo"}'),
        choice(
            '{"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{\\"x\\""}}]}'
        ),
        choice('{"tool_calls":[{"index":0,"function":{"arguments":":1}"}}]}'),
        choice('{"audio":{"id":"au","data":"AAAA"}}'),
        choice('{"audio":{"data":"BBBB","expires_at":7}}'),
        choice("{}", '"tool_calls"'),
    ]
    stream = open_stream(path, IDENTITY, AnswerOptions())
    out = stream.feed(events(*sent, "[DONE]")) + stream.close()
    reader = StreamReader(quirks=frozenset(), exclude_reasoning=False)
    folded = DeltaRead(0)
    for delta in reader.feed(out):
        fold_delta(folded, delta)
    message = (
        '{"content":"Hello","reasoning":"Let me","reasoning_details":[{"type":"reasoning.text","text":"Let me",'
        '"index":0,"signature":"Eq0E"}],"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f",'
        '"arguments":"{\\"x\\":1}"}}],"audio":{"id":"au","data":"AAAABBBB","expires_at":7}}'
    )
    whole = f'{{"choices":[{{"index":0,"message":{message},"finish_reason":"tool_calls"}}]}}'
    _, (expected, *_) = read_body(whole.encode(), quirks=frozenset(), exclude_reasoning=False)
    assert folded == expected
    assert folded.reasoning is not None
    assert (folded.text, folded.reasoning.text) == ("Hello", "Let me")
