"""However the bytes are cut or broken: the same events, or a fault; never an exception, nothing after the end."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.protocols.gemini_reader import fold
from trunkline.protocols.answers import Facts, UpstreamTarget
from trunkline.protocols.events import Completed, Failed, GenerationEvent
from trunkline.protocols.gemini.framing import JsonArrayParser
from trunkline.protocols.gemini.protocol import GeminiProtocol

PROTOCOL = GeminiProtocol()
TARGET = UpstreamTarget(
    provider="google-ai-studio", upstream_model="gemini-3-flash-preview", supported_parameters=frozenset()
)

CHUNKS: list[dict[str, Any]] = [
    {"candidates": [{"content": {"parts": [{"text": 'Hm {[\\" \n', "thought": True}]}}], "responseId": "r"},
    {"candidates": [{"content": {"parts": [{"text": "Grüße \U0001f600"}]}}], "usageMetadata": {"promptTokenCount": 5}},
    {"candidates": [{"content": {"parts": [{"functionCall": {"id": "1", "name": "f", "args": {"a": "}"}}}]}}]},
    {"candidates": [{"content": {"parts": [{"text": "", "thoughtSignature": "s"}]}, "finishReason": "STOP"}]},
]
SSE = b"\xef\xbb\xbf" + b"".join(b"data: " + json.dumps(c, ensure_ascii=False).encode() + b"\r\n\r\n" for c in CHUNKS)
ARRAY = b"\n" + json.dumps(CHUNKS, indent=1, ensure_ascii=False).encode() + b"\n"


def relay(reads: list[bytes]) -> tuple[Facts, list[GenerationEvent]]:
    decoder = PROTOCOL.open_stream(TARGET, exclude_reasoning=False)
    events: list[GenerationEvent] = []
    for data in reads:
        events += decoder.feed(data)
    events += decoder.close()
    assert decoder.feed(SSE) == []
    assert decoder.close() == []
    return decoder.facts, events


@pytest.mark.parametrize("stream", [SSE, ARRAY])
@given(cuts=st.lists(st.integers(0, len(ARRAY)), max_size=8))
def test_any_split_of_a_stream_gives_the_same_events(stream: bytes, cuts: list[int]) -> None:
    bounds = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    assert relay([stream[start:end] for start, end in pairwise(bounds)]) == relay([stream])


def test_both_framings_byte_by_byte_say_the_same() -> None:
    events, array = (relay([bytes([byte]) for byte in stream]) for stream in (SSE, ARRAY))
    assert events[1][:-1] == array[1][:-1]  # the last has the usage object as sent, white space and all
    assert events[0].usage is not None and array[0].usage is not None
    assert events[0].usage.prompt_tokens == array[0].usage.prompt_tokens == 5
    candidate = fold(events[1])[0]
    assert (candidate.text, candidate.thoughts) == ("Grüße \U0001f600", 'Hm {[\\" \n')
    assert (candidate.calls, candidate.signatures) == ([("f", {"a": "}"})], ["s"])
    assert events[0].finish_reason == "tool_calls"


@pytest.mark.parametrize("stream", [SSE, ARRAY])
def test_a_stream_cut_anywhere_is_whole_or_truncated(stream: bytes) -> None:
    for end in range(len(stream)):
        facts, events = relay([stream[:end]])
        assert (facts.fault is None) == (facts.finish_reason is not None), end
        assert isinstance(events[-1], Completed if facts.fault is None else Failed), end


NAMES = st.sampled_from(
    [
        *("candidates", "content", "parts", "text", "thought", "thoughtSignature", "functionCall", "name", "args"),
        *("inlineData", "mimeType", "data", "finishReason", "index", "usageMetadata", "promptTokenCount", "error"),
        *("promptTokensDetails", "modality", "tokenCount", "groundingMetadata", "groundingChunks", "web", "uri"),
        *("groundingSupports", "segment", "endIndex", "groundingChunkIndices", "promptFeedback", "blockReason"),
        *("logprobsResult", "chosenCandidates", "token", "logProbability", "code", "message", "status", "id"),
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5) | st.sampled_from(["STOP", "AUDIO"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=20,
)
PART = st.dictionaries(NAMES, JSON, max_size=4)
CANDIDATE = st.fixed_dictionaries(
    {"content": st.fixed_dictionaries({"parts": st.lists(PART, max_size=3)})},
    optional={
        "finishReason": JSON,
        "index": JSON,
        "groundingMetadata": JSON,
        "logprobsResult": JSON,
        "finishMessage": JSON,
    },
)
CHUNK = JSON | st.fixed_dictionaries(
    {"candidates": st.lists(CANDIDATE, max_size=3)},
    optional={"usageMetadata": JSON, "promptFeedback": JSON, "error": JSON, "responseId": JSON},
)


@given(chunks=st.lists(CHUNK, max_size=4))
def test_whatever_json_comes_the_answer_ends_once_and_its_parts_nest(chunks: list[Any]) -> None:
    data = b"".join(b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks)
    for facts, events in (relay([data]), *(whole(chunk) for chunk in chunks)):
        assert isinstance(events[-1], Completed | Failed)
        assert sum(isinstance(event, Completed | Failed) for event in events) == 1
        assert (facts.fault is not None) == isinstance(events[-1], Failed)
        if facts.usage is not None:
            assert 0 <= facts.usage.cached_tokens <= facts.usage.prompt_tokens
            assert 0 <= facts.usage.reasoning_tokens <= facts.usage.completion_tokens
        check_parts(events)


def check_parts(events: list[GenerationEvent]) -> None:
    """Parts open before they grow, close once, and are numbered in the order of their choice."""
    opened: set[tuple[int, int]] = set()
    closed: set[tuple[int, int]] = set()
    for event in events:
        name, index, choice = type(event).__name__, getattr(event, "index", None), getattr(event, "choice", 0)
        if index is None:
            continue
        key = (choice, index)
        if name == "PartStarted":
            assert index == sum(known == choice for known, _ in opened)
            opened.add(key)
        else:
            assert key in opened - closed
            if name == "PartEnded":
                closed.add(key)
    assert opened == closed or isinstance(events[-1], Failed)


def whole(chunk: object) -> tuple[Facts, list[GenerationEvent]]:
    decoded = PROTOCOL.decode_body(json.dumps(chunk).encode(), TARGET, exclude_reasoning=False)
    return decoded.facts, decoded.events


@given(data=st.binary(max_size=200), stream=st.booleans())
def test_whatever_bytes_come_nothing_is_raised(data: bytes, stream: bool) -> None:
    facts, events = (
        relay([data])
        if stream
        else (
            (decoded := PROTOCOL.decode_body(data, TARGET, exclude_reasoning=False)).facts,
            decoded.events,
        )
    )
    assert facts.fault is not None
    assert isinstance(events[-1], Failed)


def test_an_array_of_megabytes_in_small_reads_is_linear_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trunkline.protocols.gemini.framing.EVENT_BYTES_MAX", 1_000_000)
    decoder = PROTOCOL.open_stream(TARGET, exclude_reasoning=False)
    decoder.feed(b'[{"candidates": "')
    for _ in range(1100):
        decoder.feed(b"x" * 1000)
    assert decoder.facts.fault is not None
    assert "larger than" in decoder.facts.fault.message


def test_braces_and_quotes_inside_strings_do_not_cut_an_object() -> None:
    parser = JsonArrayParser()
    tricky = json.dumps({"a": '}{"\\', "b": {"c": "\\\\"}}).encode()
    assert parser.feed(b"[" + tricky + b",\r\n" + tricky + b"]") == [tricky, tricky]
