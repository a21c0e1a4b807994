"""A key in the environment is all that the catalog's models of a provider need to be called in its own format."""

from pathlib import Path

import pytest

from trunkline.catalog.snapshot import build_snapshot
from trunkline.gateway.upstreams import UPSTREAMS, is_spoken, protocol_of
from trunkline.protocols.chat.protocol import ChatProtocol
from trunkline.protocols.cohere.protocol import CohereProtocol
from trunkline.providers.registry import build_providers, make_callable
from trunkline.settings import Settings


@pytest.mark.parametrize(
    ("environ", "slug", "model", "protocol", "header", "address"),
    [
        (
            {"CO_API_KEY": "k"},
            "cohere",
            "command-a-03-2025",
            CohereProtocol,
            ("authorization", "Bearer k"),
            "https://api.cohere.com/v2",
        ),
        (
            {"AZURE_OPENAI_API_KEY": "k", "AZURE_RESOURCE_NAME": "res"},
            "azure",
            "gpt-4.1",
            ChatProtocol,
            ("api-key", "k"),
            "https://res.openai.azure.com/openai/v1",
        ),
    ],
)
def test_a_key_makes_the_catalogs_models_callable(
    environ: dict[str, str], slug: str, model: str, protocol: type, header: tuple[str, str], address: str
) -> None:
    settings = Settings(home=Path("/nonexistent"))
    snapshot = build_snapshot(settings)
    providers = build_providers(settings, snapshot, environ)
    is_callable = make_callable(providers, is_spoken)
    endpoints = [e for one in snapshot.models.values() for e in one.endpoints if is_callable(e)]
    (endpoint,) = [e for e in endpoints if e.upstream_model == model]
    assert type(UPSTREAMS[protocol_of(endpoint, frozenset())]) is protocol
    runtime = providers.by_slug[slug]
    assert header in runtime.headers
    assert runtime.base_url == address
