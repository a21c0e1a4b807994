"""What variables say of a provider (catalog README, "Using the catalog")."""

from collections.abc import Mapping

import pytest

from trunkline.catalog.types import Auth, Provider
from trunkline.providers import environment
from trunkline.providers.environment import (
    address_parts,
    api_key,
    completed_engine_url,
    engine_url,
    missing,
    missing_key,
)


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


def base_url(known: Provider, environ: Mapping[str, str], given: Mapping[str, str] | None = None) -> str | None:
    return environment.base_url(known, address_parts(known, given or {}, environ))


def base_urls(known: Provider, environ: Mapping[str, str]) -> Mapping[str, str]:
    return environment.base_urls(known, address_parts(known, {}, environ))


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


def test_settings_fill_a_hole_before_variables_do() -> None:
    assert base_url(HOLEY, {"ACME_RESOURCE": "env", "ACME_REGION": "eu"}, {"resource": "mine"}) == (
        "https://mine.acme.example/eu/v1"
    )
    assert missing(HOLEY, {}, {"resource": "mine"}) == ()


def test_missing_names_each_variable_once() -> None:
    assert missing(HOLEY, {}, {}) == ("ACME_RESOURCE",)
    assert missing(HOLEY, {"ACME_RESOURCE": "r"}, {}) == ()


def test_a_missing_key_is_named_by_its_first_variable_unless_it_may_be_missing() -> None:
    assert missing_key(HOLEY, {}) == ("ACME_API_KEY",)
    assert missing_key(HOLEY, {"ACME_API_KEY": "k"}) == ()
    assert missing_key(provider(auth=Auth(optional=True), key_env=("ACME_API_KEY",)), {}) == ()


VERTEX = provider(
    base_url="https://{location}-aiplatform.googleapis.com/v1/locations/{location}",
    base_url_variables={"location": (("LOCATION",), "global")},
)


@pytest.mark.parametrize(
    ("location", "host"),
    [
        (None, "aiplatform.googleapis.com"),
        ("global", "aiplatform.googleapis.com"),
        ("eu", "aiplatform.eu.rep.googleapis.com"),
        ("us", "aiplatform.us.rep.googleapis.com"),
        ("europe-west4", "europe-west4-aiplatform.googleapis.com"),
    ],
)
def test_vertex_spells_the_host_of_several_regions_otherwise(location: str | None, host: str) -> None:
    environ = {} if location is None else {"LOCATION": location}
    assert base_url(VERTEX, environ) == f"https://{host}/v1/locations/{location or 'global'}"


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
