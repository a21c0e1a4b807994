from datetime import UTC, datetime

from hypothesis import given
from hypothesis.strategies import booleans, integers, sampled_from
from msgspec.structs import replace

from trunkline.accounts.limits import Windows, limit_remaining, spent_in_window, windows
from trunkline.accounts.types import ApiKey, KeySpend, LimitReset
from trunkline.core.money import NanoUsd

KEY = ApiKey(
    hash="0" * 64, account_id="a", workspace_id="w", kind="inference", label="l", name="n", disabled=False,
    limit_nanousd=NanoUsd(100), limit_reset=None, include_byok_in_limit=False, expires_at_ms=None,
    creator_user_id=None, created_at_ms=0, updated_at_ms=None,
)  # fmt: skip
SPEND = KeySpend(
    usage=NanoUsd(70), usage_daily=NanoUsd(10), usage_weekly=NanoUsd(20), usage_monthly=NanoUsd(30),
    byok=NanoUsd(7), byok_daily=NanoUsd(1), byok_weekly=NanoUsd(2), byok_monthly=NanoUsd(3),
)  # fmt: skip


def test_weeks_begin_on_monday_and_months_on_the_first() -> None:
    sunday = datetime(2026, 3, 1, 23, 59, tzinfo=UTC)
    day = sunday.toordinal() - datetime(1970, 1, 1, tzinfo=UTC).toordinal()
    assert windows(round(sunday.timestamp() * 1000)) == Windows(day, day - 6, day)


def test_each_reset_reads_its_own_window() -> None:
    spent = [spent_in_window(replace(KEY, limit_reset=reset), SPEND) for reset in (None, "daily", "weekly", "monthly")]
    assert spent == [70, 10, 20, 30]
    counted = replace(KEY, include_byok_in_limit=True)
    spent = [
        spent_in_window(replace(counted, limit_reset=reset), SPEND) for reset in (None, "daily", "weekly", "monthly")
    ]
    assert spent == [77, 11, 22, 33]


def test_without_limit_nothing_remains_to_be_told() -> None:
    assert limit_remaining(replace(KEY, limit_nanousd=None), SPEND) is None


@given(integers(0, 10**12), sampled_from([None, "daily", "weekly", "monthly"]), booleans())
def test_remaining_is_never_negative(limit: int, reset: LimitReset | None, byok: bool) -> None:
    key = replace(KEY, limit_nanousd=NanoUsd(limit), limit_reset=reset, include_byok_in_limit=byok)
    remaining = limit_remaining(key, SPEND)
    assert remaining == max(0, limit - spent_in_window(key, SPEND))
