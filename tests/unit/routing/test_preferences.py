"""The `provider` object: what is read, and what is said about mistakes (routing-and-catalog.md 4.1)."""

import pytest
from msgspec import Raw

from trunkline.core import json
from trunkline.core.errors import InvalidRequest
from trunkline.routing.preferences import parse
from trunkline.routing.types import MaxPrice, ProviderPreferences


def read(text: str, route: str | None = None) -> ProviderPreferences:
    return parse(Raw(text.encode()), route)


@pytest.mark.parametrize("text", ["", "null", "{}", '{"order": null, "only": [], "zdr": null, "sort": null}'])
def test_null_and_empty_lists_mean_absent(text: str) -> None:
    assert read(text) == ProviderPreferences()


def test_all_fields_are_read() -> None:
    preferences = read(
        """{"order": ["a", "b"], "allow_fallbacks": false, "require_parameters": true, "data_collection": "deny",
        "zdr": true, "enforce_distillable_text": true, "only": ["c"], "ignore": ["d"], "quantizations": ["fp8"],
        "sort": "latency", "max_price": {"request": 0.5}, "preferred_max_latency": {"p90": 2, "p50": 1.5},
        "preferred_min_throughput": 40}"""
    )
    assert preferences == ProviderPreferences(
        order=("a", "b"),
        allow_fallbacks=False,
        require_parameters=True,
        data_collection="deny",
        zdr=True,
        enforce_distillable_text=True,
        only=("c",),
        ignore=("d",),
        quantizations=("fp8",),
        sort="latency",
        max_price=MaxPrice(request=5 * 10**17),
        max_latency=(("p50", 1.5), ("p90", 2.0)),
        min_throughput=(("p50", 40.0),),
    )


def test_max_price_as_string_and_as_number_are_the_same_exact_limit() -> None:
    assert read('{"max_price": {"prompt": "1"}}') == read('{"max_price": {"prompt": 1}}')
    assert read('{"max_price": {"prompt": "0.1"}}').max_price.prompt == 10**11
    assert read('{"max_price": {"completion": 0.3}}').max_price.completion == 3 * 10**11


@pytest.mark.parametrize(
    ("text", "field", "says"),
    [
        ('{"ordr": ["a"]}', "provider.ordr", "did you mean 'order'"),
        ('{"max_price": {"promt": 1}}', "provider.max_price.promt", "did you mean 'prompt'"),
        ('{"sort": {"bye": "price"}}', "provider.sort.bye", "did you mean 'by'"),
        ('{"preferred_max_latency": {"p80": 1}}', "provider.preferred_max_latency.p80", "did you mean"),
        ('{"order": ["a", 1]}', "provider.order[1]", "expected `str`"),
        ('{"order": "a"}', "provider.order", "expected `array"),
        ('{"zdr": "yes"}', "provider.zdr", "expected `bool"),
        ('{"data_collection": "maybe"}', "provider.data_collection", "invalid enum value 'maybe'"),
        ('{"quantizations": ["fp9"]}', "provider.quantizations[0]", "fp9"),
        ('{"sort": "prise"}', "provider.sort", "did you mean 'price'"),
        ('{"sort": {"by": "speed"}}', "provider.sort.by", "speed"),
        ('{"max_price": {"prompt": "cheap"}}', "provider.max_price.prompt", "decimal"),
        ('{"max_price": {"prompt": -1}}', "provider.max_price.prompt", "0 or more"),
        ('{"max_price": {"prompt": "NaN"}}', "provider.max_price.prompt", "finite"),
        ('{"max_price": {"prompt": "1e-999999"}}', "provider.max_price.prompt", "fractional digits"),
        ('{"preferred_min_throughput": -1}', "provider.preferred_min_throughput", ">= 0"),
        ("[]", "provider", "expected `object`"),
    ],
)
def test_a_mistake_is_named_with_its_member(text: str, field: str, says: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read(text)
    assert caught.value.field == field
    assert says in caught.value.message
    assert caught.value.message.startswith(field)


def test_route_is_the_partition_unless_sort_names_one() -> None:
    assert (read("", "fallback").partition, read("", "fallback").sort) == ("model", None)
    assert (read("", "sort").partition, read("", "sort").sort) == ("none", "price")
    assert read('{"sort": {"by": "latency", "partition": "model"}}', "sort").partition == "model"
    assert read('{"sort": "throughput"}', "sort").sort == "throughput"


def test_partition_none_without_by_sorts_by_price() -> None:
    preferences = read('{"sort": {"partition": "none"}}')
    assert (preferences.sort, preferences.partition) == ("price", "none")


def test_unknown_route_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="'route' must be"):
        read("", "scenic")


def test_images_take_lists_and_options_and_jobs_only_options() -> None:
    raw = json.raw({"only": ["acme"], "options": {"acme": {"steps": 20}}})
    read = parse(raw, None, "image")
    assert (read.only, json.value(read.options["acme"]["steps"])) == (("acme",), 20)
    with pytest.raises(InvalidRequest, match=r"provider\.only has no meaning for speech; valid are options"):
        parse(raw, None, "speech")


def test_text_has_no_options_and_images_no_max_price() -> None:
    with pytest.raises(InvalidRequest, match=r"provider\.options has no meaning for chat"):
        parse(json.raw({"options": {}}), None)
    with pytest.raises(InvalidRequest, match=r"provider\.max_price has no meaning for image"):
        parse(json.raw({"max_price": {"prompt": 1}}), None, "image")
