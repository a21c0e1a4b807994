"""Hints when to come back, in every spelling (inference.md 5.4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.protocols.faults.retry_hints import HINT_S_MAX, retry_after_s

NOW_MS = 1_790_000_000_000


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "Mon, 21 Sep 2026 14:13:50 GMT"}, 30.0),
        ({"retry-after": "Mon, 21 Sep 2020 14:13:50 GMT"}, 0.0),
        ({"retry-after-ms": "1500", "retry-after": "2"}, 1.5),
        ({"x-ratelimit-reset": "1790000012"}, 12.0),
        ({"x-ratelimit-reset": "1790000012500"}, 12.5),
        ({"x-ratelimit-reset-requests": "1m2.5s", "x-ratelimit-remaining-requests": "0"}, 62.5),
        ({"x-ratelimit-reset-tokens": "120ms"}, 0.12),
        (
            {
                "x-ratelimit-reset-requests": "10s",
                "x-ratelimit-remaining-requests": "99",
                "x-ratelimit-reset-tokens": "40s",
                "x-ratelimit-remaining-tokens": "0",
            },
            40.0,
        ),
        ({"x-ratelimit-reset-requests": "10s", "x-ratelimit-reset-tokens": "6m0s"}, 10.0),
        ({"retry-after": "9999999999"}, HINT_S_MAX),
        ({"retry-after": "soon"}, None),
        ({"x-ratelimit-reset": "0"}, None),
        ({}, None),
    ],
)
def test_headers_are_read(headers: dict[str, str], expected: float | None) -> None:
    assert retry_after_s(headers, b"", NOW_MS) == expected


def test_googles_retry_delay_is_read_from_the_body() -> None:
    sent = b'{"error":{"details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay": "34.4s"}]}}'
    assert retry_after_s({}, sent, NOW_MS) == 34.4


def test_points_in_time_need_a_clock() -> None:
    assert retry_after_s({"retry-after": "Mon, 21 Sep 2026 14:13:50 GMT"}, b"", None) is None
    assert retry_after_s({"x-ratelimit-reset": "1790000012"}, b"", None) is None


def test_resets_mean_nothing_where_no_limit_was_hit() -> None:
    assert retry_after_s({"x-ratelimit-reset": "30"}, b"", NOW_MS, limited=False) is None


@given(value=st.text(max_size=40), name=st.sampled_from(["retry-after", "retry-after-ms", "x-ratelimit-reset"]))
def test_no_header_breaks_the_reader(value: str, name: str) -> None:
    hint = retry_after_s({name: value}, value.encode(), NOW_MS)
    assert hint is None or 0 <= hint <= HINT_S_MAX
