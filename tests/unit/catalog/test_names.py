import pytest

from trunkline.catalog.loader import load_bundled
from trunkline.catalog.overrides import apply
from trunkline.catalog.snapshot import compile_catalog
from trunkline.catalog.types import Snapshot


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return compile_catalog(load_bundled())


def test_every_id_and_canonical_slug_leads_to_its_row(snapshot: Snapshot) -> None:
    for row in snapshot.models.values():
        assert snapshot.names[row.id.lower()] == row.id
    assert snapshot.names["anthropic/claude-4.5-opus-20251124"] == "anthropic/claude-opus-4.5"


def test_dashes_may_stand_for_dots(snapshot: Snapshot) -> None:
    assert snapshot.names["anthropic/claude-opus-4-8"] == "anthropic/claude-opus-4.8"


def test_bare_name_counts_when_one_model_has_it(snapshot: Snapshot) -> None:
    assert snapshot.names["gpt-5.4-mini"] == "openai/gpt-5.4-mini"


def test_name_that_the_provider_itself_uses_is_found(snapshot: Snapshot) -> None:
    assert snapshot.names["claude-opus-4-5"] == "anthropic/claude-opus-4.5"


def test_bare_name_of_two_models_is_nobodys() -> None:
    endpoint = {"provider": "acme", "base_url": "http://127.0.0.1:1/v1"}
    catalog = apply(load_bundled(), endpoints=[{"model": "a/twin", **endpoint}, {"model": "b/twin", **endpoint}])

    names = compile_catalog(catalog).names

    assert "twin" not in names
    assert names["a/twin"] == "a/twin"


def test_free_variant_has_a_name_of_its_own(snapshot: Snapshot) -> None:
    assert snapshot.names["openai/gpt-oss-20b:free"] == "openai/gpt-oss-20b:free"
    assert snapshot.names["openai/gpt-oss-20b"] == "openai/gpt-oss-20b"


def test_model_that_is_only_free_is_found_by_its_plain_name(snapshot: Snapshot) -> None:
    plain = "nvidia/llama-nemotron-embed-vl-1b-v2"

    assert plain not in snapshot.models
    assert snapshot.names[plain] == f"{plain}:free"


def test_providers_are_found_by_slug_alias_and_display_name(snapshot: Snapshot) -> None:
    for name in ("google-ai-studio", "gemini", "google ai studio"):
        assert snapshot.provider_names[name] == "google-ai-studio"
