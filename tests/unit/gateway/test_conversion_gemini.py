"""A Gemini key in the environment is all that the catalog's Gemini models need to be called."""

from pathlib import Path

import pytest

from trunkline.catalog.snapshot import build_snapshot
from trunkline.gateway.upstreams import UPSTREAMS, is_spoken, protocol_of
from trunkline.protocols.gemini.protocol import GeminiProtocol
from trunkline.providers.registry import build_providers, make_callable
from trunkline.settings import Settings


@pytest.mark.parametrize("variable", ["GEMINI_API_KEY", "GOOGLE_API_KEY"])
def test_a_key_makes_the_catalogs_models_callable_in_their_own_format(variable: str) -> None:
    settings = Settings(home=Path("/nonexistent"))
    snapshot = build_snapshot(settings)
    providers = build_providers(settings, snapshot, {variable: "k"})
    is_callable = make_callable(providers, is_spoken)
    endpoints = [
        e for model in snapshot.models.values() for e in model.endpoints if is_callable(e) and e.operation == "chat"
    ]
    assert {"gemini-2.5-pro", "gemini-3-flash-preview"} <= {endpoint.upstream_model for endpoint in endpoints}
    assert {type(UPSTREAMS[protocol_of(endpoint, frozenset())]) for endpoint in endpoints} == {GeminiProtocol}
    runtime = providers.by_slug["google-ai-studio"]
    assert ("x-goog-api-key", "k") in runtime.headers
    assert runtime.base_url == "https://generativelanguage.googleapis.com/v1beta"
