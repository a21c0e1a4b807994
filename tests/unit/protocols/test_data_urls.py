"""Data URLs taken apart."""

import pytest

from trunkline.core.errors import InvalidRequest
from trunkline.protocols.data_urls import DataUrl, decoded_text, is_text, split_data_url


def test_type_and_payload_are_told_apart() -> None:
    assert split_data_url("data:image/png;base64,AAAA") == DataUrl("image/png", "AAAA")
    assert split_data_url("DATA:Image/PNG;name=a.png;BASE64,AA==") == DataUrl("image/png", "AA==")
    assert split_data_url("data:;base64,AAAA") == DataUrl("", "AAAA")


def test_other_urls_are_none() -> None:
    assert split_data_url("https://acme.test/a.png") is None
    assert split_data_url("data:text/plain,hello") is None
    assert split_data_url("data:image/png;base64") is None


def test_a_text_file_is_told_by_its_type_and_read_as_utf_8() -> None:
    assert is_text(DataUrl("text/markdown", ""))
    assert is_text(DataUrl("application/json", ""))
    assert not is_text(DataUrl("application/pdf", ""))
    assert decoded_text(DataUrl("text/plain", "w6QK"), "file") == "ä\n"
    with pytest.raises(InvalidRequest, match="not base64 of UTF-8"):
        decoded_text(DataUrl("text/plain", "/w=="), "file")
