"""What own provider keys open in a world of the bundled catalog, where the operator has no key at all."""

import random
from pathlib import Path

import pytest

from tests.fakes.clock import FakeClock
from trunkline.accounts.byok.types import OpenCredential
from trunkline.core import json
from trunkline.core.errors import NoEndpoints
from trunkline.gateway.own_keys import OwnKeys
from trunkline.gateway.planning import Planner
from trunkline.gateway.world import World
from trunkline.gateway.worlds import build_world
from trunkline.providers.adapter import upstream_request
from trunkline.providers.upstream import UpstreamRequest
from trunkline.routing.health import MemoryHealth
from trunkline.routing.policy import RoutingCaller
from trunkline.routing.types import Candidate, ProviderPreferences, RoutingQuery
from trunkline.settings import Discovery, ProviderSettings, Routing, Sandbox, Settings

GPT, CLAUDE = "openai/gpt-5-nano", "anthropic/claude-sonnet-4.5"
NOTHING = Discovery(environment=False, local_engines=False)


def world_of(**settings: object) -> World:
    return build_world(Settings(home=Path("unused"), discovery=NOTHING, **settings), {}, clock=FakeClock())


@pytest.fixture(scope="module")
def world() -> World:
    return world_of()


def credential(provider: str, secret: str, **members: object) -> OpenCredential:
    plain: dict[str, object] = {
        "id": f"id-of-{secret[:6]}",
        "provider": provider,
        "secret": secret,
        "is_fallback": False,
        "always_use": False,
        "sort_order": 0,
        "allowed_models": None,
        "allowed_api_key_hashes": None,
        "allowed_user_ids": None,
    }
    return OpenCredential(**{**plain, **members})


def planned(world: World, own: OwnKeys, model: str = GPT, **preferences: object) -> tuple[Candidate, ...]:
    clock = FakeClock()
    planner = Planner(MemoryHealth(clock, Routing()), random.Random(1))
    query = RoutingQuery(
        models=(model,),
        preferences=ProviderPreferences(**preferences),
        caller=RoutingCaller(own_keys=own.for_routing),
    )
    return planner.plan(query, world, clock.now_ms()).attempts


def request_of(own: OwnKeys, candidate: Candidate) -> UpstreamRequest:
    assert candidate.byok_key_id is not None
    runtime, endpoint = own.runtime_of(candidate.byok_key_id, candidate), candidate.endpoint
    return upstream_request(runtime, endpoint, "chat/completions", b"{}", False, protocol=endpoint.protocol)


def test_a_key_reaches_a_provider_that_the_operator_has_no_key_for(world: World) -> None:
    own = world.own_keys.open((credential("openai", "sk-mine-0123456789"),))
    (first, *rest) = planned(world, own)
    assert (first.endpoint.provider, rest) == ("openai", []), "the Sandbox must not stand in for a real provider"
    request = request_of(own, first)
    assert request.url == "https://api.openai.com/v1/chat/completions"
    assert ("authorization", "Bearer sk-mine-0123456789") in request.headers


def test_without_one_the_sandbox_answers_and_with_sandbox_off_the_404_says_what_to_set(world: World) -> None:
    assert [one.endpoint.provider for one in planned(world, OwnKeys())] == ["sandbox"]
    with pytest.raises(NoEndpoints, match="OPENAI_API_KEY"):
        planned(world_of(sandbox=Sandbox(mode="off")), OwnKeys())


def test_a_provider_that_the_operator_switched_off_is_reached_by_nobody() -> None:
    world = world_of(providers={"openai": ProviderSettings(enabled=False)})
    assert world.own_keys.open((credential("openai", "sk-mine-0123456789"),)).by_id == {}


def test_headers_that_the_operator_sends_are_not_sent_with_a_caller_s_key() -> None:
    world = world_of(providers={"openai": ProviderSettings(api_key="sk-op", headers={"OpenAI-Organization": "org-op"})})
    own = world.own_keys.open((credential("openai", "sk-mine-0123456789"),))
    (mine, shared) = planned(world, own, only=("openai",))
    assert shared.byok_key_id is None
    assert [name for name, _ in request_of(own, mine).headers if name == "openai-organization"] == []


def test_a_bedrock_key_with_its_region_is_sent_there(world: World) -> None:
    text = json.encode({"apiKey": "ABSK-0123456789", "region": "us-west-2"}).decode()
    own = world.own_keys.open((credential("amazon-bedrock", text),))
    first = planned(world, own, CLAUDE)[0]
    assert request_of(own, first).url.startswith("https://bedrock-runtime.us-west-2.amazonaws.com/")
    assert ("authorization", "Bearer ABSK-0123456789") in request_of(own, first).headers


async def test_aws_keys_sign_for_their_region(world: World) -> None:
    text = json.encode({"accessKeyId": "AKIDEXAMPLE", "secretAccessKey": "s3cr3t", "region": "eu-west-1"}).decode()
    own = world.own_keys.open((credential("amazon-bedrock", text),))
    first = planned(world, own, CLAUDE)[0]
    request = request_of(own, first)
    assert request.signer is not None
    headers = dict((await request.signer.sign(request)).headers)
    assert "Credential=AKIDEXAMPLE/" in headers["authorization"]
    assert "/eu-west-1/bedrock/" in headers["authorization"]


def test_a_service_account_reaches_its_own_project_and_region(world: World) -> None:
    account = {"type": "service_account", "project_id": "acme-prod", "private_key": "x", "client_email": "a@b"}
    own = world.own_keys.open((credential("google-vertex", json.encode({**account, "region": "eu"}).decode()),))
    first = planned(world, own, "google/gemini-3-flash-preview")[0]
    assert "/v1/projects/acme-prod/locations/eu/" in request_of(own, first).url


def azure(*entries: dict[str, str]) -> OpenCredential:
    return credential("azure", json.encode(entries).decode())


RESOURCE = {"api_key": "azure-key-0123", "resource_name": "acme-east"}
DEPLOYMENT = {
    "model_slug": GPT,
    "endpoint_url": "https://acme.openai.azure.com/openai/deployments/mini/chat/completions?api-version=2025-01-01",
    "api_key": "deployment-key-0123",
    "model_id": "mini",
}


def test_an_azure_resource_serves_all_its_models(world: World) -> None:
    own = world.own_keys.open((azure(RESOURCE),))
    request = request_of(own, planned(world, own, only=("azure",))[0])
    assert request.url.startswith("https://acme-east.openai.azure.com/openai/v1/")
    assert ("api-key", "azure-key-0123") in request.headers


def test_an_azure_deployment_wins_for_its_model_and_serves_no_other(world: World) -> None:
    own = world.own_keys.open((azure(RESOURCE, DEPLOYMENT),))
    first = planned(world, own, only=("azure",))[0]
    assert request_of(own, first).url == DEPLOYMENT["endpoint_url"]
    assert ("api-key", "deployment-key-0123") in request_of(own, first).headers
    assert (first.endpoint.upstream_model, first.endpoint.id) == ("mini", f"{GPT}|azure")
    alone = world.own_keys.open((azure(DEPLOYMENT),))
    with pytest.raises(NoEndpoints):
        planned(world, alone, "openai/gpt-5", only=("azure",))


def test_what_a_key_opens_is_remembered_until_its_secret_changes(world: World) -> None:
    one = credential("openai", "sk-mine-0123456789", id="same")
    access = world.own_keys.open((one,)).by_id["same"].access
    renamed = credential("openai", "sk-mine-0123456789", id="same", sort_order=4)
    opened = world.own_keys.open((renamed,)).by_id["same"]
    assert opened.access is access
    assert opened.key.sort_order == 4
    rotated = credential("openai", "sk-other-012345678", id="same")
    assert world.own_keys.open((rotated,)).by_id["same"].access is not access
