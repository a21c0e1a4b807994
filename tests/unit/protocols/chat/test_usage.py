"""Token counts from every spelling, and back to the client."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Raw

from tests import shapes
from trunkline.core.money import Charge, NanoUsd
from trunkline.protocols.chat.usage import render_usage
from trunkline.protocols.events import Usage
from trunkline.protocols.usage import normalise, normalise_any


def read(document: object, *quirks: str) -> Usage:
    return normalise(Raw(json.dumps(document).encode()), frozenset(quirks))


def documents(counts: st.SearchStrategy[object]) -> st.SearchStrategy[dict[str, object]]:
    prompt = st.dictionaries(st.sampled_from(["cached_tokens", "audio_tokens", "image_tokens"]), counts)
    said = ["reasoning_tokens", "audio_tokens", "accepted_prediction_tokens", "rejected_prediction_tokens"]
    completion = st.dictionaries(st.sampled_from(said), counts)
    return st.fixed_dictionaries(
        {"prompt_tokens": counts, "completion_tokens": counts, "total_tokens": counts},
        optional={
            "prompt_tokens_details": st.one_of(prompt, st.none()),
            "completion_tokens_details": st.one_of(completion, st.none()),
            "cost": st.just(0.1),
        },
    )


ODD = st.sampled_from([-1, 0, 5, 2**31, 2**63, 3.0, 2.5, "7", None, True])
DOCUMENTS = st.one_of(documents(st.integers(0, 20)), documents(ODD))


@settings(max_examples=500, deadline=None)
@given(document=DOCUMENTS, quirk=st.sampled_from([(), ("usage_excludes_reasoning",)]))
def test_a_common_object_is_read_as_any_other_would_be(document: object, quirk: tuple[str, ...]) -> None:
    assert read(document, *quirk) == normalise_any(Raw(json.dumps(document).encode()), frozenset(quirk))


def test_openai_details_are_read() -> None:
    usage = read(
        {
            "prompt_tokens": 100,
            "completion_tokens": 50,
            "total_tokens": 150,
            "prompt_tokens_details": {"cached_tokens": 30, "audio_tokens": 5, "cache_write_tokens": 7},
            "completion_tokens_details": {"reasoning_tokens": 20, "accepted_prediction_tokens": 3},
        }
    )
    assert (usage.prompt_tokens, usage.completion_tokens) == (100, 50)
    assert (usage.cached_tokens, usage.cache_write_tokens, usage.prompt_audio_tokens) == (30, 7, 5)
    assert (usage.reasoning_tokens, usage.accepted_prediction_tokens) == (20, 3)


@pytest.mark.parametrize(
    "cached",
    [
        {"prompt_cache_hit_tokens": 8},
        {"cache_read_input_tokens": 8},
        {"cached_tokens": 8},
        {"prompt_tokens_details": {"cached_tokens": 8}},
    ],
)
def test_cached_tokens_are_found_under_every_name(cached: dict[str, object]) -> None:
    assert read({"prompt_tokens": 10, "completion_tokens": 1, **cached}).cached_tokens == 8


def test_thinking_that_the_total_counts_apart_is_added_to_the_completion() -> None:
    details = {"reasoning_tokens": 64}
    usage = read(
        {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 79, "completion_tokens_details": details}
    )
    assert (usage.completion_tokens, usage.reasoning_tokens) == (69, 64)


def test_audio_that_the_total_counts_apart_is_added_to_the_prompt() -> None:
    details = {"audio_tokens": 375, "cached_tokens": 9}
    usage = read({"prompt_tokens": 11, "completion_tokens": 15, "total_tokens": 401, "prompt_tokens_details": details})
    assert (usage.prompt_tokens, usage.prompt_audio_tokens) == (386, 375)


def test_a_gap_in_the_total_is_thinking_only_where_the_provider_is_known_for_it() -> None:
    gap = {"prompt_tokens": 35, "completion_tokens": 12, "total_tokens": 109}
    assert read(gap).completion_tokens == 12
    usage = read(gap, "usage_excludes_reasoning")
    assert (usage.completion_tokens, usage.reasoning_tokens) == (74, 62)


@pytest.mark.parametrize("nonsense", [None, [], "x", 7, {"prompt_tokens": -3}, {"prompt_tokens": 1e300}, {"a": {}}])
def test_nonsense_counts_nothing(nonsense: object) -> None:
    usage = read(nonsense)
    assert (usage.prompt_tokens, usage.completion_tokens) == (0, 0)


counts = st.integers(0, 10**7)


@given(
    prompt=counts,
    completion=counts,
    total=counts,
    cached=counts,
    written=counts,
    reasoning=counts,
    audio=counts,
)
def test_classes_are_never_more_than_their_totals(
    prompt: int, completion: int, total: int, cached: int, written: int, reasoning: int, audio: int
) -> None:
    usage = read(
        {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": total,
            "prompt_tokens_details": {"cached_tokens": cached, "cache_write_tokens": written, "audio_tokens": audio},
            "completion_tokens_details": {"reasoning_tokens": reasoning},
        }
    )
    assert usage.cached_tokens + usage.cache_write_tokens <= usage.prompt_tokens
    assert usage.prompt_audio_tokens <= usage.prompt_tokens
    assert usage.reasoning_tokens <= usage.completion_tokens


def render(usage: Usage, *, is_byok: bool = False) -> str:
    charge = Charge(
        total_nanousd=NanoUsd(25_000),
        upstream_nanousd=NanoUsd(25_000),
        upstream_prompt_nanousd=NanoUsd(10_000),
        upstream_completion_nanousd=NanoUsd(15_000),
        is_byok=is_byok,
    )
    return render_usage(usage, charge).decode()


def test_the_clients_usage_has_the_recorded_order() -> None:
    assert render(Usage(prompt_tokens=10, completion_tokens=3)) == (
        '{"prompt_tokens":10,"completion_tokens":3,"total_tokens":13,"cost":0.000025,"is_byok":false,'
        '"prompt_tokens_details":{"cached_tokens":0,"cache_write_tokens":0,"audio_tokens":0,"video_tokens":0},'
        '"cost_details":{"upstream_inference_cost":0.000025,"upstream_inference_prompt_cost":0.00001,'
        '"upstream_inference_completions_cost":0.000015},'
        '"completion_tokens_details":{"reasoning_tokens":0,"image_tokens":0,"audio_tokens":0}}'
    )


def test_optional_members_appear_only_with_something_in_them() -> None:
    rendered = json.loads(
        render(Usage(prompt_tokens=1, prompt_file_tokens=4, rejected_prediction_tokens=2, web_searches=3), is_byok=True)
    )
    assert rendered["prompt_tokens_details"]["file_tokens"] == 4
    assert rendered["completion_tokens_details"]["rejected_prediction_tokens"] == 2
    assert "accepted_prediction_tokens" not in rendered["completion_tokens_details"]
    assert rendered["server_tool_use_details"] == rendered["server_tool_use"] == {"web_search_requests": 3}
    assert rendered["is_byok"] is True
    assert not shapes.usage(rendered)


def test_costs_are_exact_decimals_without_exponent() -> None:
    charge = Charge(
        total_nanousd=NanoUsd(140),
        upstream_nanousd=NanoUsd(10**18 + 1),
        upstream_prompt_nanousd=NanoUsd(0),
        upstream_completion_nanousd=NanoUsd(1),
    )
    text = render_usage(Usage(), charge).decode()
    assert '"cost":0.00000014,' in text
    assert '"upstream_inference_cost":1000000000.000000001,' in text
    assert '"upstream_inference_completions_cost":0.000000001}' in text
