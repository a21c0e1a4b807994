"""Data URLs taken apart."""

from trunkline.protocols.data_urls import DataUrl, split_data_url


def test_type_and_payload_are_told_apart() -> None:
    assert split_data_url("data:image/png;base64,AAAA") == DataUrl("image/png", "AAAA")
    assert split_data_url("DATA:Image/PNG;name=a.png;BASE64,AA==") == DataUrl("image/png", "AA==")
    assert split_data_url("data:;base64,AAAA") == DataUrl("", "AAAA")


def test_other_urls_are_none() -> None:
    assert split_data_url("https://acme.test/a.png") is None
    assert split_data_url("data:text/plain,hello") is None
    assert split_data_url("data:image/png;base64") is None
