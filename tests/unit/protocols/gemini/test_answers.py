"""What the reader makes of single chunks and bodies that no recording shows."""

import json
from typing import Any

import pytest

from tests.unit.protocols.gemini.requests import NEWEST, target
from trunkline.protocols.answers import Facts
from trunkline.protocols.chat.event_fold import fold_events
from trunkline.protocols.events import (
    Annotated,
    Completed,
    Extra,
    Failed,
    Finished,
    GenerationEvent,
    MediaDelta,
    PartStarted,
    TextDelta,
    ToolCallDelta,
)
from trunkline.protocols.faults.classify import classify_fault
from trunkline.protocols.gemini.protocol import GeminiProtocol

PROTOCOL = GeminiProtocol()


def body(*parts: dict[str, Any], finish: str | None = "STOP", **members: Any) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"parts": list(parts)}, **members}
    return {"candidates": [candidate | ({} if finish is None else {"finishReason": finish})]}


def whole(answer: object, model: str = NEWEST) -> tuple[Facts, list[GenerationEvent]]:
    decoded = PROTOCOL.decode_body(json.dumps(answer).encode(), target(model), exclude_reasoning=False)
    return decoded.facts, decoded.events


def streamed(*chunks: object, end: bytes = b"") -> tuple[Facts, list[GenerationEvent]]:
    decoder = PROTOCOL.open_stream(target(), exclude_reasoning=False)
    data = b"".join(b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks) + end
    events = decoder.feed(data) + decoder.close()
    assert decoder.close() == []
    return decoder.facts, events


CALL = {"functionCall": {"name": "f", "args": {"a": 1}}}


@pytest.mark.parametrize(
    ("native", "parts", "reason"),
    [
        ("STOP", [{"text": "a"}], "stop"),
        ("STOP", [CALL], "tool_calls"),
        ("OTHER", [{"text": "a"}], "stop"),
        ("FINISH_REASON_UNSPECIFIED", [], "stop"),
        ("SOMETHING_NEW", [CALL], "tool_calls"),
        ("MAX_TOKENS", [CALL], "length"),
        ("MAX_TOKENS", [], "length"),
        ("SAFETY", [], "content_filter"),
        ("RECITATION", [{"text": "a"}], "content_filter"),
        ("IMAGE_SAFETY", [], "content_filter"),
        ("MODEL_ARMOR", [], "content_filter"),
    ],
)
def test_finish_reasons_are_ours_and_googles_word_stands_beside(native: str, parts: list[Any], reason: str) -> None:
    facts, events = whole(body(*parts, finish=native))
    assert (facts.finish_reason, facts.native_finish_reason) == (reason, native)
    finished = [event for event in events if isinstance(event, Finished)]
    assert [(event.reason, event.native_reason) for event in finished] == [(reason, native)]


@pytest.mark.parametrize("native", ["MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "LANGUAGE", "NO_IMAGE"])
def test_answers_that_end_with_an_error_are_faults_that_others_may_mend(native: str) -> None:
    facts, events = whole(body(finish=native, finishMessage="Malformed function call: f("))
    assert facts.fault is not None
    assert isinstance(events[-1], Failed)
    classified = classify_fault(facts.fault)
    assert (classified.error_type, classified.next_endpoint) == ("provider_unavailable", "any")
    assert facts.fault.code == native


def test_refused_prompt_is_a_400_that_only_unmoderated_endpoints_may_be_asked_after() -> None:
    facts, events = whole({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}})
    assert facts.fault is not None
    classified = classify_fault(facts.fault)
    assert (classified.status, classified.error_type) == (400, "content_policy_violation")
    assert classified.next_endpoint == "unmoderated"
    assert len(events) == 1


def test_refusal_of_a_prompt_keeps_its_usage() -> None:
    facts, _ = streamed({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 9}})
    assert facts.usage is not None
    assert facts.usage.prompt_tokens == 9


@pytest.mark.parametrize(
    ("error", "error_type"),
    [
        ({"code": 429, "message": "quota", "status": "RESOURCE_EXHAUSTED"}, "rate_limit_exceeded"),
        ({"code": 503, "message": "busy", "status": "UNAVAILABLE"}, "provider_overloaded"),
        ({"code": 504, "message": "late", "status": "DEADLINE_EXCEEDED"}, "timeout"),
        ({"message": "odd", "status": "INTERNAL"}, "server"),
    ],
)
def test_error_inside_a_stream_counts_as_its_own_code(error: dict[str, Any], error_type: str) -> None:
    facts, events = streamed(body({"text": "a"}, finish=None), {"error": error}, body({"text": "b"}))
    assert facts.fault is not None
    assert classify_fault(facts.fault).error_type == error_type
    assert isinstance(events[-1], Failed)
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["a"]


@pytest.mark.parametrize("framed", [b"[%b]", b"%b"])
def test_json_error_instead_of_events_is_read(framed: bytes) -> None:
    decoder = PROTOCOL.open_stream(target(), exclude_reasoning=False)
    error = {"error": {"code": 503, "message": "busy", "status": "UNAVAILABLE"}}
    events = decoder.feed(framed % json.dumps(error, indent=2).encode()) + decoder.close()
    assert decoder.facts.fault is not None
    assert (decoder.facts.fault.status, decoder.facts.fault.code) == (503, "UNAVAILABLE")
    assert len(events) == 1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>no</html>",
        b"data: nonsense\n\n",
        b"data: [1]\n\n",
        b'{"candidates": 5}',
        b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_garbage_is_a_fault_of_the_provider(data: bytes) -> None:
    decoder = PROTOCOL.open_stream(target(), exclude_reasoning=False)
    decoder.feed(data)
    decoder.close()
    assert decoder.facts.fault is not None
    assert classify_fault(decoder.facts.fault).error_type == "provider_unavailable"
    decoded = PROTOCOL.decode_body(data, target(), exclude_reasoning=False)
    assert decoded.facts.fault is not None


def test_stream_that_ends_without_a_finish_reason_is_truncated() -> None:
    facts, events = streamed(body({"text": "a"}, finish=None))
    assert facts.fault is not None
    assert facts.fault.truncated
    assert isinstance(events[-1], Failed)


def test_last_event_without_its_empty_line_is_read_and_a_cut_one_is_not() -> None:
    finish = json.dumps(body({"text": "b"})).encode()
    facts, _ = streamed(body({"text": "a"}, finish=None), end=b"data: " + finish)
    assert facts.finish_reason == "stop"
    facts, _ = streamed(body({"text": "a"}, finish=None), end=b"data: " + finish[:-3])
    assert facts.fault is not None


def test_usage_takes_the_largest_of_each_count() -> None:
    facts, events = streamed(
        {**body({"text": "a"}, finish=None), "usageMetadata": {"promptTokenCount": 10, "thoughtsTokenCount": 7}},
        {**body({"text": "b"}), "usageMetadata": {"promptTokenCount": 10, "candidatesTokenCount": 3}},
        {"usageMetadata": {"trafficType": "PROVISIONED_THROUGHPUT", "candidatesTokenCount": 1}},
    )
    assert facts.usage is not None
    assert (facts.usage.prompt_tokens, facts.usage.completion_tokens, facts.usage.reasoning_tokens) == (10, 10, 7)
    assert facts.service_tier == "provisioned"
    assert events[-1] == Completed(facts.usage, "provisioned")


def test_usage_classes_are_read_by_modality() -> None:
    def tokens(**counts: int) -> list[dict[str, Any]]:
        return [{"modality": name, "tokenCount": count} for name, count in counts.items()]

    usage = {
        "promptTokenCount": 100,
        "toolUsePromptTokenCount": 20,
        "cachedContentTokenCount": 50,
        "candidatesTokenCount": 30,
        "promptTokensDetails": tokens(TEXT=10, IMAGE=20, AUDIO=30, VIDEO=25, DOCUMENT=15),
        "toolUsePromptTokensDetails": tokens(TEXT=19, DOCUMENT=1),
        "cacheTokensDetails": tokens(AUDIO=12, TEXT=38),
        "candidatesTokensDetails": tokens(IMAGE=29, TEXT=1),
        "serviceTier": "standard",
    }
    facts, _ = whole({**body({"text": "a"}), "usageMetadata": usage})
    got = facts.usage
    assert got is not None
    assert (got.prompt_tokens, got.cached_tokens, got.completion_tokens) == (120, 50, 30)
    assert (got.prompt_image_tokens, got.prompt_audio_tokens, got.prompt_video_tokens) == (20, 30, 25)
    assert (got.prompt_file_tokens, got.cached_audio_tokens, got.completion_image_tokens) == (16, 12, 29)
    assert facts.service_tier == "default"


def test_counts_that_are_none_are_read_over() -> None:
    usage = {"promptTokenCount": -1, "candidatesTokenCount": "many", "promptTokensDetails": [7, {"tokenCount": "x"}]}
    facts, _ = whole({**body({"text": "a"}), "usageMetadata": usage})
    assert facts.fault is None
    assert facts.usage is None


def test_places_of_citations_are_characters_and_sources_without_a_place_come_last() -> None:
    text = "Grüße aus Oslo."
    grounding = {
        "groundingChunks": [
            {"web": {"uri": "https://a.example", "title": "A"}},
            {"retrievedContext": {"uri": "https://b.example"}},
            {"maps": {"uri": "https://c.example", "title": "C"}},
            {"retrievedContext": {"text": "no address"}},
        ],
        "groundingSupports": [
            {"segment": {"startIndex": 12, "endIndex": 16}, "groundingChunkIndices": [0, 1, 3, 9]},
            {"segment": {"startIndex": 12, "endIndex": 16}, "groundingChunkIndices": [0]},
        ],
        "webSearchQueries": ["oslo", "grüße"],
    }
    facts, events = whole(body({"text": text}, groundingMetadata=grounding))
    cited = [json.loads(bytes(e.annotation))["url_citation"] for e in events if isinstance(e, Annotated)]
    assert [(c["url"], c["title"], text[c["start_index"] : c["end_index"]]) for c in cited] == [
        ("https://a.example", "A", "Oslo"),
        ("https://b.example", "", "Oslo"),
        ("https://c.example", "C", ""),
    ]
    assert any(isinstance(event, Extra) and event.path == "candidates[].groundingMetadata" for event in events)
    assert facts.search_count == 2
    assert whole(body({"text": text}, groundingMetadata=grounding), "gemini-2.5-pro")[0].search_count == 1


def test_logprobs_stand_beside_the_text_in_chats_shape() -> None:
    chosen = [{"token": "ä", "logProbability": -0.5, "tokenId": 1}]
    top = [{"candidates": [{"token": "b", "logProbability": -1.5}]}]
    logprobs = {"chosenCandidates": chosen, "topCandidates": top}
    _, events = whole(body({"text": "hm", "thought": True}, {"text": "ä"}, logprobsResult=logprobs))
    told = [json.loads(bytes(event.logprobs)) for event in events if isinstance(event, TextDelta) and event.logprobs]
    entry = {"token": "ä", "logprob": -0.5, "bytes": [195, 164]}
    other = {"token": "b", "logprob": -1.5, "bytes": [98]}
    assert told == [{"content": [{**entry, "top_logprobs": [other]}], "refusal": None}]


def test_several_candidates_are_choices() -> None:
    answer = {
        "candidates": [
            {"index": 1, "content": {"parts": [{"text": "b"}]}, "finishReason": "MAX_TOKENS"},
            {"index": 0, "content": {"parts": [{"text": "a"}]}, "finishReason": "STOP"},
        ]
    }
    facts, events = whole(answer)
    texts = {event.choice: event.text for event in events if isinstance(event, TextDelta)}
    assert texts == {0: "a", 1: "b"}
    assert facts.finish_reason == "stop"


@pytest.mark.parametrize("args", [None, {}])
def test_call_without_arguments_has_an_empty_object_and_ids_are_never_shared(args: object) -> None:
    calls = [{"functionCall": {"name": "f", "args": args, "id": "same"}}, {"functionCall": {"name": "f", "id": "same"}}]
    facts, events = whole(body(*calls))
    assert [event.arguments for event in events if isinstance(event, ToolCallDelta)] == ["{}", "{}"]
    delta, _ = fold_events(events).messages[0]
    first, second = (call.id for call in delta.calls)
    assert first == "same"
    assert second is not None and second.startswith("tool_f_")
    assert facts.tool_call_count == 2


def test_code_that_google_runs_is_kept_as_extra_with_its_signature_and_commits_nothing() -> None:
    code = {"executableCode": {"language": "PYTHON", "code": "1"}, "thoughtSignature": "s"}
    facts, events = whole(body(code))
    extras = {event.path for event in events if isinstance(event, Extra)}
    assert extras == {
        "candidates[].content.parts[].executableCode",
        "candidates[].content.parts[].thoughtSignature",
    }
    assert not facts.content_seen


def test_sound_is_audio_and_images_among_thoughts_are_not_shown() -> None:
    sound = {"inlineData": {"mimeType": "audio/L16;rate=24000", "data": "AAAA"}}
    draft = {"inlineData": {"mimeType": "image/png", "data": "iVBO"}, "thought": True}
    facts, events = whole(body(draft, sound))
    media = [(event.kind, json.loads(bytes(event.payload))) for event in events if isinstance(event, MediaDelta)]
    assert media == [("audio", {"data": "AAAA"})]
    assert facts.media_count == 0


def test_body_that_says_nothing_is_an_empty_text() -> None:
    facts, events = whole({"candidates": [{"index": 0}]})
    assert facts.fault is None
    assert facts.finish_reason is None
    assert PartStarted(0, "text") in events
    assert isinstance(events[-1], Completed)
