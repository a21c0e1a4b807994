"""How models and providers are named (routing-and-catalog.md 2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.routing.worlds import catalog, endpoint, model, planned, rocket, tags
from trunkline.core.errors import ModelNotFound
from trunkline.routing.slugs import Reference, parse_reference, resolve
from trunkline.routing.types import ProviderPreferences

WORLD = catalog(
    model("acme/Rocket-1", endpoint("alpha"), canonical="acme/rocket-1-20260101"),
    model("acme/Rocket-1:free", endpoint("alpha/free", variant="free"), canonical="acme/rocket-1-20260101:free"),
    model("beta/sled", endpoint("beta")),
    model("local/llama3.2:1b", endpoint("alpha")),
    aliases={"acme/rocket.1": "acme/Rocket-1", "rocket-1": "acme/Rocket-1"},
)


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("a/b", Reference("a/b")),
        ("a/b:free:online", Reference("a/b", "free", ("online",))),
        ("a/b:ONLINE:free", Reference("a/b", "free", ("online",))),
        ("a/b:nitro:floor", Reference("a/b", None, ("nitro", "floor"))),
        ("a/b:1b", Reference("a/b:1b")),
        ("a/b:thinking:free", Reference("a/b:thinking", "free")),
        ("a/b:1b:nitro", Reference("a/b:1b", None, ("nitro",))),
        ("a/b:nitro@preset/mine", Reference("a/b", None, ("nitro",), "mine")),
        ("@preset/mine", Reference("", None, (), "mine")),
        ("~a/b-latest", Reference("~a/b-latest")),
    ],
)
def test_references_are_taken_apart(text: str, reference: Reference) -> None:
    assert parse_reference(text) == reference


@given(st.text(max_size=80))
def test_any_text_is_a_reference_or_not_found(text: str) -> None:
    parse_reference(text)
    with pytest.raises(ModelNotFound):
        resolve(WORLD, "?" + text)


@pytest.mark.parametrize(
    "text", ["acme/Rocket-1", " ACME/rocket-1 ", "acme/rocket-1-20260101", "acme/rocket.1", "rocket-1"]
)
def test_id_canonical_slug_alias_and_bare_name_lead_to_the_model_in_any_case(text: str) -> None:
    assert resolve(WORLD, text).model.id == "acme/Rocket-1"


def test_only_other_names_than_id_and_canonical_slug_are_aliases() -> None:
    names = ("acme/rocket-1", "acme/rocket-1-20260101", "acme/rocket.1")
    assert [resolve(WORLD, name).strategy for name in names] == ["direct", "direct", "alias"]


def test_free_and_online_lead_to_the_free_row_with_online_on() -> None:
    found = resolve(WORLD, "acme/rocket-1:free:online")
    assert (found.model.id, found.dynamic) == ("acme/Rocket-1:free", ("online",))


def test_free_of_an_alias_leads_to_the_free_row() -> None:
    assert resolve(WORLD, "acme/rocket.1:free").model.id == "acme/Rocket-1:free"


def test_a_name_that_holds_a_colon_is_found_with_and_without_variants() -> None:
    assert resolve(WORLD, "local/llama3.2:1b").model.id == "local/llama3.2:1b"
    assert resolve(WORLD, "local/llama3.2:1b:floor").dynamic == ("floor",)


@pytest.mark.parametrize("text", ["acme/rocket-1:bogus", "acme/rocket-1:thinking", "nobody/nothing", "", "/", ":free"])
def test_unknown_names_and_suffixes_are_model_not_found(text: str) -> None:
    with pytest.raises(ModelNotFound, match="is not a valid model ID") as caught:
        resolve(WORLD, text)
    availability = caught.value.availability
    assert caught.value.http_status == 400
    assert availability is not None
    assert (availability.code, availability.requested_models) == ("model_not_found", (text,))


def test_a_misspelt_name_is_answered_with_near_ones() -> None:
    with pytest.raises(ModelNotFound) as caught:
        resolve(WORLD, "acme/rokcet-1")
    assert caught.value.availability is not None
    assert caught.value.availability.fallback_models == ("acme/Rocket-1",)


def test_a_very_long_name_is_refused_at_once() -> None:
    with pytest.raises(ModelNotFound):
        resolve(WORLD, "a/" + "b:nitro" * 100_000)


VERTEX = rocket(
    endpoint("google-vertex"),
    endpoint("google-vertex/us-east5"),
    endpoint("google-vertex/flex", tier="flex"),
    endpoint("google-vertex/eu/flex", tier="flex"),
    endpoint("openai"),
)


def test_base_slug_keeps_regions_and_drops_tiers() -> None:
    decided = planned(VERTEX, preferences=ProviderPreferences(only=("google-vertex",)))
    assert sorted(tags(decided)) == ["google-vertex", "google-vertex/us-east5"]


def test_full_slug_keeps_exactly_that_tag() -> None:
    assert tags(planned(VERTEX, preferences=ProviderPreferences(only=("google-vertex/us-east5",)))) == [
        "google-vertex/us-east5"
    ]


def test_tier_slug_keeps_that_tier_of_every_region() -> None:
    decided = planned(VERTEX, preferences=ProviderPreferences(only=("google-vertex/flex",)))
    assert sorted(tags(decided)) == ["google-vertex/eu/flex", "google-vertex/flex"]


def test_display_name_and_slug_in_order_give_the_same_attempts() -> None:
    by_name, by_slug = (
        planned(VERTEX, preferences=ProviderPreferences(order=(name,), sort="price")) for name in ("OpenAI", "openai")
    )
    assert tags(by_name) == tags(by_slug)
    assert tags(by_name)[0] == "openai"


def test_an_entry_that_matches_nothing_is_ignored() -> None:
    decided = planned(VERTEX, preferences=ProviderPreferences(only=("nobody", "openai"), ignore=("no/one",)))
    assert tags(decided) == ["openai"]


@pytest.mark.parametrize(
    "edition", ["claude-rocket-4-5-20250929", "claude-rocket-4-5-latest", "anthropic/claude-rocket-4.5-20250929"]
)
def test_an_edition_of_claude_that_the_catalog_does_not_tell_apart_leads_to_its_model(edition: str) -> None:
    world = catalog(
        model("anthropic/claude-rocket-4.5", endpoint("alpha")),
        aliases={"claude-rocket-4-5": "anthropic/claude-rocket-4.5"},
    )
    assert resolve(world, edition).model.id == "anthropic/claude-rocket-4.5"
    with pytest.raises(ModelNotFound):
        resolve(world, edition.replace("rocket", "sled"))
