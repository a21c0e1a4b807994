from collections.abc import Iterable

from msgspec.structs import replace

from trunkline.catalog.loader import load_bundled
from trunkline.catalog.rules import Complaint, endpoint_complaints, model_complaints, provider_complaints

BUNDLED = load_bundled()
VERTEX = BUNDLED.providers["google-vertex"]
MINI = BUNDLED.models["openai/gpt-5.4-mini"]


def keys(complaints: Iterable[Complaint]) -> list[str]:
    return [key for key, _ in complaints]


def test_holes_of_an_address_need_variables() -> None:
    assert keys(provider_complaints(VERTEX)) == []
    assert keys(provider_complaints(replace(VERTEX, base_url_variables={}))) == ["base_url_variables"]


def test_provider_speaks_its_own_protocol() -> None:
    assert keys(provider_complaints(replace(VERTEX, protocols=("vertex-openai", "google-speech")))) == ["protocols"]


def test_mandatory_reasoning_cannot_be_switched_off() -> None:
    assert MINI.reasoning is not None
    contradictory = replace(MINI.reasoning, mandatory=True, supported_efforts=("low", "none"))

    assert keys(model_complaints(replace(MINI, reasoning=contradictory))) == ["reasoning"]


def test_author_is_the_first_part_of_the_id() -> None:
    assert keys(model_complaints(replace(MINI, author="acme"))) == ["author"]


def test_days_and_lengths_are_checked() -> None:
    endpoint = replace(MINI.endpoints[0], deprecation_date="soon", max_output_tokens=-1)

    assert keys(endpoint_complaints(endpoint)) == ["max_output_tokens", "deprecation_date"]
