"""Latest aliases, siblings and fallback lists (routing-and-catalog.md 8, 10, 12.4)."""

import pytest

from tests.unit.routing.worlds import catalog, endpoint, model, planned, tags
from trunkline.core.errors import ModelNotFound, NoEndpoints

OLD = model("acme/rocket-1", endpoint("p", model="acme/rocket-1"), created_s=10)
NEW = model("acme/rocket-2", endpoint("p", model="acme/rocket-2"), created_s=20)
LATEST = "~acme/rocket-latest"


def answered(*references: str, world: object = None, **query: object) -> list[str]:
    decided = planned(world or catalog(OLD, NEW), *references, **query)
    return [candidate.model.id for candidate in decided.attempts]


def test_latest_is_the_newest_of_its_family_and_a_newer_one_takes_its_place() -> None:
    assert answered(LATEST, world=catalog(OLD)) == ["acme/rocket-1"]
    assert answered(LATEST, world=catalog(OLD, NEW)) == ["acme/rocket-2"]
    assert planned(catalog(OLD, NEW), LATEST).strategy == "latest"


def test_latest_passes_over_what_this_instance_cannot_serve() -> None:
    assert answered(LATEST, is_callable=lambda found: found.model_id == "acme/rocket-1") == ["acme/rocket-1"]
    ended = model("acme/rocket-3", endpoint("p", model="acme/rocket-3", deprecation_date="2026-01-01"), created_s=30)
    assert answered(LATEST, world=catalog(OLD, NEW, ended)) == ["acme/rocket-2"]


def test_latest_never_means_a_private_model() -> None:
    secret = model("acme/rocket-3", endpoint("p", model="acme/rocket-3"), created_s=30, private_to=("user_1",))
    assert answered(LATEST, world=catalog(OLD, NEW, secret)) == ["acme/rocket-2"]


def test_latest_of_a_family_that_nobody_serves_is_404_and_of_an_unknown_family_400() -> None:
    with pytest.raises(NoEndpoints) as caught:
        answered(LATEST, is_callable=lambda found: False)
    assert caught.value.availability is not None
    assert caught.value.availability.code == "no_endpoints"
    with pytest.raises(ModelNotFound):
        answered("~acme/boat-latest")


def test_latest_takes_variants_and_any_case() -> None:
    assert answered("~ACME/Rocket-Latest:floor") == ["acme/rocket-2"]


def test_an_alias_that_leads_nowhere_is_skipped_while_another_model_is_listed() -> None:
    world = catalog(OLD, model("acme/boat-1", endpoint("q", model="acme/boat-1")))
    decided = planned(world, "~acme/boat-latest", "acme/rocket-1", is_callable=lambda e: e.provider == "p")
    assert tags(decided) == ["p"]


def test_priority_goes_to_the_fast_sibling_and_pro_to_the_pro_one() -> None:
    names = ("acme/rocket-1-fast", "acme/rocket-1-pro")
    world = catalog(OLD, *(model(name, endpoint("p", model=name)) for name in names))
    assert answered("acme/rocket-1", world=world) == ["acme/rocket-1"]
    assert answered("acme/rocket-1", world=world, service_tier="priority") == ["acme/rocket-1-fast"]
    assert answered("acme/rocket-1", world=world, service_tier="fast") == ["acme/rocket-1-fast"]
    assert answered("acme/rocket-1", world=world, wants_pro=True) == ["acme/rocket-1-pro"]
    assert answered("acme/rocket-1", world=catalog(OLD), wants_pro=True) == ["acme/rocket-1"]


def test_a_fallback_entry_may_carry_its_own_variant() -> None:
    boat = model(
        "acme/boat",
        endpoint("dear", model="acme/boat", price="0.000009"),
        endpoint("cheap", model="acme/boat", price="0.000008"),
    )
    for seed in range(30):
        assert tags(planned(catalog(OLD, boat), "acme/rocket-1", "acme/boat:floor", seed=seed)) == [
            "p",
            "cheap",
            "dear",
        ]
