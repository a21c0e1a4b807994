"""Framing of server-sent events."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.protocols.sse import EventTooLarge, SseParser, event, named_event

MIXED = (
    b"\xef\xbb\xbfdata: one\n\n: comment\n\ndata:two\r\n\r\n"
    b"event: x\r\nid: 1\r\nretry: 5\r\ndata: three\r\ndata: four\r\n\r\n"
    b"data\n\ndata: f\xc3\xbcnf\r\rdata: six\n\n"
)
PAYLOADS = [b"one", b"two", b"three\nfour", b"", b"f\xc3\xbcnf", b"six"]


def test_all_legal_spellings_of_events_are_read() -> None:
    assert SseParser().feed(MIXED) == PAYLOADS


@given(cuts=st.lists(st.integers(0, len(MIXED)), max_size=10))
def test_any_split_gives_the_same_payloads(cuts: list[int]) -> None:
    parser = SseParser()
    bounds = [0, *sorted(cuts), len(MIXED)]
    got = [p for start, end in pairwise(bounds) for p in parser.feed(MIXED[start:end])]
    assert got + parser.close() == PAYLOADS


@given(cuts=st.lists(st.integers(0, len(MIXED)), max_size=10))
def test_an_event_that_is_taken_alone_is_the_one_that_would_be_read(cuts: list[int]) -> None:
    parser = SseParser()
    bounds = [0, *sorted(cuts), len(MIXED)]
    got: list[bytes] = []
    for start, end in pairwise(bounds):
        alone = parser.only_event(MIXED[start:end])
        got += parser.feed(MIXED[start:end]) if alone is None else [alone]
    assert got + parser.close() == PAYLOADS


@pytest.mark.parametrize(
    "data",
    [
        b"data: a\n\ndata: b\n\n",
        b"data: a\ndata: b\n\n",
        b"data: a\r\n\n",
        b"data: a\n",
        b": a\n\n",
        b"data:a\n\n",
        b"\n\n",
    ],
)
def test_only_a_whole_event_of_one_line_is_taken_alone(data: bytes) -> None:
    parser = SseParser()
    assert parser.only_event(b"data: first\n\n") is None, "a byte order mark may come first"
    parser.feed(b"data: first\n\n")
    assert parser.only_event(b"data: second\n\n") == b"second"
    assert parser.only_event(data) is None
    parser.feed(b"data: cut")
    assert parser.only_event(b"data: third\n\n") is None


@pytest.mark.parametrize(
    ("spelled", "payloads"),
    [
        (b"event: a\ndata: one\n\n", [b"one"]),
        (b"event:a\ndata: one\ndata: two\n\n", [b"one\ntwo"]),
        (b"event: a\nid: 7\ndata: one\n\n", [b"one"]),
        (b"event: a\n\n", []),
        (b"event: a\ndata:one\n\n", [b"one"]),
        (b"event: data: no\n\ndata: one\n\n", [b"one"]),
    ],
)
def test_events_may_have_names(spelled: bytes, payloads: list[bytes]) -> None:
    assert SseParser().feed(spelled) == payloads


def test_a_last_event_without_an_empty_line_is_read_at_the_end() -> None:
    parser = SseParser()
    assert parser.feed(b"data: [DONE]\n") == []
    assert parser.close() == [b"[DONE]"]
    assert parser.close() == []


def test_an_event_larger_than_the_limit_is_refused() -> None:
    parser = SseParser(event_bytes_max=100)
    with pytest.raises(EventTooLarge, match="100 bytes"):
        parser.feed(b"data: " + b"x" * 200)


def test_a_huge_event_in_small_reads_is_not_copied_over_and_over() -> None:
    parser = SseParser()
    piece = b"x" * 1024
    parser.feed(b"data: ")
    for _ in range(20_000):
        assert parser.feed(piece) == []
    (payload,) = parser.feed(b"\n\n")
    assert len(payload) == 20_000 * 1024


def test_what_is_no_event_is_kept_as_stray_within_bounds() -> None:
    parser = SseParser()
    assert parser.feed(b'{"error": {}}\n') + parser.close() == []
    assert parser.stray == b'{"error": {}}\n'
    parser = SseParser()
    for _ in range(2000):
        parser.feed(b"<p>" + b"x" * 100 + b"\n\n")
    assert len(parser.stray) < 70_000


def test_writers_write_what_the_parser_reads() -> None:
    assert SseParser().feed(event(b"{}") + named_event("message_stop", b"[]")) == [b"{}", b"[]"]


@pytest.mark.parametrize("name", ["a\ndata: {}\n\n", "a\rdata: {}", "a\r\n", "é\u2028", "\0"])
def test_a_name_that_somebody_else_made_up_stays_in_its_line(name: str) -> None:
    written = named_event(name, b"[]")
    assert SseParser().feed(written) == [b"[]"]
    assert len(written.splitlines()) == 3
