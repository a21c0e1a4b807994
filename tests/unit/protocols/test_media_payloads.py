"""Cheap checks of images, files and recordings (inference.md 10.1–10.4)."""

import pytest
from msgspec import Raw

from trunkline.core.errors import InvalidRequest
from trunkline.protocols.media_payloads import check_audio, check_image, check_media

PNG = b"data:image/png;base64,"


@pytest.mark.parametrize(
    "url",
    [
        b"https://example.com/a",
        b"HTTP://example.com/a.png",
        PNG + b"iVBORw0KGgo=",
        PNG + b"iVBORw0KGgo",
        b"data:image\\/png;base64,iVBORw0KGgo=",
        b"data:image/jpeg;charset=utf-8;base64," + b"A" * 4000,
    ],
)
def test_urls_and_data_urls_of_images_pass(url: bytes) -> None:
    check_image(Raw(b'"%s"' % url), "url")


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        (b'"data:image/tiff;base64,AAAA"', "unsupported_image_format"),
        (b'"data:image/png,AAAA"', "invalid_image"),
        (b'"data:image/png;base64,"', "invalid_image"),
        (b'"data:image/png;base64,AAAAA"', "invalid_image"),
        (b'"data:image/png;base64,****"', "invalid_image"),
        (b'"' + PNG + b"A" * 2000 + b"!!!!" + b"A" * 1996 + b'"', "invalid_image"),
        (b'"file:///etc/passwd"', "invalid_request"),
        (b'"gs://bucket/a.png"', "invalid_request"),
        (b"7", "invalid_request"),
        (b"null", "invalid_request"),
    ],
)
def test_what_is_no_image_is_refused_with_its_kind(url: bytes, kind: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        check_image(Raw(url), "messages[0].content[0].image_url.url")
    assert refused.value.kind == kind
    assert refused.value.field == "messages[0].content[0].image_url.url"


def test_files_are_urls_or_data_urls_of_any_type() -> None:
    check_media(Raw(b'"data:application/pdf;base64,JVBERi0="'), "file")
    with pytest.raises(InvalidRequest, match="URL"):
        check_media(Raw(b'"JVBERi0="'), "file")


def test_audio_is_base64_and_never_a_url() -> None:
    assert check_audio(Raw(b'"UklGRg=="'), "data") is False
    assert check_audio(Raw(b'"data:audio/wav;base64,UklGRg=="'), "data") is True
    with pytest.raises(InvalidRequest, match="not a URL"):
        check_audio(Raw(b'"https://example.com/a.wav"'), "data")
