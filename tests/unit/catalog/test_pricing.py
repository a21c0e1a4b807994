"""Charging, against a second, slow implementation that works with fractions straight from the written prices."""

from datetime import UTC, datetime
from fractions import Fraction
from math import floor
from time import process_time_ns

from hypothesis import given
from hypothesis import strategies as st

from trunkline.catalog.entries import PriceTable
from trunkline.catalog.price_sheets import UNPRICED, price_sheet
from trunkline.catalog.prices import PriceOverride
from trunkline.catalog.pricing import (
    affordable_output_tokens,
    applies,
    basis_points,
    charge,
    effective_prices,
    is_insured,
    price_score,
    prompt_nanousd,
    rates_at,
    worst_case_nanousd,
)
from trunkline.core.money import parse_price
from trunkline.protocols.events import Usage


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


NOON = at("2026-11-22T12:00")  # a Sunday

CLAUDE: PriceTable = {
    "prompt": "0.000003",
    "completion": "0.000015",
    "input_cache_read": "0.0000003",
    "input_cache_write": "0.00000375",
    "input_cache_write_1h": "0.000006",
    "overrides": [{"min_prompt_tokens": 200000, "prompt": "0.000006", "completion": "0.0000225"}],
}

PRICES = st.integers(0, 10**6).map(lambda n: f"0.{n:012d}")
OPTIONAL_KEYS = (
    "request",
    "image",
    "image_token",
    "image_output",
    "audio",
    "audio_output",
    "input_audio_cache",
    "web_search",
    "internal_reasoning",
    "input_cache_read",
    "input_cache_write",
    "input_cache_write_1h",
)


@st.composite
def tables(draw: st.DrawFn) -> dict[str, str]:
    keys = draw(st.sets(st.sampled_from(OPTIONAL_KEYS)))
    return {"prompt": draw(PRICES), "completion": draw(PRICES)} | {key: draw(PRICES) for key in sorted(keys)}


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    """Counts as a decoder delivers them: every class a subset of its total, classes disjoint."""
    cached_text, cached_audio, write_5m, write_1h, audio, image, plain = (
        draw(st.integers(0, 300_000)) if draw(st.booleans()) else 0 for _ in range(7)
    )
    out_image, out_audio, reasoning, text = (draw(st.integers(0, 50_000)) for _ in range(4))
    return Usage(
        prompt_tokens=cached_text + cached_audio + write_5m + write_1h + audio + image + plain,
        cached_tokens=cached_text + cached_audio,
        cached_audio_tokens=cached_audio,
        cache_write_tokens=write_5m + write_1h,
        cache_write_1h_tokens=write_1h,
        prompt_audio_tokens=audio + cached_audio,
        prompt_image_tokens=image,
        completion_tokens=out_image + out_audio + reasoning + text,
        completion_image_tokens=out_image,
        completion_audio_tokens=out_audio,
        reasoning_tokens=reasoning,
        web_searches=draw(st.integers(0, 20)),
    )


def half_up(usd: Fraction) -> int:
    return floor(usd * 10**9 + Fraction(1, 2))


def oracle_usd(table: dict[str, str], usage: Usage, images: int) -> tuple[Fraction, Fraction, Fraction]:
    """(input, output, searches) in USD: the sum of inference.md 13.2, token class by token class."""

    def price(*keys: str) -> Fraction:
        return next((Fraction(table[key]) for key in keys if key in table), Fraction(0))

    write_5m = usage.cache_write_tokens - usage.cache_write_1h_tokens
    audio = usage.prompt_audio_tokens - usage.cached_audio_tokens
    plain = usage.prompt_tokens - usage.cached_tokens - usage.cache_write_tokens - audio - usage.prompt_image_tokens
    inputs = [
        (plain, price("prompt")),
        (usage.cached_tokens - usage.cached_audio_tokens, price("input_cache_read", "prompt")),
        (usage.cached_audio_tokens, price("input_audio_cache", "input_cache_read", "audio", "prompt")),
        (write_5m, price("input_cache_write", "prompt")),
        (usage.cache_write_1h_tokens, price("input_cache_write_1h", "input_cache_write", "prompt")),
        (audio, price("audio", "prompt")),
        (usage.prompt_image_tokens, price("image_token", "prompt")),
        (images, price("image")),
        (1, price("request")),
    ]
    text = (
        usage.completion_tokens - usage.completion_image_tokens - usage.completion_audio_tokens - usage.reasoning_tokens
    )
    outputs = [
        (text, price("completion")),
        (usage.completion_image_tokens, price("image_output", "completion")),
        (usage.completion_audio_tokens, price("audio_output", "completion")),
        (usage.reasoning_tokens, price("internal_reasoning", "completion")),
    ]
    return (
        sum((count * each for count, each in inputs), Fraction(0)),
        sum((count * each for count, each in outputs), Fraction(0)),
        usage.web_searches * price("web_search"),
    )


@given(tables(), usages(), st.integers(0, 10), st.integers(0, 5000), st.integers(0, 10**9))
def test_charge_equals_the_sum_over_token_classes_rounded_once(
    table: dict[str, str], usage: Usage, images: int, markup_bps: int, fees: int
) -> None:
    priced = charge(price_sheet({**table}), usage, at_ms=NOON, images=images, markup_bps=markup_bps, fees_nanousd=fees)

    prompt, completion, searches = oracle_usd(table, usage, images)
    upstream = prompt + completion + searches
    assert priced.upstream_nanousd == half_up(upstream)
    assert priced.total_nanousd == half_up(upstream * (10_000 + markup_bps) / 10_000) + fees
    assert priced.upstream_prompt_nanousd == half_up(prompt)


@given(tables(), usages())
def test_parts_are_never_negative_and_add_up_to_the_whole(table: dict[str, str], usage: Usage) -> None:
    priced = charge(price_sheet({**table}), usage, at_ms=NOON)

    searches = priced.upstream_nanousd - priced.upstream_prompt_nanousd - priced.upstream_completion_nanousd
    assert priced.upstream_prompt_nanousd >= 0
    assert priced.upstream_completion_nanousd >= 0
    assert searches >= 0
    if usage.web_searches == 0:
        assert searches == 0


@given(tables(), usages(), st.integers(0, 10_000))
def test_own_key_pays_only_the_fee_on_the_list_price(table: dict[str, str], usage: Usage, fee_bps: int) -> None:
    sheet = price_sheet({**table})

    with_key = charge(sheet, usage, at_ms=NOON, is_byok=True, byok_fee_bps=fee_bps, markup_bps=300)

    assert with_key.is_byok
    assert with_key.upstream_nanousd == charge(sheet, usage, at_ms=NOON).upstream_nanousd
    assert with_key.total_nanousd == half_up(sum(oracle_usd(table, usage, 0), Fraction(0)) * fee_bps / 10_000)


@given(tables(), usages())
def test_cache_discount_is_the_difference_to_the_price_without_a_cache(table: dict[str, str], usage: Usage) -> None:
    def price(*keys: str) -> Fraction:
        return next(Fraction(table[key]) for key in keys if key in table)

    uncached = {key: value for key, value in table.items() if "cache" not in key}
    with_cache, without = oracle_usd(table, usage, 0), oracle_usd(uncached, usage, 0)

    assert charge(price_sheet({**table}), usage, at_ms=NOON).cache_discount_nanousd == half_up(
        without[0] - with_cache[0]
    )


def test_claude_call_is_weighted_by_a_tenth_five_quarters_and_two() -> None:
    usage = Usage(
        prompt_tokens=10_000,
        cached_tokens=4_000,
        cache_write_tokens=3_000,
        cache_write_1h_tokens=1_000,
        completion_tokens=500,
    )

    priced = charge(price_sheet(CLAUDE), usage, at_ms=NOON)

    weighted = 3_000 + 0.1 * 4_000 + 1.25 * 2_000 + 2 * 1_000
    assert priced.upstream_prompt_nanousd == weighted * 3_000
    assert priced.upstream_completion_nanousd == 500 * 15_000
    assert priced.cache_discount_nanousd == (7_000 - 0.1 * 4_000 - 1.25 * 2_000 - 2 * 1_000) * 3_000


def test_prompt_exactly_at_the_tier_pays_the_base_price_and_one_token_more_pays_the_tier_for_all() -> None:
    sheet = price_sheet(CLAUDE)

    at_tier = charge(sheet, Usage(prompt_tokens=200_000), at_ms=NOON)
    above = charge(sheet, Usage(prompt_tokens=200_001), at_ms=NOON)

    assert at_tier.total_nanousd == 200_000 * 3_000
    assert above.total_nanousd == 200_001 * 6_000


def test_tier_keeps_the_base_price_of_keys_that_it_lacks() -> None:
    prices = effective_prices(price_sheet(CLAUDE), prompt_tokens=300_000, at_ms=NOON)

    assert prices["input_cache_read"] == parse_price("0.0000003")
    assert prices["prompt"] == parse_price("0.000006")


def test_later_overrides_win_key_by_key() -> None:
    sheet = price_sheet(
        {
            "prompt": "1",
            "completion": "1",
            "overrides": [
                {"min_prompt_tokens": 10, "prompt": "2", "completion": "2"},
                {"min_prompt_tokens": 20, "prompt": "3"},
            ],
        }
    )

    prices = effective_prices(sheet, prompt_tokens=21, at_ms=NOON)

    assert (prices["prompt"], prices["completion"]) == (3 * 10**18, 2 * 10**18)


def test_window_includes_its_start_and_excludes_its_end() -> None:
    window = PriceOverride(prices={}, utc_start=630, utc_end=1000)

    inside = [clock for clock in ("06:29", "06:30", "09:59", "10:00") if _in(window, f"2026-11-22T{clock}")]

    assert inside == ["06:30", "09:59"]


def test_window_may_wrap_past_midnight() -> None:
    window = PriceOverride(prices={}, utc_start=2200, utc_end=100)

    inside = [
        clock for clock in ("21:59", "22:00", "23:59", "00:00", "00:59", "01:00") if _in(window, f"2026-11-22T{clock}")
    ]

    assert inside == ["22:00", "23:59", "00:00", "00:59"]


def test_weekdays_are_iso_numbers_of_the_utc_day() -> None:
    window = PriceOverride(prices={}, weekdays=(1, 2, 3, 4, 5))

    days = [day for day in range(16, 23) if _in(window, f"2026-11-{day}T23:59")]

    assert days == [16, 17, 18, 19, 20]  # the 21st and 22nd are Saturday and Sunday


def test_all_conditions_of_an_override_must_hold() -> None:
    window = PriceOverride(prices={}, min_prompt_tokens=100, utc_start=1100, utc_end=1300, weekdays=(7,))

    assert applies(window, prompt_tokens=101, at_ms=NOON)
    assert not applies(window, prompt_tokens=100, at_ms=NOON)
    assert not applies(window, prompt_tokens=101, at_ms=NOON + 3_600_000)
    assert not applies(window, prompt_tokens=101, at_ms=NOON + 86_400_000)


def _in(window: PriceOverride, moment: str) -> bool:
    return applies(window, prompt_tokens=0, at_ms=at(moment))


def test_announced_price_counts_from_the_first_moment_of_its_day() -> None:
    sheet = price_sheet(
        {"prompt": "0.1", "completion": "1", "scheduled": [{"effective_from": "2026-12-01", "prompt": "0.2"}]}
    )
    usage = Usage(prompt_tokens=10)

    before = charge(sheet, usage, at_ms=at("2026-12-01T00:00") - 1)
    after = charge(sheet, usage, at_ms=at("2026-12-01T00:00"))

    assert (before.total_nanousd, after.total_nanousd) == (10**9, 2 * 10**9)


def test_counts_beyond_the_prompt_are_not_charged() -> None:
    usage = Usage(prompt_tokens=100, cached_tokens=1_000, cache_write_tokens=50, prompt_image_tokens=70)

    assert charge(price_sheet(CLAUDE), usage, at_ms=NOON).total_nanousd == 100 * 300


def test_exactly_half_a_nano_dollar_is_rounded_up() -> None:
    sheet = price_sheet({"prompt": "0.0000000005", "completion": "0"})

    assert charge(sheet, Usage(prompt_tokens=1), at_ms=NOON).total_nanousd == 1
    assert charge(sheet, Usage(prompt_tokens=5), at_ms=NOON).upstream_nanousd == 3


def test_image_tokens_that_were_cached_are_charged_as_cached() -> None:
    sheet = price_sheet(
        {"prompt": "0.000001", "completion": "0", "input_cache_read": "0.0000001", "image_token": "0.000005"}
    )
    usage = Usage(prompt_tokens=1_000, cached_tokens=900, prompt_image_tokens=1_000)

    assert charge(sheet, usage, at_ms=NOON).total_nanousd == 900 * 100 + 100 * 5_000


def test_no_part_of_an_answer_costs_more_than_a_million_dollars() -> None:
    sheet = price_sheet({"prompt": "1000", "completion": "1000", "web_search": "1000"})
    priced = charge(sheet, Usage(prompt_tokens=10**8, completion_tokens=10**8, web_searches=10**8), at_ms=NOON)
    assert priced.total_nanousd == priced.upstream_nanousd == 3 * 10**15
    assert priced.upstream_prompt_nanousd == priced.upstream_completion_nanousd == 10**15


def test_insured_answer_pays_for_searches_and_fees_alone() -> None:
    sheet = price_sheet({"prompt": "0.000001", "completion": "0.000001", "request": "1", "web_search": "0.01"})
    usage = Usage(prompt_tokens=1_000, completion_tokens=100, web_searches=2)

    priced = charge(sheet, usage, at_ms=NOON, fees_nanousd=7, tokens_chargeable=False)

    assert priced.total_nanousd == 20_000_000 + 7
    assert (priced.upstream_prompt_nanousd, priced.upstream_completion_nanousd) == (0, 0)


def test_answers_without_output_or_with_an_error_are_insured() -> None:
    assert is_insured(0, None)
    assert is_insured(100, "error")
    assert not is_insured(0, "stop")
    assert not is_insured(1, None)


def test_unpriced_model_costs_nothing_and_says_that_it_has_no_price() -> None:
    assert charge(UNPRICED, Usage(prompt_tokens=1_000), at_ms=NOON).total_nanousd == 0
    assert not UNPRICED.priced


@given(tables(), st.integers(0, 10**6), st.integers(0, 10**5), st.integers(1, 8))
def test_worst_case_is_never_below_what_an_uncached_text_answer_costs(
    table: dict[str, str], prompt_tokens: int, max_output_tokens: int, n: int
) -> None:
    sheet = price_sheet({**table})
    usage = Usage(prompt_tokens=prompt_tokens, completion_tokens=n * max_output_tokens)

    held = worst_case_nanousd(sheet, prompt_tokens, max_output_tokens, NOON, n)

    assert held >= charge(sheet, usage, at_ms=NOON).total_nanousd


@given(tables(), st.integers(0, 10**5), st.integers(0, 10**10), st.integers(1, 4), st.integers(0, 3000))
def test_affordable_output_is_the_largest_that_is_paid_for(
    table: dict[str, str], prompt_tokens: int, available: int, n: int, markup_bps: int
) -> None:
    sheet = price_sheet({**table})

    affordable = affordable_output_tokens(sheet, prompt_tokens, available, NOON, n, markup_bps)

    def cost(output: int) -> int:
        return worst_case_nanousd(sheet, prompt_tokens, output, NOON, n, markup_bps)

    if affordable is None:
        assert cost(10**9) <= available
    elif affordable < 0:
        assert cost(0) > available
    else:
        assert cost(affordable) <= available < cost(affordable + 1)


def test_price_score_is_the_mean_plus_a_thousandth_of_the_request() -> None:
    sheet = price_sheet({"prompt": "0.000002", "completion": "0.000004", "request": "0.001"})

    assert price_score(sheet, NOON) == parse_price("0.000004")


def test_price_score_of_media_is_its_cheapest_unit() -> None:
    units = [
        {"label": "1080p", "unit": "second", "usd": "0.2"},
        {"label": "720p", "unit": "second", "usd": "0.1"},
    ]

    assert price_score(price_sheet({"prompt": "0", "completion": "0", "units": units}), NOON) == parse_price("0.1")


def test_prompt_price_includes_the_request() -> None:
    sheet = price_sheet({"prompt": "0.000001", "completion": "1", "request": "0.5"})

    assert prompt_nanousd(sheet, 1_000, NOON) == 501_000_000


def test_percent_becomes_exact_basis_points() -> None:
    assert [basis_points(percent) for percent in (0.0, 5.5, 0.07, 29.99)] == [0, 550, 7, 2999]


def test_charging_a_plain_sheet_takes_microseconds() -> None:
    sheet = price_sheet({"prompt": "0.000001", "completion": "0.000002", "input_cache_read": "0.0000001"})
    usage = Usage(prompt_tokens=1_000, completion_tokens=100, cached_tokens=300, reasoning_tokens=50)
    assert rates_at(sheet, 1_000, NOON) is sheet.base_rates

    started = process_time_ns()
    for _ in range(2_000):
        charge(sheet, usage, at_ms=NOON)
    each_us = (process_time_ns() - started) / 2_000_000

    assert each_us < 30  # about 3 on an idle core; the room is for a busy one
