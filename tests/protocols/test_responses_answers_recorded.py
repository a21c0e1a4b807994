"""Recorded Responses answers, read by us and by a reader of plain JSON: both come to the same."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from msgspec import Raw

from tests import shapes
from tests.protocols.chat_recordings import IDENTITY
from tests.protocols.responses_recordings import (
    answers,
    decode,
    final_response,
    of_events,
    of_items,
    recorded,
    stream_events,
    target_of,
)
from tests.recorded import requires_recorded
from tests.reports import REPORT
from trunkline.protocols.chat.answers import AnswerOptions, encode_body, encode_stream
from trunkline.protocols.events import (
    Annotated,
    Completed,
    Extra,
    Failed,
    Finished,
    GenerationEvent,
    MediaDelta,
    PartEnded,
    PartStarted,
    ReasoningDelta,
)
from trunkline.protocols.responses.decoder import ResponsesDecoder, decode_body

pytestmark = requires_recorded

LEFT_OUT = {
    "logprobs": "compared as tokens by the oracle test",
    "index": "of a file citation: kept whole as a member without a word, see below",
    "result": "of an image: becomes a data URL",
    "output_format": "of an image: becomes the data URL's type",
    "item_id": "said twice by one server",
    "output_index": "said twice by one server",
}
WRITTEN_ANEW = {"type", "id", "status", "role"}


def test_an_answer_says_what_the_upstream_said() -> None:
    for exchange in answers():
        facts, events = decode(exchange)
        assert facts.fault is None, exchange["id"]
        expected = of_items(final_response(exchange)["output"])
        said = of_events(events)
        if exchange["stream"]:
            done = [e["item"] for e in stream_events(exchange) if e["type"] == "response.output_item.done"]
            # Recorders put different dummies in place of the same secret.
            expected.encrypted, expected.calls = of_items(done).encrypted, of_items(done).calls
            expected.others, said.others = sorted(expected.others), sorted(said.others)
            if exchange["fidelity"]["response"] == "scrubbed":
                expected.others = said.others
        assert said == expected, exchange["id"]


def test_finish_and_usage_are_the_upstreams() -> None:
    reasons: Counter[tuple[str | None, str | None]] = Counter()
    for exchange in answers():
        facts, events = decode(exchange)
        final = final_response(exchange)
        reasons[facts.finish_reason, facts.native_finish_reason] += 1
        assert facts.native_finish_reason == (final.get("incomplete_details") or {"reason": "completed"})["reason"]
        has_calls = any(item["type"] in ("function_call", "custom_tool_call") for item in final["output"])
        assert (facts.finish_reason == "tool_calls") == (has_calls and final["status"] == "completed"), exchange["id"]
        assert isinstance(events[-2], Finished) and isinstance(events[-1], Completed)
        usage = final.get("usage")
        # Usage that counts nothing is none (inference.md 13.1).
        assert (facts.usage is not None) == bool(usage and usage["total_tokens"]), exchange["id"]
        if facts.usage is not None:
            counted = facts.usage
            assert (counted.prompt_tokens, counted.completion_tokens) == (usage["input_tokens"], usage["output_tokens"])
            details = usage.get("input_tokens_details") or {}
            assert counted.cached_tokens == details.get("cached_tokens", 0)
            assert counted.cache_write_tokens == details.get("cache_write_tokens", 0)
            assert counted.cached_tokens + counted.cache_write_tokens <= counted.prompt_tokens
            reasoned = (usage.get("output_tokens_details") or {}).get("reasoning_tokens", 0)
            assert counted.reasoning_tokens == min(reasoned, counted.completion_tokens)
    assert {("stop", "completed"), ("tool_calls", "completed"), ("length", "max_output_tokens")} <= set(reasons)
    assert reasons["content_filter", "completed"] == 2, "answers that only refuse"


def test_a_stream_comes_to_the_same_as_its_final_response_read_whole() -> None:
    compared = 0
    for exchange in answers():
        if not exchange["stream"] or exchange["fidelity"]["response"] == "scrubbed":
            continue
        final = stream_events(exchange)[-1]["response"]
        if not final["output"]:
            continue
        compared += 1
        facts, events = decode(exchange)
        whole = decode_body(json.dumps(final).encode(), target_of(exchange))
        streamed, final_said = of_events(events), of_events(whole.events)
        # OpenAI encrypts anew each time it sends an item.
        assert [item_id for item_id, _ in streamed.encrypted] == [item_id for item_id, _ in final_said.encrypted]
        streamed.encrypted = final_said.encrypted
        assert streamed == final_said, exchange["id"]
        for name in ("finish_reason", "native_finish_reason", "service_tier", "tool_call_count", "output_chars"):
            assert getattr(facts, name) == getattr(whole.facts, name), (exchange["id"], name)
        assert (facts.search_count, facts.media_count) == (whole.facts.search_count, whole.facts.media_count)
    assert compared > 60


def test_parts_open_and_close_once_and_nothing_follows_the_end() -> None:
    for exchange in answers():
        _, events = decode(exchange)
        started = [event.index for event in events if isinstance(event, PartStarted)]
        ended = [event.index for event in events if isinstance(event, PartEnded)]
        assert sorted(started) == sorted(ended) == list(range(len(started))), exchange["id"]
        growing: set[int] = set()
        for event in events:
            if isinstance(event, PartStarted):
                growing.add(event.index)
            elif isinstance(event, PartEnded):
                growing.discard(event.index)
            elif hasattr(event, "index"):
                assert event.index in growing, exchange["id"]


def test_details_of_one_item_share_an_index_and_the_providers_format() -> None:
    formats: Counter[tuple[str, str | None]] = Counter()
    for exchange in answers():
        _, events = decode(exchange)
        for event in events:
            if isinstance(event, ReasoningDelta):
                formats[exchange["provider"], event.format] += 1
                assert (event.id is not None) == (event.type == "reasoning.encrypted"), exchange["id"]
    assert formats["openai", "openai-responses-v1"]
    assert formats["xai", "xai-responses-v1"]
    assert formats["azure", "azure-openai-responses-v1"]
    assert {form for provider, form in formats if provider == "deepseek"} == {"unknown"}


def test_excluded_reasoning_is_counted_and_not_told() -> None:
    for exchange in answers():
        facts, events = decode(exchange, exclude_reasoning=True)
        assert not any(isinstance(event, ReasoningDelta) for event in events)
        assert not any(isinstance(event, PartStarted) and event.kind == "reasoning" for event in events)
        assert facts.output_chars == decode(exchange)[0].output_chars


def test_clients_get_well_formed_chat_from_every_answer() -> None:
    for exchange in answers():
        target, data = target_of(exchange), exchange["response"]["body"].encode()
        if exchange["stream"]:
            decoder = ResponsesDecoder(target)
            stream = encode_stream(decoder, IDENTITY, AnswerOptions())
            out = stream.feed(data) + stream.close() + stream.tail(REPORT)
            assert shapes.chat_stream(out) == [], exchange["id"]
        else:
            out = encode_body(decode_body(data, target), IDENTITY, AnswerOptions()).render(REPORT)
            assert shapes.chat_body(json.loads(out)) == [], exchange["id"]


def test_what_failed_or_is_not_finished_is_a_fault() -> None:
    failed = [e for e in recorded() if e["response"]["status"] == 200 and e not in answers()]
    assert len(failed) == 4
    for exchange in failed:
        facts, events = decode(exchange)
        assert facts.fault is not None
        assert isinstance(events[-1], Failed)
        assert not facts.content_seen


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    if isinstance(value, dict):
        for name, member in value.items():
            yield from leaves(member, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))
    else:
        yield path, value


def carried(events: list[GenerationEvent]) -> set[Any]:
    """Every value that stands somewhere in the events."""
    said = of_events(events)
    values: set[Any] = {*said.texts, *said.refusals, *said.summaries, *said.thoughts, *said.images}
    values.update(part for group in (*said.encrypted, *said.calls) for part in group)
    for event in events:
        raw: Raw | None = None
        match event:
            case Extra(value=value):
                raw = value
            case Annotated(annotation):
                raw = annotation
            case MediaDelta(payload=payload):
                raw = payload
            case _:
                pass
        if raw is not None:
            values.update(value for _, value in leaves(json.loads(bytes(raw))))
    return values


def test_every_leaf_of_a_recorded_output_is_carried_or_accounted_for() -> None:
    """Beside `output` a response echoes the request; `usage`, `status` and the tier are compared above."""
    lost: list[tuple[str, str, Any]] = []
    count = 0
    for exchange in answers():
        if exchange["stream"]:
            continue
        values = carried(decode(exchange)[1])
        for path, value in leaves(final_response(exchange)["output"]):
            count += 1
            name = next(step for step in reversed(path) if isinstance(step, str))
            is_known = name in WRITTEN_ANEW or bool(LEFT_OUT.keys() & set(path)) or value in (None, "")
            # A position moves by the text of the parts before it.
            if not is_known and value not in values and name not in ("start_index", "end_index"):
                lost.append((exchange["id"], ".".join(map(str, path)), value))
    assert count > 2_000
    assert not lost, lost[:10]
