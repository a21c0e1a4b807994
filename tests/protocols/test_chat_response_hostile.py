"""Whatever an upstream sends, nothing is raised, nothing follows the end, and the client's bytes stay well-formed."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import shapes
from tests.protocols.chat_recordings import IDENTITY, Path
from tests.protocols.test_chat_response_splits import STREAM, choice, events
from tests.reports import REPORT
from trunkline.core.errors import ProviderUnavailable
from trunkline.protocols.chat.answers import AnswerOptions, open_body, open_stream
from trunkline.protocols.sse import EVENT_BYTES_MAX

BOTH: tuple[Path, ...] = ("native", "hub")

BODY = (
    b'{"id":"c1","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"Hi",'
    b'"reasoning_details":[{"type":"reasoning.text","text":"Hm","index":0}],"annotations":[{"type":"x"}],'
    b'"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},'
    b'"logprobs":{"content":[{"token":"Hi","logprob":-1,"bytes":null,"top_logprobs":[]}]},"finish_reason":"stop"}],'
    b'"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3,"prompt_tokens_details":{"cached_tokens":1}}}'
)

names = st.sampled_from(
    [
        *("content", "role", "reasoning", "reasoning_content", "reasoning_details", "tool_calls", "function", "name"),
        *("arguments", "id", "index", "type", "text", "refusal", "annotations", "images", "audio", "function_call"),
        *("finish_reason", "logprobs", "delta", "message", "error", "code", "usage", "prompt_tokens", "thinking"),
    ]
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)


def well_formed(out: bytes) -> None:
    for payload in shapes.sse_payloads(out):
        if payload != "[DONE]":
            chunk = json.loads(payload)
            assert isinstance(chunk["choices"], list)


def relay_to_the_end(path: Path, data: bytes) -> None:
    stream = open_stream(path, IDENTITY, AnswerOptions())
    out = stream.feed(data)
    out += stream.feed(data[:50]) + stream.close()
    well_formed(out)
    if stream.facts.fault is None:
        assert stream.facts.finish_reason is not None
        end = stream.tail(REPORT)
    else:
        end = stream.error_tail(ProviderUnavailable("Provider disconnected"), None)
    well_formed(out + end)
    assert end.endswith(b"data: [DONE]\n\n")
    assert stream.feed(STREAM) == b""
    assert stream.close() == b""


@pytest.mark.parametrize("path", BOTH)
@given(position=st.integers(0, len(STREAM)), garbage=st.binary(max_size=60), swallow=st.integers(0, 40))
def test_garbage_at_any_place_of_a_stream_raises_nothing(
    path: Path, position: int, garbage: bytes, swallow: int
) -> None:
    relay_to_the_end(path, STREAM[:position] + garbage + STREAM[position + swallow :])


@pytest.mark.parametrize("path", BOTH)
@given(delta=json_values, finish=st.none() | json_values)
def test_any_json_as_a_delta_raises_nothing(path: Path, delta: object, finish: object) -> None:
    chunk = {"id": "c", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
    relay_to_the_end(path, events(json.dumps(chunk), choice("{}", '"stop"'), "[DONE]"))


@pytest.mark.parametrize("path", BOTH)
@given(chunk=st.dictionaries(names | st.sampled_from(["choices", "usage", "x_groq", "citations"]), json_values))
def test_any_json_object_as_a_chunk_raises_nothing(path: Path, chunk: dict[str, object]) -> None:
    relay_to_the_end(path, events(choice('{"content":"a"}'), json.dumps(chunk), choice("{}", '"stop"'), "[DONE]"))


@pytest.mark.parametrize("path", BOTH)
@given(position=st.integers(0, len(BODY)), garbage=st.binary(max_size=30), swallow=st.integers(0, 30))
def test_garbage_at_any_place_of_a_body_raises_nothing(path: Path, position: int, garbage: bytes, swallow: int) -> None:
    body = open_body(path, BODY[:position] + garbage + BODY[position + swallow :], IDENTITY, AnswerOptions())
    json.loads(body.render(REPORT))


@pytest.mark.parametrize("path", BOTH)
@given(message=json_values, usage=json_values)
def test_any_json_as_a_message_and_usage_raises_nothing(path: Path, message: object, usage: object) -> None:
    document = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": usage}
    body = open_body(path, msgspec.json.encode(document), IDENTITY, AnswerOptions())
    counted = body.facts.usage
    assert counted is None or 0 <= counted.cached_tokens <= counted.prompt_tokens
    (choice,) = json.loads(body.render(REPORT))["choices"]
    assert choice["message"]["role"] == "assistant"
    assert choice["finish_reason"] in shapes.FINISH_REASONS


@pytest.mark.parametrize("path", BOTH)
def test_deep_nesting_is_a_fault_and_no_crash(path: Path) -> None:
    deep = b'{"choices":[{"index":0,"delta":{"x":' + b"[" * 200_000 + b"]" * 200_000 + b"}}]}"
    stream = open_stream(path, IDENTITY, AnswerOptions())
    assert stream.feed(b"data: " + deep + b"\n\n") == b""
    assert stream.facts.fault is not None


@pytest.mark.parametrize("path", BOTH)
def test_an_event_that_never_ends_is_a_fault_at_the_limit(path: Path) -> None:
    stream = open_stream(path, IDENTITY, AnswerOptions())
    piece = b"x" * (1024 * 1024)
    stream.feed(b"data: ")
    for _ in range(EVENT_BYTES_MAX // len(piece) + 1):
        stream.feed(piece)
    assert stream.facts.fault is not None
    assert "larger than" in stream.facts.fault.message


@pytest.mark.parametrize("path", BOTH)
def test_a_broken_surrogate_costs_a_character_and_not_the_answer(path: Path) -> None:
    stream = open_stream(path, IDENTITY, AnswerOptions())
    out = stream.feed(events(choice(r'{"content":"a\ud83d"}'), choice(r'{"content":"\\ud83d \ud83d\ude00"}')))
    assert "a\ufffd" in out.decode()
    assert "\\\\ud83d \U0001f600" in out.decode()
    assert stream.facts.fault is None


@pytest.mark.parametrize("path", BOTH)
def test_bytes_that_are_no_utf8_are_mended(path: Path) -> None:
    stream = open_stream(path, IDENTITY, AnswerOptions())
    out = stream.feed(b'data: {"choices":[{"index":0,"delta":{"content":"a\xff","weird":"\xfe"}}]}\n\n')
    assert "a\ufffd" in out.decode()
