"""HTTP/1.1 without sockets: any split of the bytes, any garbage, every smuggling trick we know of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.gateway.transport.wire import HEAD_BYTES_MAX, HEADERS_MAX, ResponseReader, request_head
from trunkline.providers.upstream import UpstreamFailed

OK = b"HTTP/1.1 200 OK\r\n"
SIZED = OK + b"Content-Type: text/plain\r\nContent-Length: 11\r\n\r\nhello world"
CHUNKED = (
    b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    + OK
    + b"Transfer-Encoding: chunked\r\n\r\n5;note=x\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\nExpires: never\r\n\r\n"
)
UNTIL_CLOSE = b"HTTP/1.0 200 OK\r\n\r\nhello world"


def read(*pieces: bytes, eof: bool = True) -> tuple[int, bytes, bool]:
    reader = ResponseReader()
    body = b""
    for piece in filter(None, pieces):  # sockets never give b"" but for the end
        reader.feed(piece)
        body += reader.take()
    if eof and not reader.complete:
        reader.feed_eof()
    assert reader.complete or not eof
    return reader.status, body + reader.take(), reader.keep_alive


@pytest.mark.parametrize(("response", "keep_alive"), [(SIZED, True), (CHUNKED, True), (UNTIL_CLOSE, False)])
@given(data=st.data())
def test_any_split_of_the_bytes_gives_the_same_body(response: bytes, keep_alive: bool, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(response)), max_size=8)))
    pieces = [response[start:end] for start, end in zip([0, *cuts], [*cuts, len(response)], strict=True)]
    assert read(*pieces) == (200, b"hello world", keep_alive)


@pytest.mark.parametrize("response", [SIZED, CHUNKED, UNTIL_CLOSE])
def test_one_byte_at_a_time_gives_the_same_body(response: bytes) -> None:
    assert read(*(bytes([byte]) for byte in response))[:2] == (200, b"hello world")


@given(garbage=st.binary(max_size=400), valid_prefix=st.sampled_from([b"", OK, SIZED[:-4], CHUNKED[:90], UNTIL_CLOSE]))
def test_garbage_ends_as_upstream_failed_and_nothing_else(garbage: bytes, valid_prefix: bytes) -> None:
    reader = ResponseReader()
    try:
        reader.feed(valid_prefix)
        reader.feed(garbage)
        reader.take()
        reader.feed_eof()
        reader.take()
    except UpstreamFailed as failure:
        assert failure.kind in ("protocol", "reset")


@given(data=st.data())
def test_a_damaged_answer_ends_as_upstream_failed_and_nothing_else(data: st.DataObject) -> None:
    response = bytearray(data.draw(st.sampled_from([SIZED, CHUNKED, UNTIL_CLOSE])))
    for _ in range(data.draw(st.integers(1, 4))):
        response[data.draw(st.integers(0, len(response) - 1))] = data.draw(st.integers(0, 255))
    reader = ResponseReader()
    try:
        reader.feed(bytes(response))
        reader.feed_eof()
        reader.take()
    except UpstreamFailed as failure:
        assert failure.kind in ("protocol", "reset")


@pytest.mark.parametrize(
    "rest",
    [
        pytest.param(
            b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", id="length+chunked"
        ),
        pytest.param(
            b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\nhi\r\n0\r\n\r\n", id="chunked+length"
        ),
        pytest.param(b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi!", id="two lengths"),
        pytest.param(b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi", id="the same length twice"),
        pytest.param(b"Content-Length: 2, 2\r\n\r\nhi", id="a list of lengths"),
        pytest.param(b"Content-Length: -2\r\n\r\nhi", id="negative length"),
        pytest.param(b"Content-Length: +2\r\n\r\nhi", id="signed length"),
        pytest.param(b"Content-Length: 0x2\r\n\r\nhi", id="hexadecimal length"),
        pytest.param(b"Content-Length: 99999999999999999999999\r\n\r\nhi", id="overflowing length"),
        pytest.param(b"Content-Length : 2\r\n\r\nhi", id="space before the colon"),
        pytest.param(b"Content-Length: 2\n\nhi", id="bare LF"),
        pytest.param(b"X: a\r\n Content-Length: 2\r\n\r\nhi", id="folded header"),
        pytest.param(b"X: a\x00b\r\nContent-Length: 2\r\n\r\nhi", id="NUL in a value"),
        pytest.param(b": a\r\nContent-Length: 2\r\n\r\nhi", id="no name"),
        pytest.param(b"Transfer-Encoding: xchunked\r\n\r\nhi", id="unknown coding"),
        pytest.param(b"Transfer-Encoding: gzip, chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", id="two codings"),
        pytest.param(b"Transfer-Encoding: chunked, identity\r\n\r\n2\r\nhi\r\n0\r\n\r\n", id="chunked not last"),
        pytest.param(b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", id="coding twice"),
        pytest.param(b"Transfer-Encoding: chunked\r\n\r\n2\nhi\r\n0\r\n\r\n", id="bare LF after a chunk size"),
        pytest.param(b"Transfer-Encoding: chunked\r\n\r\n2\r\nhi!0\r\n\r\n", id="chunk longer than it says"),
        pytest.param(b"Transfer-Encoding: chunked\r\n\r\n-2\r\nhi\r\n0\r\n\r\n", id="negative chunk size"),
        pytest.param(b"Transfer-Encoding: chunked\r\n\r\n11111111111111111\r\nhi", id="overflowing chunk size"),
        pytest.param(b"Content-Encoding: br\r\nContent-Length: 2\r\n\r\nhi", id="a compression we cannot undo"),
    ],
)
def test_ambiguous_framing_is_refused(rest: bytes) -> None:
    with pytest.raises(UpstreamFailed) as caught:
        read(OK + rest)
    assert caught.value.kind == "protocol"


@pytest.mark.parametrize(
    "response",
    [
        b"HTTP/0.9 200 OK\r\n\r\nhi",
        b"HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nhi",
        b"HTTP/1.1 1000 No\r\nContent-Length: 2\r\n\r\nhi",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"<html>",
    ],
)
def test_what_is_not_http_1_is_refused(response: bytes) -> None:
    with pytest.raises(UpstreamFailed) as caught:
        read(response)
    assert caught.value.kind == "protocol"


@pytest.mark.parametrize("truncated", [SIZED[:-1], CHUNKED[:-2], CHUNKED[:-20], OK, b"HTTP", b""])
def test_an_early_end_is_a_reset_and_not_an_end(truncated: bytes) -> None:
    with pytest.raises(UpstreamFailed) as caught:
        read(truncated)
    assert caught.value.kind == "reset"


@pytest.mark.parametrize("surplus", [b"x", b"\r\n", SIZED, b"HTTP/1.1 "])
@pytest.mark.parametrize("response", [SIZED, CHUNKED])
@pytest.mark.parametrize("at_once", [True, False])
def test_bytes_after_the_end_never_reach_another_request(response: bytes, surplus: bytes, at_once: bool) -> None:
    pieces = [response + surplus] if at_once else [response, surplus]
    status, body, keep_alive = read(*pieces)
    assert (status, body) == (200, b"hello world")
    assert not keep_alive or surplus == b"\r\n"  # llhttp passes over empty lines before a message, as RFC 9112 2.2 says


def test_an_empty_line_fed_after_the_end_forbids_reuse() -> None:
    assert read(SIZED, b"\r\n")[2] is False


@pytest.mark.parametrize(
    ("response", "keep_alive"),
    [
        (OK + b"Connection: close\r\nContent-Length: 0\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n", True),
        (b"HTTP/1.1 204 No Content\r\n\r\n", True),
    ],
)
def test_the_connection_is_kept_only_if_the_answer_allows_it(response: bytes, keep_alive: bool) -> None:
    assert read(response)[2] is keep_alive


def test_names_are_lower_case_and_the_last_of_repeated_headers_counts() -> None:
    reader = ResponseReader()
    reader.feed(
        b"HTTP/1.1 429 Slow\r\nRETRY-After: 1\r\nRetry-After: 2\r\nX-Name: J\xfcrgen\r\nContent-Length: 0\r\n\r\n"
    )
    assert reader.status == 429
    assert reader.headers == {"retry-after": "2", "x-name": "Jürgen", "content-length": "0"}


def test_interim_answers_leave_no_header_behind() -> None:
    reader = ResponseReader()
    reader.feed(b"HTTP/1.1 100 Continue\r\nX-Interim: 1\r\n\r\n" + SIZED)
    assert "x-interim" not in reader.headers
    assert reader.take() == b"hello world"


@pytest.mark.parametrize(
    "endless",
    [
        pytest.param((OK, b"X: " + b"a" * 4096), id="a value without end"),
        pytest.param((OK, b"X: 1\r\n"), id="headers without end"),
        pytest.param((b"", b"HTTP/1.1 102 Processing\r\n\r\n"), id="interim answers without end"),
        pytest.param((OK + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x" * 4096), id="a chunk extension without end"),
        pytest.param((OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: " + b"y" * 900 + b"\r\n"), id="trailers"),
    ],
)
def test_framing_without_end_is_bounded(endless: tuple[bytes, bytes]) -> None:
    reader = ResponseReader()
    start, more = endless
    with pytest.raises(UpstreamFailed) as caught:
        reader.feed(start)
        for _ in range(2 * HEAD_BYTES_MAX // len(more)):
            reader.feed(more)
    assert caught.value.kind == "protocol"


def test_a_head_that_comes_at_once_is_bounded_too() -> None:
    with pytest.raises(UpstreamFailed):
        read(OK + b"X: 1\r\n" * (HEADERS_MAX + 1) + b"\r\n")
    with pytest.raises(UpstreamFailed):
        read(OK + b"X: " + b"a" * HEAD_BYTES_MAX + b"\r\n\r\n")


def test_the_answer_to_head_ends_with_its_head() -> None:
    reader = ResponseReader(bodiless=True)
    reader.feed(OK + b"Content-Length: 11\r\n\r\n")
    assert reader.complete
    assert reader.keep_alive


def test_a_request_head_is_what_goes_over_the_wire() -> None:
    assert request_head("POST", "/v1?a=b", "example.com", (("x-a", "1"),), 2) == (
        b"POST /v1?a=b HTTP/1.1\r\nhost: example.com\r\naccept-encoding: identity\r\n"
        b"x-a: 1\r\ncontent-length: 2\r\n\r\n"
    )


@pytest.mark.parametrize(
    "header",
    [
        ("x", "a\r\nx-injected: 1"),
        ("x", "a\nb"),
        ("x\r\ny", "a"),
        ("x", "a\0"),
        ("x", "日本"),
        ("Content-Length", "3"),
        ("transfer-encoding", "chunked"),
        ("Host", "elsewhere"),
    ],
)
def test_a_header_that_would_change_the_framing_is_refused(header: tuple[str, str]) -> None:
    with pytest.raises(UpstreamFailed) as caught:
        request_head("POST", "/", "example.com", (header,), 2)
    assert caught.value.kind == "protocol"
