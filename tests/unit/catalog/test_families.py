"""Lines of models and their newest (routing-and-catalog.md 12.4)."""

import pytest

from tests.unit.routing.worlds import endpoint, model
from trunkline.catalog.families import families, family_of
from trunkline.catalog.loader import load_bundled
from trunkline.catalog.snapshot import build_snapshot, compile_catalog
from trunkline.settings import Settings


@pytest.mark.parametrize(
    ("model_id", "family"),
    [
        ("anthropic/claude-opus-4.8", "claude-opus"),
        ("anthropic/claude-4.6-sonnet", "claude-sonnet"),
        ("openai/gpt-5.4-mini", "gpt-mini"),
        ("openai/gpt-5.4", "gpt"),
        ("google/gemini-3.1-pro-preview", "gemini-pro"),
        ("deepseek/deepseek-v4-pro-0813", "deepseek-pro"),
        ("acme/4", "4"),
    ],
)
def test_a_family_is_the_id_without_author_versions_dates_and_stage(model_id: str, family: str) -> None:
    assert family_of(model_id) == family


def test_an_alias_leads_to_the_newest_first_and_never_to_variants() -> None:
    snapshot = compile_catalog(load_bundled())

    newest, *older = (snapshot.models[name] for name in snapshot.families["~anthropic/claude-opus-latest"])

    assert all(newest.created_s >= model.created_s for model in older)
    assert all(":" not in name for names in snapshot.families.values() for name in names)


def test_models_of_one_day_are_in_descending_order_of_their_slugs() -> None:
    rows = [model(f"acme/rocket-{n}", endpoint("p"), created_s=7) for n in (1, 3, 2)]

    assert families(rows)["~acme/rocket-latest"] == ("acme/rocket-3", "acme/rocket-2", "acme/rocket-1")


def test_the_operator_names_a_family_and_keeps_private_models_out(tmp_path: object) -> None:
    settings = Settings(
        home=tmp_path,
        models=(
            {"id": "acme/x1", "family": "rocket"},
            {"id": "acme/y2", "family": "rocket", "private_to": ["user_1"]},
        ),
        endpoints=tuple(
            {"model": name, "provider": "acme", "base_url": "http://127.0.0.1:9/v1"} for name in ("acme/x1", "acme/y2")
        ),
    )

    assert build_snapshot(settings).families["~acme/rocket-latest"] == ("acme/x1",)


def test_an_extended_endpoint_makes_a_row_of_its_own(tmp_path: object) -> None:
    entry = {"model": "acme/x1", "provider": "acme", "base_url": "http://127.0.0.1:9/v1"}
    settings = Settings(
        home=tmp_path,
        endpoints=(entry, {**entry, "tag": "acme/long", "variant": "extended", "context_length": 1_000_000}),
    )

    models = build_snapshot(settings).models

    assert [e.tag for e in models["acme/x1"].endpoints] == ["acme"]
    assert models["acme/x1:extended"].context_length == 1_000_000
