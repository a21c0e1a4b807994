"""The questions, what they cost at most, and how their answers are judged."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from trunkline.catalog.snapshot import build_snapshot
from trunkline.catalog.types import Endpoint, Model, Snapshot
from trunkline.cli.probing.transcript import record
from trunkline.core.money import AttoUsd
from trunkline.gateway.conversion import TravelPolicy, target_of
from trunkline.gateway.generation_conversion import GenerationConversion
from trunkline.gateway.probing.calls import Finding, Outcome, Wire
from trunkline.gateway.probing.choice import cost_bound_nanousd, probeable
from trunkline.gateway.probing.features import FEATURES, Feature, claims, lack, question
from trunkline.gateway.upstreams import PROTOCOLS
from trunkline.gateway.worlds import build_world
from trunkline.protocols.answers import Facts
from trunkline.protocols.events import Usage
from trunkline.providers.upstream import UpstreamRequest
from trunkline.routing.types import Candidate
from trunkline.settings import Discovery, ProviderSettings, Settings


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return build_snapshot(Settings(home=tmp_path_factory.mktemp("home")))


def spoken(snapshot: Snapshot) -> Iterator[tuple[Model, Endpoint]]:
    for model in snapshot.models.values():
        for endpoint in model.endpoints:
            if model.operation == "chat" and not PROTOCOLS.isdisjoint((endpoint.protocol, *endpoint.protocols)):
                yield model, endpoint


def test_every_question_can_be_put_to_every_endpoint_of_the_catalog(snapshot: Snapshot) -> None:
    asked = dict.fromkeys(FEATURES, 0)
    for model, endpoint in spoken(snapshot):
        candidate = Candidate(model=model, endpoint=endpoint, price=AttoUsd(0), rank=0)
        target = target_of(candidate, user_hash=None, max_tokens_override=None)
        for feature in FEATURES:
            if claims(feature, endpoint):
                conversion = GenerationConversion(question(feature, model, endpoint), endpoint, target, TravelPolicy())
                assert conversion.encode().body
                asked[feature] += 1
    assert min(asked.values()) > 100


def test_a_model_that_may_think_has_room_to_answer(snapshot: Snapshot) -> None:
    for model, endpoint in spoken(snapshot):
        cap = question("text", model, endpoint).max_output_tokens
        assert cap == (16 if model.reasoning is None else 528)


def openai(home: Path) -> tuple[list[Candidate], Settings]:
    settings = Settings(
        home=home,
        discovery=Discovery(environment=False, local_engines=False),
        providers={"openai": ProviderSettings(api_key="sk-not-a-key")},
    )
    return probeable(build_world(settings, {}), "openai", 0), settings


def test_the_cheapest_model_comes_first_and_each_only_once(tmp_path: Path) -> None:
    candidates, _ = openai(tmp_path)
    priced = [one for one in candidates if one.endpoint.pricing.priced and one.endpoint.status != "deprecated"]
    assert candidates[: len(priced)] == priced
    assert [one.price for one in priced] == sorted(one.price for one in priced)
    assert len({one.model.id for one in candidates}) == len(candidates) > 10


def test_a_bound_is_not_known_without_a_price_or_without_an_end(tmp_path: Path) -> None:
    candidates, settings = openai(tmp_path)
    runtime = build_world(settings, {}).providers.by_slug["openai"]
    first = candidates[0]

    def bound(endpoint: Endpoint) -> int | None:
        return cost_bound_nanousd([replace(first, endpoint=endpoint)], runtime, 0)

    usual = bound(first.endpoint)
    assert usual is not None and usual > 0
    assert bound(replace(first.endpoint, pricing=replace(first.endpoint.pricing, priced=False))) is None
    uncapped = replace(first.endpoint, supported_parameters=frozenset({"tools"}))
    assert bound(replace(uncapped, max_output_tokens=None)) is None
    long = bound(replace(uncapped, max_output_tokens=100_000))
    assert long is not None and long > usual


def test_the_bound_leaves_room_for_what_a_picture_counts(tmp_path: Path) -> None:
    candidates, settings = openai(tmp_path)
    runtime = build_world(settings, {}).providers.by_slug["openai"]
    first = next(one for one in candidates if "image" in one.endpoint.input_modalities and one.price)
    blind = replace(first, endpoint=replace(first.endpoint, input_modalities=frozenset({"text"})))
    with_picture, without = (cost_bound_nanousd([one], runtime, 0) for one in (first, blind))
    assert with_picture is not None and without is not None
    assert with_picture - without > 8_500 * first.endpoint.pricing.base_rates.prompt / 10**9


ANSWER = b'{"choices":[{"message":{"content":%s,"reasoning":%s}}]}'


@pytest.mark.parametrize(
    ("feature", "facts", "answer", "lacks"),
    [
        ("text", Facts(), ANSWER % (b'"OK"', b"null"), None),
        ("text", Facts(), ANSWER % (b'" "', b"null"), "without text"),
        ("text", Facts(finish_reason="length"), ANSWER % (b"null", b'"hm"'),
         "without text before it was cut off at the limit of tokens"),
        ("structured_output", Facts(), ANSWER % (b'"{\\"word\\":1}"', b"null"), None),
        ("structured_output", Facts(), ANSWER % (b'"word"', b"null"), "without the JSON that was asked for"),
        ("reasoning", Facts(), ANSWER % (b'"391"', b'"hm"'), None),
        ("reasoning", Facts(usage=Usage(reasoning_tokens=9)), ANSWER % (b'"391"', b"null"), None),
        ("reasoning", Facts(), ANSWER % (b'"391"', b"null"), "without reasoning"),
        ("tools", Facts(tool_call_count=1), ANSWER % (b"null", b"null"), None),
        ("stream", Facts(), b"", "without content"),
        ("image_input", Facts(), b'{"choices":[]}', "without text"),
    ],
)  # fmt: skip
def test_an_answer_shows_a_feature_or_lacks_it(
    feature: Feature, facts: Facts, answer: bytes, lacks: str | None
) -> None:
    assert lack(feature, facts, answer) == lacks


@pytest.mark.parametrize(
    ("slug", "url", "kept"),
    [
        ("openai", "https://api.openai.com/v1/responses?user=ada", "https://api.openai.com/v1/responses"),
        ("azure", "https://adas-own.openai.azure.com/openai/v1/x", "https://azure.example/openai/v1/x"),
        ("openai", "https://llm.adas-firm.net/v1/responses", "https://openai.example/v1/responses"),
    ],
)
def test_of_addresses_only_those_that_everybody_has_are_kept(
    tmp_path: Path, snapshot: Snapshot, slug: str, url: str, kept: str
) -> None:
    finding = Finding(openai(tmp_path)[0][0], Outcome(feature="text", state="ok"))
    request = UpstreamRequest(url=url, headers=(), body=b"{}", connect_timeout_s=1, read_timeout_s=1)
    wire = Wire(protocol="google-gemini", model="m", stream=False, request=request)
    recording = record("0-0", snapshot.providers[slug], finding, wire)
    assert (recording.request.url, recording.protocol) == (kept, "gemini")
