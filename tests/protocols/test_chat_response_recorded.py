"""Every recorded chat answer, natively and through the hub, against an independent reading of the same bytes."""

import json
from collections import Counter
from typing import Any

import pytest

from tests import shapes
from tests.protocols.chat_reader import Answer, Choice, read
from tests.protocols.chat_recordings import IDENTITY, Path, answers, relay
from tests.recorded import requires_recorded
from trunkline.protocols.answers import Facts

pytestmark = requires_recorded

BOTH: tuple[Path, ...] = ("native", "hub")

FAULTY = {
    "ccf7838ee7-00": "an error event in the stream",
    "dd3fbfda7a-00": "an error event in the stream",
    "38536ef327-00": "an error beside the finish",
    "18ca5c634b-00": "an error inside the choice",
    "758ceac4ba-00": "a stream without finish and content",
    "ee31a56888-00": "a stream without finish and content",
    "8893e82ac6-00": "text without a finish reason",
    "d3f9c4c382-00": "text without a finish reason",
}
SAYS_NOTHING = {"326e142fab-00", "7a5f34e77b-00", "8b1f1639f2-00"}
"""Bodies with a null finish reason and no output: answers that cost nothing (inference.md 13.4)."""

_read: dict[tuple[Path, str], tuple[Facts, bytes, Answer]] = {}
_raw: dict[str, Answer] = {}


def ours(path: Path, exchange: dict[str, Any]) -> tuple[Facts, bytes, Answer]:
    key = (path, exchange["id"])
    if key not in _read:
        facts, out = relay(path, exchange)
        _read[key] = (facts, out, read(out.decode(), stream=exchange["stream"]))
    return _read[key]


def upstreams(exchange: dict[str, Any]) -> Answer:
    if exchange["id"] not in _raw:
        _raw[exchange["id"]] = read(exchange["response"]["body"], stream=exchange["stream"])
    return _raw[exchange["id"]]


def sound() -> list[dict[str, Any]]:
    return [exchange for exchange in answers() if exchange["id"] not in FAULTY]


@pytest.mark.parametrize("path", BOTH)
def test_every_answer_that_ended_in_order_has_no_fault_and_every_broken_one_has(path: Path) -> None:
    assert len(answers()) > 1200
    for exchange in answers():
        facts, _, _ = ours(path, exchange)
        assert (facts.fault is not None) == (exchange["id"] in FAULTY), exchange["id"]
        if exchange["id"] not in FAULTY:
            assert (facts.finish_reason is None) == (exchange["id"] in SAYS_NOTHING), exchange["id"]


def test_both_paths_see_the_same_facts() -> None:
    for exchange in answers():
        assert ours("native", exchange)[0] == ours("hub", exchange)[0], exchange["id"]


def without_minted_ids(choice: Choice, upstream: Choice) -> Choice:
    """An id that the upstream did not give is ours, and another one each time."""
    for call, original in zip(choice.calls, upstream.calls, strict=True):
        if not original["id"]:
            assert call["id"].startswith("call_")
            call["id"] = ""
    return choice


def normal_calls(choice: Choice) -> list[dict[str, str]]:
    return [{**call, "arguments": call["arguments"] or "{}"} for call in choice.calls]


@pytest.mark.parametrize("path", BOTH)
def test_text_calls_reasoning_refusal_logprobs_images_and_audio_arrive_as_sent(path: Path) -> None:
    for exchange in sound():
        upstream, client = upstreams(exchange), ours(path, exchange)[2]
        assert client.choices.keys() == upstream.choices.keys(), exchange["id"]
        for index, sent in upstream.choices.items():
            got = without_minted_ids(client.choices[index], sent)
            assert got.text == sent.text, exchange["id"]
            assert got.calls == normal_calls(sent), exchange["id"]
            assert got.reasoning == sent.reasoning, exchange["id"]
            assert got.refusal == sent.refusal, exchange["id"]
            assert got.tokens == sent.tokens, exchange["id"]
            assert got.images == sent.images, exchange["id"]
            assert got.audio == sent.audio, exchange["id"]


@pytest.mark.parametrize("path", BOTH)
def test_reasoning_details_are_kept_to_the_letter_and_minted_only_where_there_are_none(path: Path) -> None:
    for exchange in sound():
        for index, sent in upstreams(exchange).choices.items():
            got = ours(path, exchange)[2].choices[index]
            if sent.details:
                kept = [detail for detail in got.details if detail in sent.details]
                assert kept == sent.details, exchange["id"]
            elif sent.reasoning:
                assert "".join(detail["text"] for detail in got.details) == sent.reasoning, exchange["id"]
            else:
                assert not got.details, exchange["id"]


@pytest.mark.parametrize("path", BOTH)
def test_annotations_are_kept_and_perplexity_sources_become_annotations(path: Path) -> None:
    for exchange in sound():
        upstream, client = upstreams(exchange), ours(path, exchange)[2]
        for index, sent in upstream.choices.items():
            got = client.choices[index].annotations
            minted = got[len(sent.annotations) :]
            assert got[: len(sent.annotations)] == sent.annotations, exchange["id"]
            urls = [annotation["url_citation"]["url"] for annotation in minted]
            assert urls == (upstream.sources if index == 0 else []), exchange["id"]


@pytest.mark.parametrize("path", BOTH)
def test_members_of_deltas_and_choices_that_nobody_knows_travel(path: Path) -> None:
    for exchange in sound():
        for index, sent in upstreams(exchange).choices.items():
            got = Counter(ours(path, exchange)[2].choices[index].unknown)
            assert not Counter(sent.unknown) - got, exchange["id"]


def expected_finish(sent: Choice, *, omitted: bool) -> str | None:
    words = {"function_call": "tool_calls", "tool_call": "tool_calls", "eos": "stop"}
    word = words.get(sent.finish, sent.finish) if sent.finish else ("stop" if omitted else None)
    if sent.calls and word in ("stop", None):
        return "tool_calls"
    return word


@pytest.mark.parametrize("path", BOTH)
def test_finish_reasons_are_ours_and_the_upstreams_own_word_stands_beside(path: Path) -> None:
    for exchange in sound():
        for index, sent in upstreams(exchange).choices.items():
            got = ours(path, exchange)[2].choices[index]
            assert got.finish == expected_finish(sent, omitted=exchange["provider"] == "snowflake"), exchange["id"]
            if sent.finish:
                assert got.native_finish == sent.native_finish, exchange["id"]


@pytest.mark.parametrize("path", BOTH)
def test_usage_counts_are_the_upstreams_and_its_classes_add_up(path: Path) -> None:
    for exchange in answers():
        sent, got = upstreams(exchange).usage, ours(path, exchange)[0].usage
        assert (sent is None) == (got is None), exchange["id"]
        if sent is None or got is None:
            continue
        assert json.loads(bytes(got.raw)) == sent, exchange["id"]
        if sent.get("total_tokens") and exchange["id"] != "37f705f4c5-00":
            # The exception: Google counts thoughts in the total alone; only its quirk makes sense of that.
            assert got.prompt_tokens + got.completion_tokens == sent["total_tokens"], exchange["id"]
        assert got.cached_tokens <= got.prompt_tokens
        assert got.cache_write_tokens <= got.prompt_tokens
        assert got.reasoning_tokens <= got.completion_tokens


@pytest.mark.parametrize("path", BOTH)
def test_what_the_client_gets_has_the_shape_that_strict_clients_insist_on(path: Path) -> None:
    for exchange in sound():
        out = ours(path, exchange)[1]
        problems = shapes.chat_stream(out) if exchange["stream"] else shapes.chat_body(json.loads(out))
        assert not problems, (exchange["id"], problems[:3])


def test_native_and_hub_write_the_same_body() -> None:
    for exchange in sound():
        if not exchange["stream"] and not any(
            not call["id"] for c in upstreams(exchange).choices.values() for call in c.calls
        ):
            assert ours("native", exchange)[1] == ours("hub", exchange)[1], exchange["id"]


def test_the_envelope_is_ours_in_every_chunk_and_body() -> None:
    for exchange in answers():
        out = ours("native", exchange)[1].decode()
        documents = (
            [json.loads(p) for p in shapes.sse_payloads(out.encode())[:-1]] if exchange["stream"] else [json.loads(out)]
        )
        for document in documents:
            assert document["id"] == IDENTITY.generation_id
            assert document["created"] == IDENTITY.created_s
            assert (document["model"], document["provider"]) == (IDENTITY.model, IDENTITY.provider)
        fingerprint = upstreams(exchange).fingerprint
        assert documents[-1].get("system_fingerprint") == (fingerprint or None), exchange["id"]
