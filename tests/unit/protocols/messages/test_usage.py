"""Token counts of this format."""

from msgspec import Raw

from trunkline.core import json
from trunkline.protocols.events import Usage
from trunkline.protocols.messages.usage import UsageReader


def total(counts: dict[str, object], thinking_chars: int = 0) -> Usage | None:
    reader = UsageReader()
    reader.read(json.raw(counts))
    return reader.total(thinking_chars=thinking_chars, output_chars=1_000)


def test_output_that_nobody_counted_is_estimated() -> None:
    reader = UsageReader()
    reader.read(json.raw({"input_tokens": 5, "output_tokens": 1}), at_start=True)
    broken_off = reader.total(thinking_chars=0, output_chars=400)
    assert broken_off is not None
    assert (broken_off.prompt_tokens, broken_off.completion_tokens, broken_off.estimated) == (5, 100, True)
    reader.read(json.raw({"output_tokens": 90}))
    counted = reader.total(thinking_chars=0, output_chars=400)
    assert counted is not None
    assert (counted.completion_tokens, counted.estimated) == (90, False)


def test_the_prompt_is_the_sum_of_new_read_and_written_tokens() -> None:
    lifetimes = {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20}
    usage = total(
        {
            "input_tokens": 5,
            "cache_read_input_tokens": 100,
            "cache_creation_input_tokens": 30,
            "cache_creation": lifetimes,
            "output_tokens": 7,
        }
    )
    assert usage is not None
    assert (usage.prompt_tokens, usage.cached_tokens) == (135, 100)
    assert (usage.cache_write_tokens, usage.cache_write_1h_tokens) == (30, 20)
    assert usage.completion_tokens == 7


def test_thinking_is_told_or_estimated_from_what_is_seen_of_it() -> None:
    told = total({"output_tokens": 90, "output_tokens_details": {"thinking_tokens": 60}}, thinking_chars=8)
    guessed = total({"output_tokens": 90}, thinking_chars=41)
    bounded = total({"output_tokens": 9}, thinking_chars=400)
    assert [usage.reasoning_tokens for usage in (told, guessed, bounded) if usage] == [60, 11, 9]


def test_shortening_the_conversation_on_the_way_is_paid_for_as_well() -> None:
    compaction = {"type": "compaction", "input_tokens": 1000, "output_tokens": 50, "cache_read_input_tokens": 7}
    answer = {"type": "message", "input_tokens": 10, "output_tokens": 5}
    advice = {"type": "advisor_message", "model": "another", "input_tokens": 99, "output_tokens": 99}
    usage = total({"input_tokens": 10, "output_tokens": 5, "iterations": [compaction, answer, advice]})
    assert usage is not None
    assert (usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens) == (1017, 55, 7)


def test_counts_of_nothing_are_no_usage() -> None:
    assert total({}) is None
    assert total({"input_tokens": 0, "output_tokens": 0}) is None


def test_counts_that_are_none_are_read_over() -> None:
    reader = UsageReader()
    reader.read(Raw(b'{"input_tokens":"many","output_tokens":-5,"service_tier":7,"iterations":{"type":"compaction"}}'))
    reader.read(Raw(b"[1]"))
    assert reader.total(thinking_chars=0, output_chars=0) is None
    assert reader.service_tier == "7"


def test_the_standard_tier_is_the_default_one() -> None:
    reader = UsageReader()
    reader.read(Raw(b'{"service_tier":"standard"}'))
    assert reader.service_tier == "default"
    reader.read(Raw(b'{"service_tier":"priority"}'))
    assert reader.service_tier == "priority"
