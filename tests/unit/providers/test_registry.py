"""Which providers are enabled, and what may be called (operating.md OP-12, OP-13, OP-22, OP-23)."""

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from msgspec.structs import replace

from trunkline.catalog.snapshot import build_snapshot
from trunkline.catalog.types import Endpoint, Snapshot
from trunkline.core.json import JsonValue
from trunkline.providers.advice import advice
from trunkline.providers.registry import build_providers, make_callable, make_hint
from trunkline.providers.sandbox_endpoints import with_sandbox
from trunkline.providers.types import EndpointFilter, Providers
from trunkline.settings import Discovery, ProviderKey, ProviderSettings, Routing, Sandbox, Settings

CHAT = frozenset({"openai-chat", "mistral"})
HOME = Path("/nonexistent")
ROCKET: Mapping[str, JsonValue] = {
    "model": "acme/rocket-1",
    "provider": "acme",
    "protocol": "openai-chat",
    "base_url": "http://127.0.0.1:9002/v1",
    "api_key": "none",
    "upstream_model": "rocket-1-large",
    "context_length": 32768,
    "pricing": {"prompt": "0.000001", "completion": "0.000002"},
}


def speaks(protocols: frozenset[str]) -> EndpointFilter:
    return lambda endpoint: not protocols.isdisjoint((endpoint.protocol, *endpoint.protocols))


def built(environ: Mapping[str, str] | None = None, **sections: object) -> tuple[Snapshot, Providers]:
    settings = Settings(home=HOME, **sections)
    snapshot = build_snapshot(settings)
    return snapshot, build_providers(settings, snapshot, environ or {})


def callable_of(snapshot: Snapshot, providers: Providers) -> list[Endpoint]:
    is_callable = make_callable(providers, speaks(CHAT))
    return [e for model in snapshot.models.values() for e in model.endpoints if is_callable(e)]


def test_a_key_variable_enables_its_provider_and_nothing_else() -> None:
    snapshot, providers = built({"GROQ_API_KEY": "gsk"})
    assert list(providers.by_slug) == ["groq"]
    runtime = providers.by_slug["groq"]
    assert (runtime.source, runtime.api_key) == ("environment", "gsk")
    assert ("authorization", "Bearer gsk") in runtime.headers
    assert {endpoint.provider for endpoint in callable_of(snapshot, providers)} == {"groq"}


def test_an_empty_variable_enables_nothing() -> None:
    _, providers = built({"GROQ_API_KEY": "  "})
    assert "groq" not in providers.by_slug


def test_required_variables_and_holes_must_be_filled_too() -> None:
    _, without = built({"CLOUDFLARE_API_TOKEN": "t"})
    _, complete = built({"CLOUDFLARE_API_TOKEN": "t", "CLOUDFLARE_ACCOUNT_ID": "acc"})
    assert "cloudflare" not in without.by_slug
    assert complete.by_slug["cloudflare"].base_url == "https://api.cloudflare.com/client/v4/accounts/acc/ai/v1"


def test_azure_speaks_messages_beside_its_openai_surface_unless_the_operator_gives_one_address() -> None:
    environ = {"AZURE_API_KEY": "k", "AZURE_RESOURCE_NAME": "res"}
    azure = built(environ)[1].by_slug["azure"]
    assert azure.base_url == "https://res.openai.azure.com/openai/v1"
    assert azure.base_urls == {"anthropic-messages": "https://res.services.ai.azure.com/anthropic/v1"}
    given = {"azure": ProviderSettings(base_url="https://proxy.test/v1")}
    assert built(environ, providers=given)[1].by_slug["azure"].base_urls == {}


def test_discovery_of_the_environment_can_be_switched_off() -> None:
    _, providers = built({"GROQ_API_KEY": "gsk"}, discovery=Discovery(environment=False))
    assert list(providers.by_slug) == ["sandbox"]


def test_settings_beat_the_environment() -> None:
    groq = ProviderSettings(
        api_key="mine",
        base_url="http://127.0.0.1:9001/v1/",
        headers={"X-Team": "a"},
        read_timeout_seconds=7.0,
        proxy_url="http://proxy:1",
    )
    _, providers = built({"GROQ_API_KEY": "env"}, providers={"groq": groq})
    runtime = providers.by_slug["groq"]
    assert (runtime.source, runtime.api_key, runtime.base_url) == ("configuration", "mine", "http://127.0.0.1:9001/v1")
    assert ("x-team", "a") in runtime.headers
    assert (runtime.read_timeout_s, runtime.connect_timeout_s) == (7.0, Routing().connect_timeout_seconds)
    assert runtime.proxy_url == "http://proxy:1"


def test_a_disabled_provider_stays_off_whatever_the_environment_holds() -> None:
    _, providers = built({"GROQ_API_KEY": "gsk"}, providers={"groq": ProviderSettings(enabled=False)})
    assert list(providers.by_slug) == ["sandbox"]


def test_a_named_server_needs_no_key() -> None:
    _, providers = built(providers={"openai": ProviderSettings(base_url="http://127.0.0.1:9001/v1")})
    runtime = providers.by_slug["openai"]
    assert runtime.api_key is None
    assert "authorization" not in dict(runtime.headers)


def test_an_alias_names_the_provider_in_settings() -> None:
    snapshot, _ = built()
    alias, slug = next((a, p.slug) for p in snapshot.providers.values() for a in p.aliases if p.auth.scheme == "bearer")
    _, providers = built(providers={alias: ProviderSettings(base_url="http://127.0.0.1:9001/v1")})
    assert slug in providers.by_slug


def test_an_endpoint_with_its_own_address_makes_a_provider_of_its_own() -> None:
    snapshot, providers = built(endpoints=(ROCKET,))
    assert [e.id for e in callable_of(snapshot, providers)] == ["acme/rocket-1|acme"]
    assert providers.by_slug["acme"].source == "configuration"
    assert providers.sandbox is None


def test_an_own_endpoint_of_a_known_provider_leaves_its_others_uncalled() -> None:
    own = {**ROCKET, "provider": "groq", "model": "acme/rocket-1"}
    snapshot, providers = built(endpoints=(own,))
    assert [e.id for e in callable_of(snapshot, providers)] == ["acme/rocket-1|groq"]


def test_an_endpoint_of_a_protocol_that_is_not_spoken_cannot_be_called() -> None:
    snapshot, providers = built({"ANTHROPIC_API_KEY": "k"})
    assert "anthropic" in providers.by_slug
    assert callable_of(snapshot, providers) == []
    assert make_callable(providers, speaks(frozenset({"anthropic-messages"})))(
        next(e for m in snapshot.models.values() for e in m.endpoints if e.provider == "anthropic")
    )


AWS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
GOOGLE = {"GOOGLE_APPLICATION_CREDENTIALS": "/k.json", "GOOGLE_VERTEX_PROJECT": "p"}


@pytest.mark.parametrize(
    ("slug", "environ", "base_url"),
    [
        ("amazon-bedrock", AWS, "https://bedrock-runtime.us-east-1.amazonaws.com"),
        (
            "amazon-bedrock",
            {"AWS_PROFILE": "p", "AWS_REGION": "eu-west-1"},
            "https://bedrock-runtime.eu-west-1.amazonaws.com",
        ),
        ("google-vertex", GOOGLE, "https://aiplatform.googleapis.com/v1/projects/p/locations/global"),
        (
            "google-vertex",
            {
                "GOOGLE_APPLICATION_CREDENTIALS": "/k.json",
                "GOOGLE_CLOUD_PROJECT": "q",
                "GOOGLE_CLOUD_LOCATION": "us-east5",
            },
            "https://us-east5-aiplatform.googleapis.com/v1/projects/q/locations/us-east5",
        ),
        (
            "azure",
            {"AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c", "AZURE_CLIENT_SECRET": "s", "AZURE_RESOURCE_NAME": "r"},
            "https://r.openai.azure.com/openai/v1",
        ),
    ],
)
def test_credentials_that_sign_enable_their_provider_as_a_key_does(
    slug: str, environ: Mapping[str, str], base_url: str
) -> None:
    runtime = built(environ)[1].by_slug[slug]
    assert runtime.signer is not None
    assert runtime.base_url == base_url
    assert "authorization" not in dict(runtime.headers)
    assert runtime.api_key is None


def test_a_key_goes_before_credentials_that_sign() -> None:
    runtime = built({**AWS, "AWS_BEARER_TOKEN_BEDROCK": "k"})[1].by_slug["amazon-bedrock"]
    assert runtime.signer is None
    assert ("authorization", "Bearer k") in runtime.headers


def test_settings_name_credentials_and_parts_of_the_address() -> None:
    given = ProviderSettings(credentials="default", address={"project": "p", "location": "eu"})
    runtime = built(providers={"google-vertex": given})[1].by_slug["google-vertex"]
    assert runtime.signer is not None
    assert runtime.base_url == "https://aiplatform.eu.rep.googleapis.com/v1/projects/p/locations/eu"


@pytest.mark.parametrize("environ", [{"AWS_ACCESS_KEY_ID": "only"}, {"GOOGLE_CLOUD_PROJECT": "p"}, {"AWS_REGION": "x"}])
def test_half_of_a_credential_enables_nothing(environ: Mapping[str, str]) -> None:
    assert list(built(environ)[1].by_slug) == ["sandbox"]


def test_a_provider_whose_library_is_missing_is_not_enabled_and_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "google.auth", None)  # as if it were not installed
    snapshot, providers = built(GOOGLE)
    assert "google-vertex" not in providers.by_slug
    assert advice(snapshot.providers["google-vertex"], None, GOOGLE) == (
        "install what signs its requests: pip install 'trunkline[google]'"
    )


def test_a_local_engine_is_enabled_by_its_address() -> None:
    _, providers = built({"OLLAMA_HOST": "0.0.0.0:9999"})
    assert providers.by_slug["ollama"].base_url == "http://127.0.0.1:9999/v1"


def test_several_keys_share_the_requests() -> None:
    keys = (ProviderKey(key="a", weight=3), ProviderKey(key="b", weight=1))
    _, providers = built(providers={"groq": ProviderSettings(api_keys=keys)})
    ring = providers.by_slug["groq"].keys
    assert ring is not None
    sent = [dict(ring.next())["authorization"] for _ in range(8)]
    assert (sent.count("Bearer a"), sent.count("Bearer b")) == (6, 2)
    assert sent[:4].count("Bearer b") == 1


def test_no_secret_is_in_the_printed_form() -> None:
    _, providers = built({"GROQ_API_KEY": "gsk-secret"}, providers={"groq": ProviderSettings(headers={"x-a": "hush"})})
    assert "secret" not in repr(providers)
    assert "hush" not in repr(providers)


@pytest.mark.parametrize(
    ("mode", "environ", "present", "answers_all"),
    [
        ("auto", {}, True, True),
        ("auto", {"GROQ_API_KEY": "k"}, False, False),
        ("always", {}, True, True),
        ("always", {"GROQ_API_KEY": "k"}, True, False),
        ("off", {}, False, False),
    ],
)
def test_the_sandbox_is_there_according_to_its_mode(
    mode: str, environ: Mapping[str, str], present: bool, answers_all: bool
) -> None:
    _, providers = built(environ, sandbox=Sandbox(mode=mode))
    assert (providers.sandbox is not None, "sandbox" in providers.by_slug) == (present, present)
    assert providers.sandbox_answers_all is answers_all


def test_an_enabled_provider_without_any_model_does_not_silence_the_sandbox() -> None:
    _, providers = built({"OLLAMA_HOST": "127.0.0.1:9999", "OPENROUTER_API_KEY": "k"})
    assert {"ollama", "openrouter", "sandbox"} <= set(providers.by_slug)
    assert providers.sandbox_answers_all


def test_the_sandbox_alone_answers_every_chat_model_at_the_catalogs_price() -> None:
    snapshot, providers = built()
    seen = with_sandbox(snapshot, providers)
    by_model = {e.model_id: e for e in callable_of(seen, providers)}
    assert set(by_model) == {m.id for m in snapshot.models.values() if m.operation == "chat"}
    assert {e.provider for e in by_model.values()} == {"sandbox"}
    model = next(m for m in snapshot.models.values() if m.operation == "chat")
    assert by_model[model.id].pricing == model.endpoints[0].pricing
    assert seen.providers["sandbox"].name == "Sandbox"


def test_without_the_sandbox_the_snapshot_stays_as_it_was() -> None:
    snapshot, providers = built({"GROQ_API_KEY": "k"})
    assert with_sandbox(snapshot, providers) is snapshot


def hint_for(provider: str, protocols: frozenset[str] = CHAT, **sections: object) -> str:
    settings = Settings(home=HOME, **sections)
    snapshot = build_snapshot(settings)
    hint = make_hint(settings, snapshot, {}, speaks(protocols))
    own = [e for m in snapshot.models.values() for e in m.endpoints if e.provider == provider]
    found = next((e for e in own if e.protocol in protocols), own[0] if own else None)
    any_endpoint = next(e for m in snapshot.models.values() for e in m.endpoints if "openai-chat" in e.protocols)
    return hint(found or replace(any_endpoint, provider=provider))


def test_hints_name_the_variable_and_the_section_that_would_enable() -> None:
    assert hint_for("groq") == "set GROQ_API_KEY, or api_key under [providers.groq]"
    assert hint_for("cloudflare") == (
        "set CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID, or api_key under [providers.cloudflare]"
    )
    assert hint_for("ollama") == "set OLLAMA_BASE_URL to the address of Ollama"
    assert hint_for("groq", providers={"groq": ProviderSettings(enabled=False)}) == (
        "set enabled = true under [providers.groq]"
    )


def test_no_hint_promises_what_would_not_help() -> None:
    assert hint_for("anthropic") == ""


def test_hints_for_providers_that_sign_name_their_credentials() -> None:
    vertex = frozenset({"vertex-gemini", "vertex-anthropic", "vertex-openai"})
    assert hint_for("google-vertex", vertex) == (
        "set GOOGLE_VERTEX_PROJECT, and GOOGLE_APPLICATION_CREDENTIALS unless the machine has an identity"
    )
    assert hint_for("amazon-bedrock", frozenset({"bedrock-converse"})) == (
        "set AWS_BEARER_TOKEN_BEDROCK, or api_key under [providers.amazon-bedrock]; "
        "or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
    )
    chosen = ProviderSettings(credentials="default")
    for name in ("google-vertex", "vertex"):
        assert hint_for("google-vertex", vertex, providers={name: chosen}) == "set GOOGLE_VERTEX_PROJECT"
