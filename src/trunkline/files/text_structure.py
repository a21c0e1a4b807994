"""Which text a text is, by its structure (inference.md 26): JSON, lines of JSON, CSV, Markdown, or plain.

A guess, made on the beginning; what is called plain by mistake is still text. JSON is certain up to the size that is
parsed whole, beyond that its first and last character decide.
"""

import codecs
import csv
import re
from collections.abc import Sequence
from typing import BinaryIO, Final

import msgspec
from msgspec import Raw

PARSED_BYTES_MAX: Final = 8 * 1024 * 1024
"""Of JSON: parsing holds up everything else in the process, 10 ms for so much."""
SAMPLE_BYTES: Final = 256 * 1024
_LINES_MAX: Final = 1_000
_TAIL_BYTES: Final = 4 * 1024
_OPENINGS: Final = {b"{": b"}", b"[": b"]"}

_decoder = msgspec.json.Decoder(Raw)

_MARKDOWN: Final = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        r"^#{1,6} \S.*$",  # a heading
        r"^(?:```|~~~)",  # a fence
        r"\[[^\[\]\n]+\]\([^()\s]+\)",  # a link or an image; no bracket inside, or hostile text would cost its square
        r"\*\*\S[^*\n]*\*\*",  # strong
        r"^ {0,3}[-*+] \S",  # an item
        r"^> \S",  # a quotation
        r"^\|?(?: *:?-{3,}:? *\|)+",  # the rule of a table
    )
)
_TITLE: Final = re.compile(r"\s*# \S.*\n\s*\n")
_DELIMITERS: Final = ",;\t"


def text_type(file: BinaryIO) -> str:
    """The media type of a file that is known to be UTF-8 text."""
    size = file.seek(0, 2)
    file.seek(0)
    head = file.read(SAMPLE_BYTES).removeprefix(codecs.BOM_UTF8)
    lines = _whole_lines(head, is_all=size <= SAMPLE_BYTES)
    if _is_json(file, head, size):
        return "application/json"
    if len(lines) > 1 and all(_is_json_container(line) for line in lines):
        return "application/x-ndjson"
    sample = [line.decode() for line in lines]
    if _is_csv(sample):
        return "text/csv"
    return "text/markdown" if _is_markdown("\n".join(sample) + "\n") else "text/plain"


def _whole_lines(head: bytes, *, is_all: bool) -> Sequence[bytes]:
    """Lines that hold something, without the last when it may have been cut."""
    lines = head.splitlines()
    if not is_all:
        lines = lines[:-1]
    return [line for line in lines[:_LINES_MAX] if not line.isspace() and line]


def _is_json(file: BinaryIO, head: bytes, size: int) -> bool:
    closing = _OPENINGS.get(head.lstrip()[:1])
    if closing is None:
        return False
    if size <= PARSED_BYTES_MAX:
        file.seek(0)
        return _is_json_container(file.read().removeprefix(codecs.BOM_UTF8))
    file.seek(-_TAIL_BYTES, 2)
    # Lines of JSON open and close alike: what is one document does not end its first line with its first value.
    return file.read().rstrip()[-1:] == closing and not _is_json_container(head.lstrip().partition(b"\n")[0])


def _is_json_container(text: bytes) -> bool:
    if text.lstrip()[:1] not in _OPENINGS:
        return False
    try:
        _decoder.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _is_csv(lines: Sequence[str]) -> bool:
    return len(lines) > 1 and any(_is_table(lines, delimiter) for delimiter in _DELIMITERS)


def _is_table(lines: Sequence[str], delimiter: str) -> bool:
    """Whether each row has the same number of fields, two or more. A comma before a space belongs to prose."""
    if f"{delimiter} " in lines[0] or delimiter not in lines[0]:
        return False
    try:
        rows = list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error:
        return False
    return len(rows) > 1 and len({len(row) for row in rows}) == 1


def _is_markdown(text: str) -> bool:
    """A title over an empty line, or marks of two kinds."""
    return _TITLE.match(text) is not None or sum(pattern.search(text) is not None for pattern in _MARKDOWN) > 1
