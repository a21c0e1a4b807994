"""First bytes and names."""

import pytest

from trunkline.protocols.media_types import type_of_bytes, type_of_name


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "audio/wav"),
        (b"RIFF\x00\x00\x00\x00AVI ", None),
        (b"%PDF-1.7", "application/pdf"),
        (b"\x00\x00\x00\x18ftypmp42", "video/mp4"),
        (b"\x00\x00\x00\x18ftypqt  ", "video/quicktime"),
        (b"\x00\x00\x00\x18ftypavif", "image/avif"),
        (b"<html>", None),
        (b"", None),
    ],
)
def test_first_bytes_give_the_type_away(data: bytes, expected: str | None) -> None:
    assert type_of_bytes(data) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("https://example.com/a.PNG?b=c.pdf#d.gif", "image/png"),
        ("report.pdf", "application/pdf"),
        ("https://example.com/a", None),
        ("https://example.pdf/", None),
        ("http://[broken", None),
    ],
)
def test_ending_of_the_path_tells_the_type(name: str, expected: str | None) -> None:
    assert type_of_name(name) == expected
