"""A Bedrock API key, or AWS's credentials, in the environment are all that the catalog's Bedrock models need."""

from pathlib import Path

from trunkline.catalog.snapshot import build_snapshot
from trunkline.gateway.upstreams import UPSTREAMS, is_spoken, protocol_of
from trunkline.protocols.converse.protocol import ConverseProtocol
from trunkline.providers.registry import build_providers, make_callable
from trunkline.settings import Settings


def test_a_key_makes_the_catalogs_models_callable_in_their_own_format() -> None:
    settings = Settings(home=Path("/nonexistent"))
    snapshot = build_snapshot(settings)
    environ = {"AWS_BEARER_TOKEN_BEDROCK": "k", "AWS_REGION": "eu-west-1"}
    providers = build_providers(settings, snapshot, environ)
    is_callable = make_callable(providers, is_spoken)
    endpoints = [e for model in snapshot.models.values() for e in model.endpoints if is_callable(e)]
    assert len(endpoints) > 70
    names = {endpoint.upstream_model for endpoint in endpoints}
    assert "eu.anthropic.claude-opus-4-8" in names
    assert not any(name.startswith("us.") for name in names)  # those are called from there
    assert {type(UPSTREAMS[protocol_of(endpoint, frozenset())]) for endpoint in endpoints} == {ConverseProtocol}
    runtime = providers.by_slug["amazon-bedrock"]
    assert ("authorization", "Bearer k") in [(name.lower(), value) for name, value in runtime.headers]
    assert runtime.base_url == "https://bedrock-runtime.eu-west-1.amazonaws.com"


def test_credentials_that_sign_do_as_well() -> None:
    settings = Settings(home=Path("/nonexistent"))
    environ = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s", "AWS_REGION": "eu-west-1"}
    runtime = build_providers(settings, build_snapshot(settings), environ).by_slug["amazon-bedrock"]
    assert runtime.signer is not None
    assert "authorization" not in dict(runtime.headers)
