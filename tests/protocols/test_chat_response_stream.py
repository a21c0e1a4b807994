"""The chunks of a chat stream, to the byte, and the oddities of upstreams that speak almost the same format."""

import json
from typing import Any

import pytest
from msgspec import Raw, structs

from tests import shapes
from tests.protocols.chat_recordings import IDENTITY, Path
from tests.protocols.test_chat_response_splits import choice, events
from tests.reports import CHAT_USAGE, REPORT
from trunkline.core.errors import Availability, Internal, ProviderUnavailable
from trunkline.protocols.answers import AnswerStream
from trunkline.protocols.chat.answers import AnswerOptions, open_stream

pytestmark = pytest.mark.parametrize("path", ["native", "hub"])

HEAD = (
    '"id":"gen-1790000000-aB3dE5fG7hI9jK1lM3nO","object":"chat.completion.chunk","created":1790000000,'
    '"model":"acme/m1","provider":"Acme"'
)
STOP = choice("{}", '"stop"')


def opened(path: Path, *, quirks: frozenset[str] = frozenset(), **options: bool) -> AnswerStream:
    return open_stream(path, IDENTITY, AnswerOptions(quirks=quirks, **options))


def chunks(out: bytes) -> list[dict[str, Any]]:
    return [json.loads(payload) for payload in shapes.sse_payloads(out) if payload != "[DONE]"]


def deltas(path: Path, *sent: str, **options: bool) -> list[dict[str, Any]]:
    stream = opened(path, **options)
    out = stream.feed(events(*sent, STOP, "[DONE]")) + stream.close()
    assert stream.facts.fault is None
    assert not shapes.chat_stream(out + stream.tail(REPORT))
    return [chunk["choices"][0]["delta"] for chunk in chunks(out)]


def calls(path: Path, *sent: str) -> list[dict[str, Any]]:
    found = [call for delta in deltas(path, *sent) for call in delta.get("tool_calls", [])]
    folded: dict[int, dict[str, Any]] = {}
    for call in found:
        known = folded.setdefault(
            call["index"], {"id": call.get("id"), "name": call["function"].get("name"), "arguments": ""}
        )
        known["arguments"] += call["function"]["arguments"]
    return list(folded.values())


def test_a_stream_looks_to_the_byte_as_recorded(path: Path) -> None:
    stream = opened(path)
    out = stream.feed(events(choice('{"role":"assistant","content":""}'), choice('{"content":"Hel"}')))
    assert out.decode() == (
        f'data: {{{HEAD},"choices":[{{"index":0,"delta":{{"content":"Hel","role":"assistant"}},'
        '"finish_reason":null,"native_finish_reason":null}]}\n\n'
    )
    assert stream.feed(events(STOP, "[DONE]")) + stream.close() == b""
    assert stream.facts.done
    report = structs.replace(REPORT, service_tier="standard", metadata=Raw(b'{"attempt":1}'))
    finish = (
        '[{"index":0,"delta":{"content":"","role":"assistant"},"finish_reason":"stop","native_finish_reason":"stop"}]'
    )
    assert stream.tail(report).decode() == (
        f'data: {{{HEAD},"service_tier":"default","choices":{finish}}}\n\n'
        f'data: {{{HEAD},"service_tier":"default","choices":{finish},"usage":{CHAT_USAGE},'
        '"openrouter_metadata":{"attempt":1}}\n\n'
        "data: [DONE]\n\n"
    )


def test_role_only_and_empty_deltas_do_not_commit_the_stream(path: Path) -> None:
    stream = opened(path)
    silent = events(choice('{"role":"assistant","content":""}'), choice('{"content":null,"reasoning_content":""}'))
    assert stream.feed(silent) == b""
    assert stream.feed(events('{"choices":[],"prompt_filter_results":[{"prompt_index":0}]}')) == b""
    assert not stream.facts.content_seen
    assert stream.feed(events(choice('{"content":"x"}')))
    assert stream.facts.content_seen


def test_the_empty_detail_that_opens_a_thought_commits_nothing(path: Path) -> None:
    stream = opened(path)
    empty = '{"content":"","reasoning_details":[{"type":"reasoning.text","text":"","signature":"","index":0}]}'
    assert stream.feed(events(choice(empty))) == b""
    assert not stream.facts.content_seen
    out = stream.feed(events(choice('{"reasoning_details":[{"type":"reasoning.text","text":"Hm","index":0}]}')))
    assert [chunk["choices"][0]["delta"]["reasoning"] for chunk in chunks(out)] == [None, "Hm"]
    assert stream.facts.content_seen


def test_unknown_members_wait_for_content_and_then_travel(path: Path) -> None:
    stream = opened(path)
    assert stream.feed(events(choice('{"content":"","provider_metadata":{"a":1}}'))) == b""
    first, second = chunks(stream.feed(events(choice('{"content":"x"}'))))
    assert first["choices"][0]["delta"]["provider_metadata"] == {"a": 1}
    assert second["choices"][0]["delta"]["content"] == "x"


def test_reasoning_content_becomes_reasoning_with_a_detail(path: Path) -> None:
    thought, _ = deltas(path, choice('{"reasoning_content":"Hm"}'), choice('{"content":"Hi"}'))
    assert thought == {
        "content": "",
        "role": "assistant",
        "reasoning": "Hm",
        "reasoning_details": [{"type": "reasoning.text", "text": "Hm", "format": "unknown", "index": 0}],
    }
    assert list(thought) == ["content", "role", "reasoning", "reasoning_details"]


def test_a_signature_goes_without_visible_reasoning(path: Path) -> None:
    detail = '{"type":"reasoning.text","signature":"Eq0E","format":"anthropic-claude-v1","index":0}'
    (delta,) = deltas(path, choice('{"content":"","reasoning_details":[%s]}' % detail))  # noqa: UP031
    assert delta["reasoning"] is None
    assert delta["reasoning_details"] == [json.loads(detail)]


def test_the_finish_chunk_of_a_stream_that_reasoned_says_so(path: Path) -> None:
    stream = opened(path)
    stream.feed(events(choice('{"reasoning":"Hm"}'), choice('{"content":"Hi"}'), STOP, "[DONE]"))
    stream.close()
    finish, usage = chunks(stream.tail(REPORT))
    assert finish["choices"][0]["delta"] == {"content": "", "role": "assistant", "reasoning": None}
    assert usage["choices"][0]["delta"] == {"content": "", "role": "assistant"}


def test_excluded_reasoning_is_never_sent_and_commits_nothing(path: Path) -> None:
    stream = opened(path, exclude_reasoning=True)
    assert stream.feed(events(choice('{"reasoning_content":"secret"}'))) == b""
    assert not stream.facts.content_seen
    out = stream.feed(events(choice('{"content":"Hi"}'), STOP, "[DONE]")) + stream.close() + stream.tail(REPORT)
    assert b"secret" not in out
    assert b'"reasoning"' not in out
    assert stream.facts.output_chars == len("secretHi")


def test_mistral_content_parts_become_reasoning_and_text(path: Path) -> None:
    thinking = '{"content":[{"type":"thinking","thinking":[{"type":"text","text":"Hm"}]}]}'
    text = '{"content":[{"type":"text","text":"Hi"},{"type":"reference","reference_ids":[3]}]}'
    got = deltas(path, choice(thinking), choice(text))
    assert "".join(delta.get("reasoning") or "" for delta in got) == "Hm"
    assert "".join(delta["content"] for delta in got) == "Hi"
    assert {"type": "reference", "reference_ids": [3]} in [p for d in got for p in d.get("content_parts", [])]


@pytest.mark.parametrize(
    ("fragments", "expected"),
    [
        (['[{"id":"a","function":{"name":"f","arguments":"{"}}]', '[{"function":{"arguments":"}"}}]'], ["{}"]),
        (['[{"index":0,"id":"a","function":{"name":"f","arguments":{"x": 1}}}]'], ['{"x":1}']),
        (['[{"index":0,"id":"a","function":{"name":"f"}}]'], ["{}"]),
        (['[{"index":0,"id":"a","function":{"name":"f","arguments":null}}]'], ["{}"]),
        (
            [
                '[{"index":0,"id":"a","function":{"name":"f","arguments":"{\\"x\\":"}}]',
                '[{"index":0,"id":"a","function":{"name":"f","arguments":"{\\"x\\":1}"}}]',
            ],
            ['{"x":1}'],
        ),
        (
            [
                '[{"index":0,"id":"a","function":{"name":"f","arguments":"{\\"x\\":1}"}}]',
                '[{"index":0,"function":{"arguments":"{\\"x\\":1}"}}]',
            ],
            ['{"x":1}'],
        ),
        (
            [
                '[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]',
                '[{"index":0,"id":"b","function":{"name":"g","arguments":"[]"}}]',
            ],
            ["{}", "[]"],
        ),
        (
            [
                '[{"id":"a","function":{"name":"f","arguments":"1"}},{"id":"b","function":{"name":"g","arguments":"2"}}]',
                '[{"index":0,"function":{"arguments":""}}]',
            ],
            ["1", "2"],
        ),
        (
            [
                '[{"index":3,"id":"a","function":{"arguments":"{"}}]',
                '[{"index":3,"function":{"name":"f","arguments":"}"}}]',
            ],
            ["{}"],
        ),
    ],
    ids=[
        "no index",
        "arguments as object",
        "no arguments",
        "null arguments",
        "cumulative arguments",
        "repeated arguments",
        "one index for two ids",
        "two calls without index",
        "name after arguments",
    ],
)
def test_tool_calls_are_made_regular(path: Path, fragments: list[str], expected: list[str]) -> None:
    sent = [choice(f'{{"tool_calls":{fragment}}}') for fragment in fragments]
    assert [call["arguments"] for call in calls(path, *sent)] == expected


def test_calls_without_an_id_or_with_one_id_for_two_get_ids_of_their_own(path: Path) -> None:
    sent = choice(
        '{"tool_calls":[{"index":0,"function":{"name":"f","arguments":"{}"}},'
        '{"index":1,"id":"x","function":{"name":"g","arguments":"{}"}},'
        '{"index":2,"id":"x","function":{"name":"h","arguments":"{}"}}]}'
    )
    ids = [call["id"] for call in calls(path, sent)]
    assert ids[1] == "x"
    assert ids[0].startswith("call_")
    assert len(set(ids)) == 3


def test_a_legacy_function_call_becomes_a_tool_call(path: Path) -> None:
    (call,) = calls(
        path,
        choice('{"function_call":{"name":"f","arguments":""}}'),
        choice('{"function_call":{"arguments":"{}"}}'),
    )
    assert (call["name"], call["arguments"]) == ("f", "{}")


@pytest.mark.parametrize(
    "sent",
    [
        ['[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"},"extra_content":{"s":"x"}}]'],
        ['[{"index":0,"id":"a","extra_content":{"s":"x"}}]', '[{"index":0,"function":{"name":"f","arguments":"{}"}}]'],
    ],
)
def test_members_of_a_call_that_nobody_knows_travel(path: Path, sent: list[str]) -> None:
    got = deltas(path, *[choice(f'{{"tool_calls":{fragment}}}') for fragment in sent])
    found = [call for delta in got for call in delta.get("tool_calls", [])]
    assert {"s": "x"} in [call.get("extra_content") for call in found]


def test_a_call_of_a_custom_tool_has_its_input_as_arguments(path: Path) -> None:
    sent = '{"tool_calls":[{"index":0,"id":"a","type":"custom","custom":{"name":"shell","input":"ls -l"}}]}'
    assert calls(path, choice(sent)) == [{"id": "a", "name": "shell", "arguments": "ls -l"}]


def test_stop_with_calls_is_tool_calls_and_length_stays_length(path: Path) -> None:
    call = choice('{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]}')
    for word, expected in (
        ("stop", "tool_calls"),
        ("length", "length"),
        ("eos", "tool_calls"),
        ("model_length", "length"),
    ):
        stream = opened(path)
        stream.feed(events(call, choice("{}", f'"{word}"'), "[DONE]"))
        stream.close()
        assert (stream.facts.finish_reason, stream.facts.native_finish_reason) == (expected, word)


def test_a_stream_that_breaks_off_is_truncated_and_gets_no_invented_stop(path: Path) -> None:
    stream = opened(path)
    stream.feed(events(choice('{"content":"Hel"}')))
    stream.close()
    assert stream.facts.finish_reason is None
    assert stream.facts.fault is not None
    assert stream.facts.fault.truncated


@pytest.mark.parametrize("finish", ['""', "null"])
def test_done_without_a_finish_reason_is_truncated_unless_the_provider_is_known_for_it(path: Path, finish: str) -> None:
    sent = events(choice('{"content":"Hel"}', finish), "[DONE]")
    stream = opened(path)
    stream.feed(sent)
    stream.close()
    assert stream.facts.fault is not None
    known = opened(path, quirks=frozenset({"omits_finish_reason"}))
    known.feed(sent)
    known.close()
    assert (known.facts.fault, known.facts.finish_reason) == (None, "stop")


def test_done_after_whole_calls_without_a_finish_reason_means_tool_calls(path: Path) -> None:
    for arguments, expected in (("{}", "tool_calls"), ("{", None)):
        call = '{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"%s"}}]}' % arguments  # noqa: UP031
        stream = opened(path)
        stream.feed(events(choice(call), "[DONE]"))
        stream.close()
        assert stream.facts.finish_reason == expected


def test_a_finish_without_done_is_a_good_end(path: Path) -> None:
    stream = opened(path)
    stream.feed(events(choice('{"content":"Hel"}'), STOP).rstrip(b"\n"))
    stream.close()
    assert (stream.facts.fault, stream.facts.finish_reason) == (None, "stop")


def test_a_stream_cut_in_the_middle_of_its_usage_is_an_answer_and_in_the_middle_of_its_text_is_none(path: Path) -> None:
    for sent, fault in (([choice('{"content":"a"}'), STOP], False), ([choice('{"content":"a"}')], True)):
        stream = opened(path)
        stream.feed(events(*sent) + b'data: {"choices":[],"usage":{"prompt_tok')
        stream.close()
        assert (stream.facts.fault is not None) == fault
        assert stream.facts.usage is None


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        ('{"message":"slow down","type":"rate_limit_error","code":null}', 429, "rate_limit_error"),
        ('{"message":"no","code":503}', 503, None),
        ('{"message":"x","code":"tool_use_failed","status_code":400}', 400, "tool_use_failed"),
        ('"just words"', 200, None),
    ],
)
def test_an_error_event_is_a_fault_with_the_status_that_it_contains(
    path: Path, error: str, status: int, code: str | None
) -> None:
    stream = opened(path)
    assert stream.feed(b"event: error\n" + events(f'{{"error":{error}}}')) == b""
    assert stream.facts.fault is not None
    assert (stream.facts.fault.status, stream.facts.fault.code) == (status, code)
    assert stream.feed(events(choice('{"content":"late"}'))) == b""


@pytest.mark.parametrize(
    "body", [b"<html>503</html>", b"", b"data: \n\n", b": hi\n\n", b'data: {"a"\n\n', b"data: 1\n\n"]
)
def test_what_is_no_stream_is_a_fault(path: Path, body: bytes) -> None:
    stream = opened(path)
    assert stream.feed(body) + stream.close() == b""
    assert stream.facts.fault is not None


def test_a_json_error_instead_of_a_stream_is_read(path: Path) -> None:
    stream = opened(path)
    stream.feed(b'{\n  "error": {"message": "quota", "type": "insufficient_quota"}\n}\n')
    stream.close()
    assert stream.facts.fault is not None
    assert (stream.facts.fault.status, stream.facts.fault.message) == (429, "quota")


def test_the_last_usage_counts_wherever_it_stands(path: Path) -> None:
    one = '"usage":{"prompt_tokens":5,"completion_tokens":1,"total_tokens":6}'
    two = '"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}'
    finish = STOP.removesuffix("}")
    for sent in (
        [finish + "," + two + "}"],
        [choice('{"content":"a"}').removesuffix("}") + "," + one + "}", finish + "," + two + "}"],
        [STOP, '{"choices":[],%s}' % two],  # noqa: UP031
        [STOP, '{"choices":[],"x_groq":{%s}}' % two],  # noqa: UP031
        [finish + ',"usage":null}', '{"choices":[],%s}' % two],  # noqa: UP031
    ):
        stream = opened(path)
        stream.feed(events(*sent, "[DONE]"))
        stream.close()
        assert stream.facts.usage is not None
        assert (stream.facts.usage.prompt_tokens, stream.facts.usage.completion_tokens) == (5, 2)


@pytest.mark.parametrize("usage", ["null", "{}", "[]", '{"prompt_tokens":null,"completion_tokens":0}'])
def test_usage_that_counts_nothing_is_none(path: Path, usage: str) -> None:
    stream = opened(path)
    stream.feed(events(choice('{"content":"a"}'), STOP, f'{{"choices":[],"usage":{usage}}}', "[DONE]"))
    stream.close()
    assert stream.facts.usage is None
    assert stream.facts.output_chars == 1


def test_several_choices_finish_each_and_usage_comes_once(path: Path) -> None:
    def of(index: int, delta: str, finish: str = "null") -> str:
        return choice(delta, finish).replace('"index":0', f'"index":{index}')

    stream = opened(path)
    out = stream.feed(
        events(
            of(0, '{"content":"a"}'), of(1, '{"content":"b"}'), of(0, "{}", '"stop"'), of(1, "{}", '"length"'), "[DONE]"
        )
    )
    out += stream.close() + stream.tail(REPORT)
    assert not shapes.chat_stream(out)
    finishes = [
        (c["index"], c["finish_reason"]) for chunk in chunks(out)[:-1] for c in chunk["choices"] if c["finish_reason"]
    ]
    assert finishes == [(0, "stop"), (1, "length")]
    assert len(chunks(out)[-1]["choices"]) == 2


def test_a_choice_that_never_finishes_is_truncated(path: Path) -> None:
    stream = opened(path)
    second = choice('{"content":"b"}').replace('"index":0', '"index":1')
    stream.feed(events(choice('{"content":"a"}', '"stop"'), second, "[DONE]"))
    stream.close()
    assert stream.facts.fault is not None


def test_perplexity_sources_become_annotations_once_and_before_the_text(path: Path) -> None:
    sources = '"citations":["https://a.example/"],"search_results":[{"url":"https://a.example/","title":"A"}]'
    sent = choice('{"content":"x"}').removesuffix("}") + "," + sources + "}"
    got = deltas(path, sent, sent)
    annotations = [annotation for delta in got for annotation in delta.get("annotations", [])]
    assert annotations == [
        {
            "type": "url_citation",
            "url_citation": {"url": "https://a.example/", "title": "A", "start_index": 0, "end_index": 0},
        }
    ]
    assert "annotations" in got[0]


def test_an_error_after_output_is_a_chunk_of_the_stream(path: Path) -> None:
    stream = opened(path)
    out = stream.feed(events(choice('{"content":"Hel"}')))
    error = ProviderUnavailable("Provider disconnected", provider_code="ECONNRESET")
    end = stream.error_tail(error, structs.replace(REPORT, service_tier=None))
    assert end.decode() == (
        f'data: {{{HEAD},"error":{{"message":"Provider disconnected","code":502,"metadata":'
        '{"error_type":"provider_unavailable","provider_code":"ECONNRESET"}},'
        '"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":"error",'
        f'"native_finish_reason":null}}],"usage":{CHAT_USAGE}}}\n\n'
        "data: [DONE]\n\n"
    )
    assert not [
        problem for chunk in chunks(out + end) for problem in shapes.chat_chunk(chunk) if "usage" not in problem
    ]
    assert stream.feed(events(choice('{"content":"late"}'))) == b""


def test_a_500_in_a_stream_is_masked_and_availability_stands_in_the_error(path: Path) -> None:
    masked = opened(path).error_tail(
        Internal("stack trace", provider_code="x"), structs.replace(REPORT, metadata=Raw(b'{"a":1}'))
    )
    assert b"stack" not in masked
    assert b"openrouter_metadata" not in masked
    assert b'"error_type":"server"' in masked
    availability = Availability(code="temporarily_unavailable", retryable=True, requested_models=("acme/m1",))
    (chunk,) = chunks(opened(path).error_tail(ProviderUnavailable("down", availability=availability), None))
    assert chunk["error"]["availability"]["code"] == "temporarily_unavailable"


def test_a_text_completion_has_its_own_shape(path: Path) -> None:
    stream = opened(path, text_completion=True)
    out = stream.feed(
        events('{"choices":[{"index":0,"text":"Hel","finish_reason":null}]}', choice('{"content":"lo"}'), STOP)
    )
    first, second, finish, usage = chunks(out + stream.close() + stream.tail(REPORT))
    assert {chunk["object"] for chunk in (first, second, finish, usage)} == {"text_completion"}
    assert [chunk["choices"][0]["text"] for chunk in (first, second, finish)] == ["Hel", "lo", ""]
    assert finish["choices"][0]["finish_reason"] == "stop"
    assert usage["choices"] == []
    assert usage["usage"]["total_tokens"] == 11


def test_media_and_refusals_travel(path: Path) -> None:
    image = '{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}}'
    got = deltas(
        path,
        choice('{"images":[%s],"content":""}' % image),  # noqa: UP031
        choice('{"audio":{"id":"a","data":"AAAA"}}'),
        choice('{"refusal":"No."}'),
    )
    assert got[0]["images"] == [json.loads(image)]
    assert got[1]["audio"] == {"id": "a", "data": "AAAA"}
    assert got[2]["refusal"] == "No."
    assert all(delta["content"] == "" for delta in got)
