from typing import Any

import pytest

from tests.unit.protocols.gemini.requests import NEWEST, contents, target, user
from trunkline.core.errors import InvalidRequest


def sent(part: dict[str, Any], model: str = NEWEST) -> dict[str, Any]:
    return contents(user([part]), to=target(model))[0]["parts"][0]


def image(url: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}


def file(data: str, name: str | None = None) -> dict[str, Any]:
    return {"type": "file", "file": {"file_data": data} | ({} if name is None else {"filename": name})}


def video(url: str) -> dict[str, Any]:
    return {"type": "video_url", "video_url": {"url": url}}


@pytest.mark.parametrize(
    ("part", "mime"),
    [
        (image("data:image/jpg;base64,/9j/"), "image/jpeg"),
        (image("data:image/webp;base64,UklG"), "image/webp"),
        (file("data:application/pdf;base64,JVBERi0x"), "application/pdf"),
        (file("data:application/octet-stream;base64,JVBERi0x"), "application/pdf"),
        (file("data:application/octet-stream;base64,YWJj", "notes.txt"), "text/plain"),
        (file("data:text/csv;base64,YSxi"), "text/csv"),
        ({"type": "input_audio", "input_audio": {"data": "UklG", "format": "wav"}}, "audio/wav"),
        ({"type": "input_audio", "input_audio": {"data": "SUQz", "format": "mp3"}}, "audio/mpeg"),
        ({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "pcm16"}}, "audio/pcm"),
        (video("data:video/mp4;base64,AAAA"), "video/mp4"),
        (video("data:video/mov;base64,AAAA"), "video/quicktime"),
    ],
)
def test_data_are_inline_with_their_type(part: dict[str, Any], mime: str) -> None:
    inline = sent(part)["inlineData"]
    assert inline["mimeType"] == mime
    assert "," not in inline["data"]


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (
            video("https://youtu.be/lCdaVNyHtjU"),
            {"fileUri": "https://youtu.be/lCdaVNyHtjU", "mimeType": "video/mp4"},
        ),
        (
            video("https://www.youtube.com/watch?v=x"),
            {"fileUri": "https://www.youtube.com/watch?v=x", "mimeType": "video/mp4"},
        ),
        (
            file("https://generativelanguage.googleapis.com/v1beta/files/abc"),
            {"fileUri": "https://generativelanguage.googleapis.com/v1beta/files/abc"},
        ),
        (
            image("https://example.com/a.jpg?w=1"),
            {"fileUri": "https://example.com/a.jpg?w=1", "mimeType": "image/jpeg"},
        ),
        (
            file("https://example.com/a.pdf"),
            {"fileUri": "https://example.com/a.pdf", "mimeType": "application/pdf"},
        ),
    ],
)
def test_addresses_that_google_opens_are_passed_on(part: dict[str, Any], expected: dict[str, str]) -> None:
    assert sent(part) == {"fileData": expected}


@pytest.mark.parametrize(
    ("part", "model", "field"),
    [
        (image("https://example.com/a"), NEWEST, "image_url.url"),
        (image("http://example.com/a.png"), NEWEST, "image_url.url"),
        (image("https://example.com/a.png"), "gemini-2.0-flash", "image_url.url"),
        (file("https://example.com/a.docx"), NEWEST, "file.file_data"),
        (video("https://example.com/a.mp4"), NEWEST, "video_url.url"),
        (video("https://youtube.com.example.net/watch?v=x"), NEWEST, "video_url.url"),
        (video("https://[broken"), NEWEST, "video_url.url"),
        (image("https://[broken.png"), NEWEST, "image_url.url"),
        ({"type": "file", "file": {"file_id": "or_file_1"}}, NEWEST, "file.file_id"),
    ],
)
def test_what_would_have_to_be_fetched_is_refused_by_name(part: dict[str, Any], model: str, field: str) -> None:
    with pytest.raises(InvalidRequest, match="data URL") as caught:
        sent(part, model)
    assert caught.value.field == f"messages[0].content[0].{field}"
