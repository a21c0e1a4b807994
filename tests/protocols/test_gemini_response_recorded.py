"""Every recorded Gemini answer against an independent reading of the same bytes."""

import json
import random
import re
from itertools import pairwise
from typing import Any

import msgspec

from tests.protocols.gemini_reader import Candidate, fold, read_sent
from tests.protocols.gemini_recordings import PROTOCOL, answers, decode, documents, recorded, target_of
from tests.recorded import requires_recorded
from trunkline.protocols.events import Completed, Failed, GenerationEvent
from trunkline.protocols.faults.classify import classify_fault

pytestmark = requires_recorded

FAULTY = {
    "bb17b03fd4-00": ("UNEXPECTED_TOOL_CALL", "provider_unavailable"),
    "f8dcc9c52c-01": ("MODEL_ARMOR", "content_policy_violation"),
    "4d40264f03-00": ("SAFETY", "content_policy_violation"),
    "c175c638c6-00": ("SAFETY", "content_policy_violation"),
    "eab5f13d87-00": ("SAFETY", "content_policy_violation"),
    "27565cf108-00": (None, "provider_unavailable"),
}
"""Refused prompts, a call of an undeclared function, and something that is no answer at all."""
WITHOUT_FINISH = {"639369974e-00"}
"""A body that says nothing."""

WRITTEN_ANEW = {"modelVersion", "responseId", "createTime", "promptFeedback"}
"""Members of a chunk that name Google's own machinery, and verdicts on prompts that were not refused."""


def sound() -> list[dict[str, Any]]:
    return [exchange for exchange in answers() if exchange["id"] not in FAULTY]


def test_every_answer_that_ended_in_order_has_no_fault_and_every_broken_one_is_classified() -> None:
    assert len(answers()) > 390
    for exchange in answers():
        facts, events = decode(exchange)
        if exchange["id"] in FAULTY:
            assert facts.fault is not None, exchange["id"]
            kind = classify_fault(facts.fault).error_type
            assert (facts.fault.code, kind) == FAULTY[exchange["id"]], exchange["id"]
            assert isinstance(events[-1], Failed)
        else:
            assert facts.fault is None, (exchange["id"], facts.fault)
            assert (facts.finish_reason is None) == (exchange["id"] in WITHOUT_FINISH), exchange["id"]
            assert isinstance(events[-1], Completed)


def test_text_thoughts_signatures_calls_media_tokens_sources_and_extras_arrive_as_sent() -> None:
    for exchange in sound():
        sent, got = read_sent(exchange), fold(decode(exchange)[1])
        assert got.keys() == sent.keys(), exchange["id"]
        for index, candidate in sent.items():
            compare(exchange["id"], candidate, got[index])


def compare(where: str, sent: Candidate, got: Candidate) -> None:
    assert got.text == sent.text, where
    assert got.thoughts == sent.thoughts, where
    assert sorted(got.signatures) == sorted(sent.signatures), where
    assert got.calls == sent.calls, where
    assert got.media == sent.media, where
    assert got.tokens == sent.tokens, where
    assert got.finish == sent.finish, where
    assert got.sources == sent.sources, where
    assert {quote for quote in got.quotes if quote[1]} == {quote for quote in sent.quotes if quote[1]}, where
    assert got.extras == sent.extras, where
    minted = [identifier for identifier in got.given_ids if identifier not in sent.given_ids]
    assert len(got.given_ids) == len(set(got.given_ids)) == len(sent.calls), where
    assert all(re.fullmatch(r"tool_\w[\w.-]*_[A-Za-z0-9]{20}", identifier) for identifier in minted), where


def leaf_count(value: Any) -> int:
    if isinstance(value, dict):
        return sum(leaf_count(member) for member in value.values())
    return sum(leaf_count(item) for item in value) if isinstance(value, list) else 1


def test_every_member_of_a_chunk_is_read_or_known_to_say_nothing_of_the_answer() -> None:
    """Of candidates nothing is lost: the test above compares them leaf by leaf, unknown members included."""
    leaves = 0
    for exchange in sound():
        for document in documents(exchange):
            leaves += leaf_count(document)
            assert document.keys() <= WRITTEN_ANEW | {"candidates", "usageMetadata"}, exchange["id"]
            for candidate in document["candidates"]:
                content = candidate.get("content") or {}
                assert content.keys() <= {"role", "parts", "invalid-field"}, exchange["id"]
    assert leaves > 10_000


def test_usage_is_the_largest_of_each_count_and_its_classes_add_up() -> None:
    for exchange in answers():
        sent: dict[str, int] = {}
        for document in documents(exchange):
            for name, value in (document.get("usageMetadata") or {}).items():
                if isinstance(value, int):
                    sent[name] = max(value, sent.get(name, 0))
        usage = decode(exchange)[0].usage
        prompt = sent.get("promptTokenCount", 0) + sent.get("toolUsePromptTokenCount", 0)
        completion = sent.get("candidatesTokenCount", 0) + sent.get("thoughtsTokenCount", 0)
        if not prompt and not completion:
            assert usage is None, exchange["id"]
            continue
        assert usage is not None, exchange["id"]
        assert (usage.prompt_tokens, usage.completion_tokens) == (prompt, completion), exchange["id"]
        assert usage.reasoning_tokens == sent.get("thoughtsTokenCount", 0), exchange["id"]
        assert usage.cached_tokens == sent.get("cachedContentTokenCount", 0) <= usage.prompt_tokens, exchange["id"]
        media = usage.prompt_audio_tokens + usage.prompt_image_tokens + usage.prompt_video_tokens
        assert media + usage.prompt_file_tokens <= usage.prompt_tokens, exchange["id"]
        said = [document.get("usageMetadata") for document in documents(exchange)]
        assert json.loads(bytes(usage.raw)) in said, exchange["id"]


def test_totals_are_googles_own_where_a_recording_is_whole() -> None:
    checked = 0
    for exchange in sound():
        last = documents(exchange)[-1].get("usageMetadata") or {}
        usage = decode(exchange)[0].usage
        if usage is None or exchange["fidelity"]["response"] != "raw" or "totalTokenCount" not in last:
            continue
        checked += usage.prompt_tokens + usage.completion_tokens == last["totalTokenCount"]
    assert checked > 80


def test_facts_count_what_the_events_say() -> None:
    for exchange in sound():
        facts, events = decode(exchange)
        candidates = fold(events).values()
        assert facts.tool_call_count == sum(len(candidate.calls) for candidate in candidates), exchange["id"]
        assert facts.media_count == sum(len(candidate.media) for candidate in candidates), exchange["id"]
        said = any(c.text or c.thoughts or c.calls or c.media or c.signatures for c in candidates)
        assert facts.content_seen == said, exchange["id"]
        assert facts.upstream_id == documents(exchange)[0].get("responseId"), exchange["id"]
        if facts.tool_call_count and facts.native_finish_reason == "STOP":
            assert facts.finish_reason == "tool_calls", exchange["id"]


def without_minted(events: list[GenerationEvent]) -> str:
    """Ids that we give are other ones each time; fragments as JSON, so that they can be compared."""
    text = msgspec.json.encode([{type(event).__name__: event} for event in events]).decode()
    return re.sub(r"(tool_\w+|image_\d+)_[A-Za-z0-9]{20}", "minted", text)


def test_recorded_streams_read_in_random_pieces_give_the_same_events() -> None:
    dice = random.Random(11)
    for exchange in answers():
        if not exchange["stream"]:
            continue
        data = exchange["response"]["body"].encode()
        facts, events = decode(exchange)
        for count in (1, 7, 60):
            cuts = sorted(dice.sample(range(len(data)), min(count, len(data) - 1)))
            decoder = PROTOCOL.open_stream(target_of(exchange), exclude_reasoning=False)
            got: list[GenerationEvent] = []
            for start, end in pairwise([0, *cuts, len(data)]):
                got += decoder.feed(data[start:end])
            got += decoder.close()
            assert decoder.facts == facts, exchange["id"]
            assert without_minted(got) == without_minted(events), exchange["id"]


def test_a_stream_put_together_into_one_body_says_the_same() -> None:
    """One chunk with all the parts, the last usage and the last finish is what the API answers without streaming."""
    for exchange in sound():
        if not exchange["stream"]:
            continue
        merged: dict[str, Any] = {}
        for document in documents(exchange):
            merged = {**merged, **document, "candidates": merge(merged.get("candidates", []), document["candidates"])}
        facts, events = decode({**exchange, "stream": False}, json.dumps(merged).encode())
        streamed = fold(decode(exchange)[1])
        for index, candidate in fold(events).items():
            for name in ("text", "thoughts", "calls", "media", "tokens", "finish"):
                assert getattr(candidate, name) == getattr(streamed[index], name), (exchange["id"], name)
            assert sorted(candidate.signatures) == sorted(streamed[index].signatures)
        assert facts.fault is None


def merge(known: list[dict[str, Any]], more: list[dict[str, Any]]) -> list[dict[str, Any]]:
    merged = {candidate.get("index", 0): candidate for candidate in known}
    for candidate in more:
        old = merged.get(candidate.get("index", 0), {})
        parts = (old.get("content") or {}).get("parts", []) + ((candidate.get("content") or {}).get("parts") or [])
        merged[candidate.get("index", 0)] = {**old, **candidate, "content": {"role": "model", "parts": parts}}
    return list(merged.values())


def test_excluded_reasoning_leaves_no_trace_but_its_tokens() -> None:
    seen = 0
    for exchange in sound():
        facts, events = decode(exchange, exclude_reasoning=True)
        for candidate in fold(events).values():
            assert not candidate.thoughts, exchange["id"]
            assert not candidate.signatures, exchange["id"]
        seen += facts.usage is not None and facts.usage.reasoning_tokens > 0
    assert seen > 100


def test_recorded_errors_have_their_kinds() -> None:
    kinds = {
        exchange["id"]: PROTOCOL.classify(
            exchange["response"]["status"], {}, exchange["response"]["body"].encode(), now_ms=0
        )
        for exchange in recorded()
        if exchange["response"]["status"] != 200
    }
    assert kinds["124ddb0653-00"].error_type == "provider_unavailable"  # the key, said with a 400
    assert kinds["30d5efba04-00"].error_type == "not_found"
    assert kinds["17d3e2011d-00"].error_type == "permission_denied"
    assert kinds["60644063d3-00"].fault.retry_after_s == 34.4
    assert kinds["60644063d3-00"].fault.code == "RESOURCE_EXHAUSTED"
    assert len(kinds) == 15
