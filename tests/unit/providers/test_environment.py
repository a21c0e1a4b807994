"""What variables say of a provider (catalog README, "Using the catalog")."""

import pytest

from trunkline.catalog.types import Auth, Provider
from trunkline.providers.environment import api_key, base_url, base_urls, completed_engine_url, engine_url, missing


def provider(**fields: object) -> Provider:
    facts: dict[str, object] = {
        "slug": "acme",
        "name": "Acme",
        "kind": "cloud",
        "protocol": "openai-chat",
        "protocols": ("openai-chat",),
        "base_url": "https://acme.example/v1",
    }
    return Provider(**(facts | fields))


def test_the_first_variable_that_is_set_to_something_is_the_key() -> None:
    acme = provider(key_env=("ACME_API_KEY", "ACME_TOKEN"))
    assert api_key(acme, {"ACME_API_KEY": " ", "ACME_TOKEN": "t"}) == "t"
    assert api_key(acme, {}) is None


HOLEY = provider(
    base_url="https://{resource}.acme.example/{region}/v1/",
    base_url_variables={"resource": (("ACME_RESOURCE",), None), "region": (("ACME_REGION",), "us")},
    key_env=("ACME_API_KEY",),
    required_env=("ACME_RESOURCE",),
)


def test_holes_are_filled_from_variables_and_defaults() -> None:
    assert base_url(HOLEY, {"ACME_RESOURCE": "mine"}) == "https://mine.acme.example/us/v1"
    assert base_url(HOLEY, {"ACME_RESOURCE": "mine", "ACME_REGION": "eu"}) == "https://mine.acme.example/eu/v1"


def test_a_hole_that_cannot_be_filled_leaves_no_address() -> None:
    assert base_url(HOLEY, {"ACME_REGION": "eu"}) is None


def test_a_whole_address_is_taken_as_the_host_that_was_asked_for() -> None:
    host = provider(base_url="https://{host}/v1", base_url_variables={"host": (("ACME_HOST",), None)})
    assert base_url(host, {"ACME_HOST": "https://my.acme.example/"}) == "https://my.acme.example/v1"


def test_missing_names_the_key_first_and_each_variable_once() -> None:
    assert missing(HOLEY, {}) == ("ACME_API_KEY", "ACME_RESOURCE")
    assert missing(HOLEY, {"ACME_API_KEY": "k", "ACME_RESOURCE": "r"}) == ()
    assert missing(provider(auth=Auth(optional=True), key_env=("ACME_API_KEY",)), {}) == ()


@pytest.mark.parametrize(
    ("named", "completed"),
    [
        ("http://gpu:9000/v1", "http://gpu:9000/v1"),
        ("http://gpu:9000/", "http://gpu:9000/v1"),
        ("https://gpu.example/api/v1/", "https://gpu.example/api/v1"),
        ("https://gpu.example", "https://gpu.example/v1"),
        ("gpu:9000", "http://gpu:9000/v1"),
        ("gpu", "http://gpu:11434/v1"),
        ("0.0.0.0", "http://127.0.0.1:11434/v1"),
        ("0.0.0.0:9000", "http://127.0.0.1:9000/v1"),
        (":9000", "http://127.0.0.1:9000/v1"),
        ("[::1]:9000", "http://[::1]:9000/v1"),
    ],
)
def test_loosely_written_engine_addresses_are_completed(named: str, completed: str) -> None:
    assert completed_engine_url(named, "http://localhost:11434/v1") == completed
    engine = provider(kind="local", base_url="http://localhost:11434/v1", base_url_env=("ENGINE_HOST",))
    assert engine_url(engine, {"ENGINE_HOST": named}) == completed
    assert engine_url(engine, {}) is None


def test_an_address_of_one_protocol_fills_the_same_holes_and_is_left_out_when_it_cannot() -> None:
    variables = {"resource": (("ACME_RESOURCE",), None)}
    acme = provider(
        base_url="https://{resource}.acme.example/v1",
        base_urls={"anthropic-messages": "https://{resource}.acme.example/anthropic/v1"},
        base_url_variables=variables,
    )
    filled = base_urls(acme, {"ACME_RESOURCE": "r1"})
    assert filled == {"anthropic-messages": "https://r1.acme.example/anthropic/v1"}
    assert base_urls(acme, {}) == {}
