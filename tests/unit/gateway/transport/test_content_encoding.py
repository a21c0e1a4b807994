"""Servers that compress unasked: the same text comes out, in bounded steps."""

import gzip
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.gateway.transport.content_encoding import TAKE_BYTES_MAX
from trunkline.gateway.transport.wire import ResponseReader
from trunkline.providers.upstream import UpstreamFailed

TEXT = b'data: {"choices": []}\n\n' * 500


def raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


ENCODED = {
    "gzip": gzip.compress(TEXT),
    "x-gzip": gzip.compress(TEXT[:100]) + gzip.compress(TEXT[100:]),
    "deflate": zlib.compress(TEXT),
    "Deflate": raw_deflate(TEXT),
}


def answer_in(coding: str, size: int) -> ResponseReader:
    reader = ResponseReader()
    reader.feed(f"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {size}\r\n\r\n".encode())
    return reader


def drain(reader: ResponseReader) -> bytes:
    body = b""
    while data := reader.take():
        assert len(data) <= TAKE_BYTES_MAX
        body += data
    return body


@pytest.mark.parametrize("coding", ENCODED)
@given(cut=st.integers(0, 60))
def test_any_split_of_a_compressed_body_gives_the_same_text(coding: str, cut: int) -> None:
    data = ENCODED[coding]
    reader = answer_in(coding, len(data))
    body = b""
    for piece in (data[:cut], data[cut:-3], data[-3:]):
        reader.feed(piece)
        body += drain(reader)
    assert reader.complete
    assert body + drain(reader) == TEXT


@pytest.mark.parametrize("coding", ENCODED)
def test_a_compressed_body_that_stops_in_the_middle_is_a_failure(coding: str) -> None:
    data = ENCODED[coding][:-12]
    reader = answer_in(coding, len(data))
    reader.feed(data)
    with pytest.raises(UpstreamFailed, match="middle"):
        drain(reader)


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
@given(data=st.binary(min_size=1, max_size=200))
def test_garbage_ends_as_upstream_failed_and_nothing_else(coding: str, data: bytes) -> None:
    reader = answer_in(coding, len(data))
    reader.feed(data)
    try:
        drain(reader)
    except UpstreamFailed as failure:
        assert failure.kind == "protocol"


def test_a_bomb_unfolds_only_as_far_as_it_is_read() -> None:
    data = gzip.compress(bytes(256 * 1024 * 1024), compresslevel=1)
    reader = answer_in("gzip", len(data))
    reader.feed(data)
    tracemalloc.start()
    for _ in range(20):
        assert len(reader.take()) == TAKE_BYTES_MAX
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 8 * 1024 * 1024


def test_a_body_that_ends_on_a_full_step_is_read_to_its_end() -> None:
    data = gzip.compress(bytes(2 * TAKE_BYTES_MAX))
    reader = answer_in("gzip", len(data))
    reader.feed(data)
    assert drain(reader) == bytes(2 * TAKE_BYTES_MAX)
