from trunkline.catalog.creation import new_endpoint, new_model, new_provider
from trunkline.catalog.loader import load_bundled
from trunkline.protocols.requests import PARAMETERS


def test_model_is_named_after_its_id_and_as_old_as_the_catalog() -> None:
    model = new_model("acme-labs/rocket_1-mini", "2026-11-22")

    assert (model.name, model.short_name) == ("Acme Labs: Rocket 1 Mini", "Rocket 1 Mini")
    assert model.created == 1_795_305_600


def test_engine_of_the_operators_own_is_free_and_others_are_unpriced() -> None:
    model = new_model("a/b", "2026-11-22")
    engine = load_bundled().providers["ollama"]
    stranger = new_provider("acme", None, "http://127.0.0.1:1/v1/")

    assert new_endpoint(model, engine, guessed=True).pricing == {"prompt": "0", "completion": "0"}
    assert new_endpoint(model, stranger, guessed=True).pricing is None
    assert stranger.base_url == "http://127.0.0.1:1/v1"
    assert stranger.auth.optional


def test_endpoint_of_a_known_model_supports_what_the_model_does() -> None:
    catalog = load_bundled()
    known = catalog.models["openai/gpt-5.4-mini"]

    endpoint = new_endpoint(known, catalog.providers["vllm"], guessed=False)

    assert endpoint.supported_parameters == known.supported_parameters
    assert endpoint.input_modalities is None
    assert (
        set(new_endpoint(new_model("a/b", "2026-11-22"), catalog.providers["vllm"], guessed=True).supported_parameters)
        == PARAMETERS
    )
