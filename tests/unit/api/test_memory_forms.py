"""Forms in memory: any cut of the bytes is the same form, and every bound is met before more is held."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.api.memory_forms import FormReader, FormRules, MemoryForm
from trunkline.core.errors import InvalidRequest, PayloadTooLarge

RULES = FormRules(files=frozenset({"file"}), files_max=2, file_bytes_max=1_000, advice="Send less.")
TYPE = "multipart/form-data; boundary=x"


def part(name: str, content: bytes, filename: str | None = None) -> bytes:
    named = f'; filename="{filename}"' if filename is not None else ""
    head = f'Content-Disposition: form-data; name="{name}"{named}\r\n\r\n'
    return b"--x\r\n" + head.encode() + content + b"\r\n"


def read(*pieces: bytes) -> MemoryForm:
    reader = FormReader(TYPE, RULES)
    for piece in pieces:
        reader.feed(piece)
    return reader.finish()


WHOLE = part("n", b"1") + part("file", b"abc", "a.wav") + part("n", b"2") + part("file", b"", "b.wav") + b"--x--\r\n"


@given(st.lists(st.integers(0, len(WHOLE)), max_size=8))
def test_any_cut_of_the_bytes_is_the_same_form(cuts: list[int]) -> None:
    edges = sorted({0, len(WHOLE), *cuts})
    form = read(*(WHOLE[start:end] for start, end in itertools.pairwise(edges)))
    assert form.fields == {"n": ["1", "2"]}
    assert [(file.filename, file.content) for file in form.files] == [("a.wav", b"abc"), ("b.wav", b"")]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (part("file", bytes(600), "a") + part("file", bytes(600), "b"), PayloadTooLarge),
        (part("file", b"", "a") * 3, InvalidRequest),
        (part("n", bytes(20_000)), InvalidRequest),
        (part("n", b"1") * 40, InvalidRequest),
        (part("n", b"\xff") + b"--x--\r\n", InvalidRequest),
        (part("n", b"1"), InvalidRequest),
        (b"no form", InvalidRequest),
        (b"", InvalidRequest),
    ],
)
def test_what_is_no_form_or_too_large_a_one_is_refused(body: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        read(body)


def test_a_file_beyond_its_bound_is_refused_with_the_piece_that_goes_beyond_it() -> None:
    reader = FormReader(TYPE, RULES)
    reader.feed(part("file", b"", "a").removesuffix(b"\r\n"))
    reader.feed(bytes(900))
    with pytest.raises(PayloadTooLarge, match="Send less"):
        for _ in range(3):
            reader.feed(bytes(100))
