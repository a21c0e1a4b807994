"""The registry of running requests is bounded and forgets what has ended (GEN-06)."""

from pathlib import Path

import pytest

from tests.fakes.clock import START_MS
from trunkline.accounts.types import ApiKey, Principal
from trunkline.gateway import running
from trunkline.gateway.exchange import Caller, Exchange
from trunkline.gateway.generation_conversion import InboundGeneration
from trunkline.gateway.running import Running
from trunkline.gateway.world import World
from trunkline.gateway.worlds import build_world
from trunkline.protocols.chat.client import CHAT_FORMAT
from trunkline.protocols.chat.request import parse_chat
from trunkline.protocols.validation import ParseLimits
from trunkline.settings import Settings

KEY = ApiKey(
    hash="a" * 64,
    account_id="user_alice",
    workspace_id=None,
    kind="inference",
    label="sk-tl-v1-aaa...aaa",
    name="Alice's",
    disabled=False,
    limit_nanousd=None,
    limit_reset=None,
    include_byok_in_limit=False,
    expires_at_ms=None,
    creator_user_id=None,
    created_at_ms=START_MS,
    updated_at_ms=None,
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    home: Path = tmp_path_factory.mktemp("home")
    return build_world(Settings(home=home), {})


def exchange_of(world: World, number: int) -> Exchange:
    request = parse_chat(b'{"model":"a/b","messages":[{"role":"user","content":"Hi"}]}', ParseLimits())
    inbound = InboundGeneration(request, CHAT_FORMAT)
    return Exchange(
        generation_id=f"gen-{number}",
        request_id="req-1",
        received_ms=START_MS,
        received_s=0.0,
        principal=Principal(key=KEY, account_id=KEY.account_id, workspace_id=None),
        caller=Caller(),
        inbound=inbound,
        request=inbound.request,
        world=world,
        attempts_ended=1,
    )


def test_a_request_is_found_by_its_account_until_it_ends_or_its_record_is_durable(world: World) -> None:
    registry, exchange = Running(), exchange_of(world, 1)
    registry.begin(exchange)
    assert registry.find("user_alice", "gen-1") is exchange
    assert registry.find("user_mallory", "gen-1") is None
    exchange.durable = True
    assert registry.find("user_alice", "gen-1") is None
    exchange.durable = False
    registry.end(exchange)
    registry.end(exchange)
    assert registry.find("user_alice", "gen-1") is None


def test_requests_beyond_the_bound_are_not_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "RUNNING_MAX", 2)
    registry = Running()
    for number in range(3):
        registry.begin(exchange_of(world, number))
    found = [registry.find("user_alice", f"gen-{number}") is not None for number in range(3)]
    assert found == [True, True, False]
