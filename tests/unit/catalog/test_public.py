"""What lists may show (routing-and-catalog.md 5.7 and 14)."""

from tests.unit.routing.worlds import catalog, endpoint, model
from trunkline.catalog.public import public_part


def test_a_catalog_without_secrets_is_shown_as_it_is() -> None:
    world = catalog(model("acme/a", endpoint("p", model="acme/a")))
    assert public_part(world) is world


def test_private_models_and_endpoints_and_what_is_switched_off_are_not_shown() -> None:
    world = catalog(
        model("acme/secret", endpoint("p", model="acme/secret"), private_to=("user_1",)),
        model("acme/inner", endpoint("p", model="acme/inner", private_to=("user_1",))),
        model(
            "acme/open",
            endpoint("p", model="acme/open", private_to=("user_1",)),
            endpoint("off", model="acme/open", enabled=False),
            endpoint("q", model="acme/open"),
        ),
    )
    shown = public_part(world)
    assert list(shown.models) == ["acme/open"]
    assert [e.tag for e in shown.models["acme/open"].endpoints] == ["q"]
    assert "acme/secret" not in shown.names
