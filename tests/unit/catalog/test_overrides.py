import tomllib
from collections.abc import Mapping

import msgspec
import pytest

from trunkline.catalog.loader import load_bundled
from trunkline.catalog.overrides import OverridesInvalid, apply
from trunkline.catalog.snapshot import compile_catalog
from trunkline.catalog.types import Snapshot
from trunkline.core.json import JsonValue
from trunkline.core.money import parse_price
from trunkline.protocols.requests import PARAMETERS
from trunkline.settings import ProviderSettings

BUNDLED = load_bundled()

DOCUMENTED = tomllib.loads("""
[providers.openai]
base_url = "http://127.0.0.1:9001/v1"
api_key = "test"

[[endpoints]]
model = "acme/rocket-1"
provider = "acme"
protocol = "openai-chat"
base_url = "http://127.0.0.1:9002/v1"
api_key = "none"
upstream_model = "rocket-1-large"
context_length = 32768
pricing = { prompt = "0.000001", completion = "0.000002" }
""")

ROCKET: Mapping[str, JsonValue] = DOCUMENTED["endpoints"][0]


def laid_over(
    *endpoints: Mapping[str, JsonValue],
    models: tuple[Mapping[str, JsonValue], ...] = (),
    providers: Mapping[str, ProviderSettings] = {},
) -> Snapshot:
    return compile_catalog(apply(BUNDLED, models=models, endpoints=endpoints, providers=providers))


def findings(*endpoints: Mapping[str, JsonValue], **others: object) -> list[str]:
    with pytest.raises(OverridesInvalid) as caught:
        laid_over(*endpoints, **others)
    return str(caught.value).splitlines()


def test_documented_example_creates_model_provider_and_endpoint() -> None:
    providers = msgspec.convert(DOCUMENTED["providers"], dict[str, ProviderSettings])

    snapshot = laid_over(*DOCUMENTED["endpoints"], providers=providers)

    (endpoint,) = snapshot.models["acme/rocket-1"].endpoints
    assert endpoint.id == "acme/rocket-1|acme"
    assert (endpoint.base_url, endpoint.api_key) == ("http://127.0.0.1:9002/v1", "none")
    assert (endpoint.upstream_model, endpoint.protocol) == ("rocket-1-large", "openai-chat")
    assert endpoint.context_length == snapshot.models["acme/rocket-1"].context_length == 32768
    assert endpoint.pricing.base == {"prompt": parse_price("0.000001"), "completion": parse_price("0.000002")}
    assert snapshot.providers["acme"].name == "Acme"
    assert snapshot.providers["openai"].base_url == "http://127.0.0.1:9001/v1"
    assert snapshot.names["rocket-1"] == "acme/rocket-1"
    assert snapshot.models["acme/rocket-1"].name == "Acme: Rocket 1"


def test_model_of_which_nothing_is_known_is_refused_nothing() -> None:
    (endpoint,) = laid_over(ROCKET).models["acme/rocket-1"].endpoints

    assert endpoint.supported_parameters == PARAMETERS
    assert "image" in endpoint.input_modalities
    assert laid_over(ROCKET).models["acme/rocket-1"].input_modalities == ("text",)


def test_described_model_takes_what_its_description_says() -> None:
    model = {"id": "acme/rocket-1", "input_modalities": ["text", "file"], "name": "Rocket!"}

    row = laid_over(ROCKET, models=(model,)).models["acme/rocket-1"]

    assert row.name == "Rocket!"
    assert row.endpoints[0].input_modalities == {"text", "file"}


def test_endpoint_without_price_is_unpriced_not_free() -> None:
    bare = {key: value for key, value in ROCKET.items() if key != "pricing"}

    assert not laid_over(bare).models["acme/rocket-1"].endpoints[0].pricing.priced


def test_override_changes_the_given_fields_and_keeps_the_rest() -> None:
    before = compile_catalog(BUNDLED).models["openai/gpt-5.4-mini"].endpoints[0]

    after = laid_over({"model": "openai/gpt-5.4-mini", "provider": "openai", "context_length": 1000})

    endpoint = after.models["openai/gpt-5.4-mini"].endpoints[0]
    assert endpoint.context_length == 1000
    assert endpoint.pricing == before.pricing
    assert endpoint.upstream_model == before.upstream_model


def test_price_is_replaced_as_a_whole_tiers_included() -> None:
    tiered = next(
        endpoint
        for row in compile_catalog(BUNDLED).models.values()
        for endpoint in row.endpoints
        if endpoint.pricing.overrides
    )
    own = {
        "model": tiered.model_id,
        "provider": tiered.provider,
        "tag": tiered.tag,
        "pricing": {"prompt": "0", "completion": "0"},
    }

    row = laid_over(own).models[tiered.model_id]

    sheet = next(endpoint for endpoint in row.endpoints if endpoint.id == tiered.id).pricing
    assert sheet.base == {"prompt": 0, "completion": 0}
    assert sheet.overrides == ()


def test_bundled_catalog_is_left_as_it_was() -> None:
    before = BUNDLED.models["openai/gpt-5.4-mini"]

    laid_over({"model": "openai/gpt-5.4-mini", "provider": "openai", "context_length": 1000})

    assert BUNDLED.models["openai/gpt-5.4-mini"] is before
    assert "acme" not in BUNDLED.providers


def test_models_and_providers_are_found_by_other_names_too() -> None:
    snapshot = laid_over({"model": "OpenAI/GPT-5.4-mini", "provider": "gemini", "upstream_model": "x"})

    assert "google-ai-studio" in {e.provider for e in snapshot.models["openai/gpt-5.4-mini"].endpoints}


def test_two_servers_of_one_provider_need_tags() -> None:
    second = {**ROCKET, "base_url": "http://127.0.0.1:9003/v1"}

    assert findings(ROCKET, second) == [
        "endpoints[1]: repeats endpoints[0]; give each endpoint of a provider its own tag"
    ]
    tagged = laid_over(ROCKET, {**second, "tag": "acme/eu"})
    assert [e.tag for e in tagged.models["acme/rocket-1"].endpoints] == ["acme", "acme/eu"]


def test_protocol_of_a_provider_is_that_of_its_chat_endpoints() -> None:
    snapshot = laid_over(providers={"openai": ProviderSettings(protocol="openai-chat")})

    endpoint = snapshot.models["openai/gpt-5.4-mini"].endpoints[0]
    assert (endpoint.protocol, endpoint.protocols) == ("openai-chat", ("openai-chat",))
    transcription = snapshot.models["openai/whisper-1"].endpoints[0]
    assert transcription.protocol == "openai-audio"


def test_provider_settings_reach_its_endpoints() -> None:
    settings = ProviderSettings(quirks=("no_system_role",), cancels_billing=False)

    snapshot = laid_over(providers={"openai": settings})

    assert snapshot.models["openai/gpt-5.4-mini"].endpoints[0].quirks == {"no_system_role"}
    assert not snapshot.providers["openai"].cancels_billing


def test_unknown_provider_with_an_address_is_created() -> None:
    snapshot = laid_over(
        {"model": "a/b", "provider": "acme"}, providers={"acme": ProviderSettings(base_url="http://127.0.0.1:1/v1/")}
    )

    assert snapshot.providers["acme"].base_url == "http://127.0.0.1:1/v1"
    assert snapshot.models["a/b"].endpoints[0].upstream_model == "b"


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"contex_length": 1}, 'endpoints[0].contex_length: unknown key; did you mean "context_length"?'),
        ({"context_length": "1"}, "endpoints[0].context_length: Expected `int | null`, got `str`"),
        ({"context_length": 0}, "endpoints[0].context_length: 0 must be more than 0"),
        ({"tag": "eu"}, "endpoints[0].tag: must begin with the provider's slug: acme/eu"),
        ({"base_url": "127.0.0.1:9002"}, "must begin with http:// or https://"),
        ({"model": "rocket"}, "is not of the form author/name"),
        ({"model": "acme/rocket:free"}, "ends like a variant"),
        ({"pricing": {"prompt": 0.1, "completion": "1"}}, "endpoints[0].pricing.prompt: write the price as a decimal"),
        ({"supported_parameters": ["tool"]}, 'did you mean "tools"?'),
    ],
)
def test_finding_names_the_key(change: Mapping[str, JsonValue], line: str) -> None:
    assert any(line in found for found in findings({**ROCKET, **change}))


def test_misspelt_provider_without_address_is_not_created() -> None:
    (endpoint,) = findings({"model": "a/b", "provider": "opnai"})
    (provider,) = findings(providers={"antropic": ProviderSettings(api_key="x")})

    assert 'did you mean "openai"?' in endpoint
    assert (
        provider == 'providers.antropic: no such provider, and no base_url to create it with; did you mean "anthropic"?'
    )


def test_everything_wrong_is_reported_at_once() -> None:
    found = findings({**ROCKET, "contex_length": 1}, {"provider": "openai"}, models=({"nam": "x"},))

    assert [line.split(":")[0] for line in found] == [
        "models[0].nam",
        "models[0].id",
        "endpoints[0].contex_length",
        "endpoints[1].model",
    ]


def test_endpoints_of_a_model_are_written_as_endpoints() -> None:
    assert findings(models=({"id": "a/b", "endpoints": []},)) == ["models[0].endpoints: write [[endpoints]] instead"]


def test_a_section_names_the_provider_that_an_endpoint_creates() -> None:
    settings = ProviderSettings(name="Acme Rockets", cancels_billing=True)
    entry = {"model": "acme/rocket-1", "provider": "acme", "base_url": "http://127.0.0.1:9002/v1"}
    provider = apply(BUNDLED, endpoints=[entry], providers={"acme": settings}).providers["acme"]
    assert (provider.name, provider.cancels_billing) == ("Acme Rockets", True)
