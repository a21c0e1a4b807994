from pathlib import Path

import pytest

from trunkline.catalog.loader import load_bundled
from trunkline.catalog.snapshot import build_snapshot, compile_catalog
from trunkline.catalog.types import DataPolicy, Snapshot
from trunkline.settings import Settings


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return compile_catalog(load_bundled())


def test_newest_models_come_first(snapshot: Snapshot) -> None:
    created = [row.created_s for row in snapshot.models.values()]

    assert created == sorted(created, reverse=True)


def test_free_endpoints_have_a_row_of_their_own_and_leave_the_standard_one(snapshot: Snapshot) -> None:
    standard, free = snapshot.models["openai/gpt-oss-20b"], snapshot.models["openai/gpt-oss-20b:free"]

    assert {endpoint.variant for endpoint in standard.endpoints} == {"standard"}
    assert {endpoint.variant for endpoint in free.endpoints} == {"free"}
    assert free.canonical_slug == f"{standard.canonical_slug}:free"
    assert all(not any(endpoint.pricing.base.values()) for endpoint in free.endpoints)


def test_endpoint_ids_are_model_and_tag_and_unique(snapshot: Snapshot) -> None:
    endpoints = [endpoint for row in snapshot.models.values() for endpoint in row.endpoints]

    assert all(endpoint.id == f"{endpoint.model_id}|{endpoint.tag}" for endpoint in endpoints)
    assert len({endpoint.id for endpoint in endpoints}) == len(endpoints) == 1121


def test_context_length_is_the_largest_of_the_endpoints(snapshot: Snapshot) -> None:
    for row in snapshot.models.values():
        contexts = [endpoint.context_length for endpoint in row.endpoints if endpoint.context_length]
        if contexts:
            assert row.context_length == max(contexts)


def test_unknown_data_policy_counts_as_the_worst(snapshot: Snapshot) -> None:
    assert snapshot.providers["huggingface"].data_policy == DataPolicy(training=True, retains_prompts=True)


def test_endpoint_policy_replaces_the_providers(snapshot: Snapshot) -> None:
    differing = [
        endpoint
        for row in snapshot.models.values()
        for endpoint in row.endpoints
        if endpoint.data_policy != snapshot.providers[endpoint.provider].data_policy
    ]

    assert len(differing) > 0
    assert all(endpoint.data_policy.zdr == (not endpoint.data_policy.retains_prompts) for endpoint in differing)


def test_providers_that_stop_billing_on_disconnect_are_flagged(snapshot: Snapshot) -> None:
    assert snapshot.providers["openai"].cancels_billing
    assert snapshot.providers["ollama"].cancels_billing
    assert not snapshot.providers["groq"].cancels_billing


def test_endpoints_pass_on_what_their_provider_takes_beyond_the_protocol(snapshot: Snapshot) -> None:
    mistral = next(e for row in snapshot.models.values() for e in row.endpoints if e.provider == "mistral")

    assert "safe_prompt" in mistral.passthrough


def test_engine_found_running_serves_a_known_model_for_nothing() -> None:
    found = {
        "model": "openai/gpt-oss-20b",
        "provider": "ollama",
        "upstream_model": "gpt-oss:20b",
        "context_length": 8192,
    }

    snapshot = build_snapshot(Settings(home=Path("/nonexistent")), discovered=[found])

    endpoint = next(e for e in snapshot.models["openai/gpt-oss-20b"].endpoints if e.provider == "ollama")
    assert endpoint.pricing.priced
    assert not any(endpoint.pricing.base.values())
    assert endpoint.data_policy.zdr
    assert endpoint.context_length == 8192


def test_settings_win_over_what_was_found() -> None:
    endpoint = {"model": "a/b", "provider": "ollama", "context_length": 8192}
    settings = Settings(home=Path("/nonexistent"), endpoints=({**endpoint, "context_length": 4096},))

    snapshot = build_snapshot(settings, discovered=[endpoint])

    assert [e.context_length for e in snapshot.models["a/b"].endpoints] == [4096]


def test_secret_of_an_endpoint_is_not_printed() -> None:
    entry = {"model": "a/b", "provider": "acme", "base_url": "http://127.0.0.1:1", "api_key": "s3cret"}

    snapshot = build_snapshot(Settings(home=Path("/nonexistent"), endpoints=(entry,)))

    assert "s3cret" not in repr(snapshot.models["a/b"])


def test_discovered_entry_that_cannot_be_used_is_left_out() -> None:
    fine = {"model": "ollama/llama3.2:1b", "provider": "ollama"}
    odd = {"model": "ollama/weird:free", "provider": "ollama"}

    snapshot = build_snapshot(Settings(home=Path("/nonexistent")), discovered=[odd, fine])

    assert "ollama/llama3.2:1b" in snapshot.models
    assert not any("weird" in name for name in snapshot.names)


def test_data_region_comes_from_the_endpoint_or_its_provider(snapshot: Snapshot) -> None:
    endpoints = [endpoint for row in snapshot.models.values() for endpoint in row.endpoints]

    assert {endpoint.provider for endpoint in endpoints if endpoint.data_regions == {"eu"} and endpoint.region is None}
    assert all(endpoint.data_regions == {endpoint.region} for endpoint in endpoints if endpoint.region in ("eu", "us"))
