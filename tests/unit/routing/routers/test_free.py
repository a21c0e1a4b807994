"""`openrouter/free` (routing-and-catalog.md 12.2)."""

import pytest

from tests.unit.routing.worlds import catalog, endpoint, model, planned
from trunkline.catalog.types import Model
from trunkline.core.errors import NoEndpoints

FREE = "openrouter/free"


def gift(name: str, **facts: object) -> Model:
    row = f"{name}:free"
    return model(row, endpoint("p", model=row, price="0", variant="free", **facts))


WORLD = catalog(
    gift("acme/blind"),
    gift("acme/eyes", inputs=("text", "image")),
    gift("acme/tools", parameters=("tools",)),
    model("acme/paid", endpoint("p", model="acme/paid")),
)


def chosen(seed: int = 1, **query: object) -> list[str]:
    return [candidate.model.id for candidate in planned(WORLD, FREE, seed=seed, **query).attempts]


def test_only_models_that_cost_nothing_are_chosen_each_as_often() -> None:
    firsts = [chosen(seed)[0] for seed in range(600)]
    assert set(firsts) == {"acme/blind:free", "acme/eyes:free", "acme/tools:free"}
    assert all(150 <= firsts.count(name) <= 250 for name in set(firsts))


def test_an_image_never_goes_to_a_text_only_model() -> None:
    for seed in range(50):
        assert chosen(seed, input_modalities=frozenset({"text", "image"})) == ["acme/eyes:free"]


def test_tools_go_to_models_that_take_them() -> None:
    assert chosen(used_parameters=frozenset({"tools"})) == ["acme/tools:free"]


def test_nothing_that_fits_is_404_no_endpoints() -> None:
    with pytest.raises(NoEndpoints) as caught:
        chosen(prompt_tokens_estimate=10**6)
    assert caught.value.availability is not None
    assert caught.value.availability.code == "no_endpoints"


def test_a_model_with_a_paid_endpoint_beside_a_free_one_is_not_free() -> None:
    both = model("acme/both", endpoint("local", model="acme/both", price="0"), endpoint("p", model="acme/both"))
    with pytest.raises(NoEndpoints):
        planned(catalog(both), FREE)


def test_the_strategy_is_free() -> None:
    assert planned(WORLD, "trunkline/free").strategy == "free"
