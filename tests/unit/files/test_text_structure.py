"""Which text a text is; more samples in test_sniffing.py."""

import io
import json

from trunkline.files.text_structure import PARSED_BYTES_MAX, SAMPLE_BYTES, text_type


def kind_of(text: str) -> str:
    return text_type(io.BytesIO(text.encode()))


def test_large_json_is_told_by_its_ends() -> None:
    rows = [{"index": index, "text": "x" * 100} for index in range(80_000)]
    document = json.dumps(rows, indent=1)
    assert len(document) > PARSED_BYTES_MAX
    assert kind_of(document) == kind_of(json.dumps(rows)) == "application/json"
    assert kind_of(document[:-1] + ",") == "text/plain"


def test_large_lines_of_json_are_no_document() -> None:
    assert kind_of('{"text": "xxxxxxxxxxxxxxxxxxxx"}\n' * (PARSED_BYTES_MAX // 30)) == "application/x-ndjson"


def test_a_line_that_the_sample_cuts_does_not_count() -> None:
    row = "1," + "2" * 1000 + "\n"
    assert kind_of("a,b\n" + row * (SAMPLE_BYTES // len(row) + 5)) == "text/csv"


def test_rows_of_different_lengths_are_no_table() -> None:
    assert kind_of("a,b\n1,2\n3\n") == "text/plain"
    assert kind_of("a,b\n") == "text/plain"


def test_deep_nesting_is_plain_text_and_no_crash() -> None:
    assert kind_of("[" * 100_000 + "]" * 100_000) == "text/plain"


def test_a_script_with_a_comment_is_not_markdown() -> None:
    assert kind_of("#!/bin/sh\n# lists files\nls\n") == "text/plain"
