"""What a usage costs: integers of atto-USD throughout, one rounding at the end.

Rules: catalog README "Pricing" 1–4, routing-and-catalog.md 1 and 20.4, inference.md 12.4, 13.2 and 13.4.
"""

from collections.abc import Mapping

from trunkline.catalog.prices import PriceKey, PriceOverride, PriceSheet, Rates, score
from trunkline.core.calendar import DAY_MS, day_of
from trunkline.core.money import ATTO_PER_USD, AttoUsd, Charge, NanoUsd, round_to_nanousd
from trunkline.protocols.events import FinishReason, Usage

BASIS_POINTS = 10_000
NANO = 10**9
"""Atto-dollars of a nano-dollar."""
PART_ATTOUSD_MAX = 10**6 * ATTO_PER_USD
"""Most that one part of an answer (prompt, completion, searches) costs: a million dollars. More is a mistake in prices
or counts, and sums of it would leave the 64 bits in which balances are kept."""


def effective_prices(sheet: PriceSheet, *, prompt_tokens: int, at_ms: int) -> Mapping[PriceKey, AttoUsd]:
    """The prices of a request of that size at that time: base, then announced changes, then overrides in order."""
    if not sheet.overrides and not sheet.scheduled:
        return sheet.base
    prices = dict(sheet.base)
    for change in sheet.scheduled:
        if at_ms >= change.effective_from_ms:
            prices.update(change.prices)
    for override in sheet.overrides:
        if applies(override, prompt_tokens=prompt_tokens, at_ms=at_ms):
            prices.update(override.prices)
    return prices


def applies(override: PriceOverride, *, prompt_tokens: int, at_ms: int) -> bool:
    """Whether all conditions hold: strictly more tokens, inside the half-open window, on one of the weekdays.

    A window that wraps past midnight belongs, after midnight, to the day that has just begun.
    """
    if override.min_prompt_tokens is not None and prompt_tokens <= override.min_prompt_tokens:
        return False
    # 1970-01-01 was a Thursday, ISO weekday 4.
    if override.weekdays and (day_of(at_ms) + 3) % 7 + 1 not in override.weekdays:
        return False
    start, end = override.utc_start, override.utc_end
    if start is None or end is None:
        return True
    clock = clock_number(at_ms)
    return start <= clock < end if start <= end else clock >= start or clock < end


def clock_number(at_ms: int) -> int:
    """The UTC time of day as the catalog writes it: 630 for 06:30."""
    hours, minutes = divmod(at_ms % DAY_MS // 60_000, 60)
    return hours * 100 + minutes


def rates_at(sheet: PriceSheet, prompt_tokens: int, at_ms: int) -> Rates:
    """What each class of token costs in a request of that size at that time."""
    if not sheet.overrides and not sheet.scheduled:
        return sheet.base_rates
    return Rates.of(effective_prices(sheet, prompt_tokens=prompt_tokens, at_ms=at_ms))


def charge(
    sheet: PriceSheet,
    usage: Usage,
    *,
    at_ms: int,
    images: int = 0,
    media_attousd: int = 0,
    markup_bps: int = 0,
    is_byok: bool = False,
    byok_fee_bps: int = 0,
    byok_free_nanousd: int = 0,
    fees_nanousd: int = 0,
    tokens_chargeable: bool = True,
) -> Charge:
    """The price of one answer.

    `images` are input images priced each, `media_attousd` is what `media_attousd()` says for seconds, characters and
    the like. `fees_nanousd` are the gateway's own (plugins): on top of the total, not part of the upstream's price,
    not marked up. With the caller's own key the account pays no list price, but `byok_fee_bps` of what of it lies above
    `byok_free_nanousd` (BY-26, BY-27).
    `tokens_chargeable` is `not is_insured(…)`: False leaves only searches and fees. The upstream parts are rounded
    so that prompt + completion + searches = upstream, none of them negative, none above PART_ATTOUSD_MAX.
    """
    rates = rates_at(sheet, usage.prompt_tokens, at_ms)
    prompt = completion = saved = 0
    if tokens_chargeable:
        prompt, saved = _prompt_attousd(rates, usage)
        prompt += rates.request + images * rates.image
        prompt = min(prompt, PART_ATTOUSD_MAX)
        completion = min(_completion_attousd(rates, usage) + media_attousd, PART_ATTOUSD_MAX)
    upstream = prompt + completion + min(usage.web_searches * rates.web_search, PART_ATTOUSD_MAX)
    total = _share(upstream, BASIS_POINTS + markup_bps)
    if is_byok:
        total = _share(max(0, upstream - byok_free_nanousd * NANO), byok_fee_bps)
    upstream_prompt = round_to_nanousd(prompt)
    return Charge(
        total_nanousd=NanoUsd(total + fees_nanousd),
        upstream_nanousd=round_to_nanousd(upstream),
        upstream_prompt_nanousd=upstream_prompt,
        upstream_completion_nanousd=NanoUsd(round_to_nanousd(prompt + completion) - upstream_prompt),
        cache_discount_nanousd=round_to_nanousd(saved) if saved else NanoUsd(0),
        is_byok=is_byok,
    )


def is_insured(completion_tokens: int, reason: FinishReason | None) -> bool:
    """Whether the tokens of an answer are free (zero completion insurance, inference.md 13.4).

    `reason` is None when the upstream gave none or a blank one.
    """
    return reason == "error" or (completion_tokens == 0 and reason is None)


def price_score(sheet: PriceSheet, at_ms: int, prompt_tokens: int = 0) -> AttoUsd:
    """One number to order endpoints by (routing-and-catalog.md 1), for a request of that size at that time."""
    if not sheet.overrides and not sheet.scheduled:
        return sheet.base_score
    return score(rates_at(sheet, prompt_tokens, at_ms), sheet.units)


def prompt_nanousd(sheet: PriceSheet, prompt_tokens: int, at_ms: int) -> NanoUsd:
    """What a prompt of plain text costs at list price, before any output (AFF-03)."""
    rates = rates_at(sheet, prompt_tokens, at_ms)
    return round_to_nanousd(prompt_tokens * rates.prompt + rates.request)


def worst_case_nanousd(
    sheet: PriceSheet,
    prompt_tokens: int,
    max_output_tokens: int,
    at_ms: int,
    n: int = 1,
    markup_bps: int = 0,
    media_attousd: int = 0,
) -> NanoUsd:
    """What to hold for a request: nothing cached, `n` answers of full length, reasoning if that is dearer."""
    rates = rates_at(sheet, prompt_tokens, at_ms)
    output = n * max_output_tokens * max(rates.completion, rates.reasoning)
    return _share(prompt_tokens * rates.prompt + rates.request + output + media_attousd, BASIS_POINTS + markup_bps)


def byok_fee_nanousd(list_nanousd: int, fee_bps: int, free_nanousd: int) -> NanoUsd:
    """The fee on a list price of which that much is free (BY-26), rounded up: for holds."""
    return NanoUsd(-(-max(0, list_nanousd - free_nanousd) * fee_bps // BASIS_POINTS))


def affordable_output_tokens(
    sheet: PriceSheet, prompt_tokens: int, available_nanousd: int, at_ms: int, n: int = 1, markup_bps: int = 0
) -> int | None:
    """The largest `max_output_tokens` whose `worst_case_nanousd` is at most what is available (AFF-04, AFF-05).

    None: nothing is paid, or output costs nothing: any number is affordable. Negative: not even the prompt is.
    """
    rates = rates_at(sheet, prompt_tokens, at_ms)
    per_token = n * max(rates.completion, rates.reasoning)
    if markup_bps <= -BASIS_POINTS:
        return None
    # The largest sum that still rounds to `available`, both sides scaled by 10⁹ × basis points.
    budget = (2 * available_nanousd + 1) * (BASIS_POINTS * 10**9 // 2) - 1
    rest = budget // (BASIS_POINTS + markup_bps) - prompt_tokens * rates.prompt - rates.request
    if rest < 0:
        return -1
    return rest // per_token if per_token else None


def basis_points(percent: float) -> int:
    """A setting in percent, as an exact integer of hundredths of a percent."""
    return round(percent * 100)


def _prompt_attousd(rates: Rates, usage: Usage) -> tuple[int, int]:
    """(price of the input tokens, what caching saved of it).

    Each token is charged once: cached and written ones are taken out first, then audio, then images. What the counts
    claim beyond the prompt's own total is not charged.
    """
    prompt = usage.prompt_tokens
    if not (usage.cached_tokens or usage.cache_write_tokens or usage.prompt_audio_tokens or usage.prompt_image_tokens):
        return prompt * rates.prompt, 0
    cached = min(usage.cached_tokens, prompt)
    cached_audio = min(usage.cached_audio_tokens, cached)
    written = min(usage.cache_write_tokens, prompt - cached)
    written_1h = min(usage.cache_write_1h_tokens, written)
    rest = prompt - cached - written
    audio = min(usage.prompt_audio_tokens - cached_audio, rest)
    audio = max(audio, 0)
    image = min(usage.prompt_image_tokens, rest - audio)
    cached_text = cached - cached_audio
    in_cache = (
        cached_text * rates.cached
        + cached_audio * rates.cached_audio
        + (written - written_1h) * rates.cache_write
        + written_1h * rates.cache_write_1h
    )
    uncached = (cached_text + written) * rates.prompt + cached_audio * rates.audio
    plain = (rest - audio - image) * rates.prompt + audio * rates.audio + image * rates.image_token
    return in_cache + plain, uncached - in_cache


def _completion_attousd(rates: Rates, usage: Usage) -> int:
    """Price of the output tokens: images and audio first, then reasoning, each token once."""
    completion = usage.completion_tokens
    image = min(usage.completion_image_tokens, completion)
    audio = min(usage.completion_audio_tokens, completion - image)
    reasoning = min(usage.reasoning_tokens, completion - image - audio)
    return (
        (completion - image - audio - reasoning) * rates.completion
        + image * rates.image_output
        + audio * rates.audio_output
        + reasoning * rates.reasoning
    )


def _share(amount_attousd: int, share_bps: int) -> NanoUsd:
    """`amount` × `share` in one rounding, half up."""
    scale = BASIS_POINTS * 10**9
    return NanoUsd((amount_attousd * share_bps + scale // 2) // scale)
