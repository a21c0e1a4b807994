"""What a file is, by its content alone."""

import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sample_files import REFUSED, TAKEN, archive
from trunkline.files.sniffing import HEAD_BYTES, sniff

KINDS = {media_type for _, media_type in TAKEN.values()}


@pytest.mark.parametrize("name", TAKEN)
def test_a_file_of_each_type_is_recognised(name: str) -> None:
    content, media_type = TAKEN[name]
    assert sniff(io.BytesIO(content)) == media_type


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_of_no_type_that_is_taken_is_none(name: str) -> None:
    assert sniff(io.BytesIO(REFUSED[name])) is None


@given(st.binary(max_size=2000) | st.builds(lambda a, b: a[: len(a) // 2] + b, *[st.sampled_from(
    [content for content, _ in TAKEN.values()])] * 2))  # fmt: skip
def test_any_bytes_are_of_a_known_type_or_none(content: bytes) -> None:
    assert sniff(io.BytesIO(content)) in KINDS | {None}


@given(st.text(min_size=1, max_size=500))
def test_text_is_taken_unless_it_has_control_characters(text: str) -> None:
    content = text.encode("utf-8", "surrogatepass")
    has_controls = any((char < " " and char not in "\x07\x08\t\n\x0b\x0c\r\x1b") or char == "\x7f" for char in text)
    is_utf8 = not any("\ud800" <= char <= "\udfff" for char in text)
    found = sniff(io.BytesIO(content))
    if has_controls or not is_utf8:
        assert found is None or not found.startswith("text/")
    else:
        assert found is not None


def test_a_flaw_far_behind_the_beginning_is_found() -> None:
    assert sniff(io.BytesIO(b"a" * (3 * 1024 * 1024))) == "text/plain"
    assert sniff(io.BytesIO(b"a" * (3 * 1024 * 1024) + b"\xff")) is None
    assert sniff(io.BytesIO(b"a" * (1024 * 1024 - 1) + "ü".encode())) == "text/plain"  # cut by the end of a piece


def test_an_archive_is_told_by_its_list_and_not_by_text_inside() -> None:
    innocent = archive("readme.txt") + b"[Content_Types].xml word/document.xml"
    assert sniff(io.BytesIO(innocent)) is None


@pytest.mark.parametrize("hostile", [
    b"[" * 300_000, b"{" * 300_000, b"[x](" * 70_000, b"*" * 300_000, b"# " * 150_000, b"|---" * 75_000,
    b"a,b\n" * 75_000, b'"' * 300_000, b" " * 300_000, b"\n" * 300_000, b"- " * 150_000, b"```" * 100_000,
    b"PK\x03\x04" + b"PK\x05\x06" * 60_000,
], ids=lambda text: text[:4].decode())  # fmt: skip
def test_no_text_costs_more_than_its_length(hostile: bytes) -> None:
    began_s = time.process_time()
    sniff(io.BytesIO(hostile))
    assert time.process_time() - began_s < 0.5


def test_the_head_is_longer_than_any_mark() -> None:
    assert max(len(content) for content, _ in TAKEN.values()) < HEAD_BYTES
