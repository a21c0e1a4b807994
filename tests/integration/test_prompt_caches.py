"""Cache breakpoints before a Google that keeps cached contents strictly: made once, used again, charged once."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.cached_contents import CachedContents
from tests.fakes.clock import FakeClock
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Call, failure
from tests.instance import Instance, endpoint
from tests.strangers import add_stranger
from trunkline.gateway import prompt_caches
from trunkline.settings import Routing

MODEL = "google/gemini-3-flash-preview"
LONG = "All about the sea. " * 400
PRICING = {
    "prompt": "0.000001",
    "completion": "0.000002",
    "input_cache_read": "0.0000001",
    "input_cache_write": "0.0000011",
}
TOOLS = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}]
Json = dict[str, Any]


class World:
    """An instance and its Google, with one clock."""

    def __init__(self, instance: Instance, google: CachedContents, clock: FakeClock, provider: FakeProvider) -> None:
        self.instance = instance
        self.google = google
        self.clock = clock
        self.provider = provider

    async def ask(self, question: str = "Why?", *, prefix: str = LONG, key: str | None = None, **members: Any) -> Json:
        """An answer whose prefix was marked."""
        client = self.instance.client if key is None else self.instance.connect(key)
        response = await client.post("/chat/completions", json=asking(question, prefix=prefix, **members))
        assert response.status_code == 200, response.text
        return response.json()


def asking(question: str = "Why?", *, prefix: str = LONG, **members: Any) -> Json:
    marked = {"type": "text", "text": prefix, "cache_control": {"type": "ephemeral"}}
    system = {"role": "system", "content": "Be brief."}
    messages = [system, {"role": "user", "content": [marked, {"type": "text", "text": question}]}]
    return {"model": MODEL, "messages": messages, "tools": TOOLS, **members}


@contextlib.asynccontextmanager
async def a_world(tmp_path: Path, routing: Routing | None = None, **members: Any) -> AsyncIterator[World]:
    clock = FakeClock()
    google = CachedContents(clock)
    async with FakeProvider() as provider:
        provider.always(google.reply)
        served = endpoint(
            MODEL, provider, "google-ai-studio", **{"protocol": "google-gemini", "pricing": PRICING, **members}
        )
        async with Instance(tmp_path, endpoints=[served], clock=clock, routing=routing) as instance:
            yield World(instance, google, clock, provider)
            assert await instance.audit() == []


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path) as made:
        yield made


def cache_tokens(answer: Json) -> tuple[int, int]:
    """(read, written)."""
    details = answer["usage"]["prompt_tokens_details"]
    return details["cached_tokens"], details.get("cache_write_tokens", 0)


async def test_first_request_writes_the_cache_and_the_second_reads_it(world: World) -> None:
    first, second = await world.ask("Why?"), await world.ask("How deep?", temperature=0.3)
    assert len(world.google.created) == 1
    assert world.google.created[0]["ttl"] == "300s"
    assert [asked["cachedContent"] for asked in world.google.asked] == ["cachedContents/c0"] * 2
    assert world.google.asked[1]["contents"] == [{"role": "user", "parts": [{"text": "How deep?"}]}]
    assert not world.google.refusals
    _, written = cache_tokens(first)
    assert cache_tokens(first) == (0, written)
    assert cache_tokens(second) == (written, 0)
    assert written > 1_800
    rest = first["usage"]["prompt_tokens"] - written
    assert first["usage"]["cost"] == pytest.approx((written * 1100 + rest * 1000 + 5 * 2000) / 1e9)
    rest = second["usage"]["prompt_tokens"] - written
    assert second["usage"]["cost"] == pytest.approx((written * 100 + rest * 1000 + 5 * 2000) / 1e9)
    records = [await world.instance.generation(answer["id"]) for answer in (first, second)]
    assert [record["native_tokens_cached"] for record in records] == [0, written]
    assert [record["cache_discount"] for record in records] == [
        pytest.approx(-written * 100 / 1e9),
        pytest.approx(written * 900 / 1e9),
    ]
    assert await world.instance.usage() == pytest.approx(first["usage"]["cost"] + second["usage"]["cost"])


async def test_equal_prefixes_at_once_are_cached_once_and_written_by_one(world: World) -> None:
    answers = await asyncio.gather(*(world.ask(f"Question {n}?") for n in range(6)))
    assert len(world.google.created) == 1
    assert sorted(cache_tokens(answer)[1] > 0 for answer in answers) == [False] * 5 + [True]


async def test_stream_uses_the_cache_that_a_whole_answer_made(world: World) -> None:
    await world.ask()
    streamed = await world.instance.client.post("/chat/completions", json=asking("And?", stream=True))
    assert "It is so." in streamed.text
    assert len(world.google.created) == 1
    assert "cachedContent" in world.google.asked[1]


async def test_messages_mark_prefixes_too(world: World) -> None:
    body = {
        "model": MODEL,
        "max_tokens": 100,
        "system": [{"type": "text", "text": LONG, "cache_control": {"type": "ephemeral"}}],
        "messages": [{"role": "user", "content": "Why?"}],
    }
    answers = [(await world.instance.client.post("/messages", json=body)).json() for _ in range(2)]
    written = answers[0]["usage"]["cache_creation_input_tokens"]
    assert len(world.google.created) == 1
    assert written > 1_800
    assert answers[1]["usage"]["cache_read_input_tokens"] == written


async def test_no_cache_is_used_beyond_its_time_and_none_is_renewed(world: World) -> None:
    for wait_s in (0, 200, 60):
        world.clock.advance(wait_s)
        await world.ask()
    assert len(world.google.created) == 1
    world.clock.advance(20)
    assert cache_tokens(await world.ask())[1] > 0
    assert len(world.google.created) == 2
    assert not world.google.refusals


async def test_accounts_share_no_caches(world: World) -> None:
    keys = await add_stranger(world.instance)
    await world.ask()
    assert cache_tokens(await world.ask(key=keys["inference"]))[1] > 0
    assert len(world.google.created) == 2


async def test_other_tools_are_another_prefix(world: World) -> None:
    await world.ask()
    await world.ask(tools=[])
    assert len(world.google.created) == 2


async def test_short_prefix_goes_out_plainly(world: World) -> None:
    answer = await world.ask(prefix="Short.")
    assert cache_tokens(answer) == (0, 0)
    assert not world.google.created
    assert "cachedContent" not in world.google.asked[0]


async def test_refused_creation_costs_nothing_and_is_not_tried_at_once_again(world: World) -> None:
    world.google.refuse_creation = failure(500)
    for _ in range(3):
        assert cache_tokens(await world.ask()) == (0, 0)
    creations = [request for request in world.provider.requests if request.path.endswith("/cachedContents")]
    assert len(creations) == 1
    world.google.refuse_creation = None
    world.clock.advance(prompt_caches.REFUSED_S)
    assert cache_tokens(await world.ask())[1] > 0


async def test_creation_that_hangs_is_not_waited_for_for_ever(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(call: Call) -> None:
        call.end("hang")

    monkeypatch.setattr(prompt_caches, "CREATE_S_MAX", 0.2)
    world.google.refuse_creation = hang
    answer = await world.ask()
    assert cache_tokens(answer) == (0, 0)
    # The endpoint itself was quick: its latency leaves the cache out.
    record = await world.instance.generation(answer["id"])
    assert record["provider_responses"][0]["latency"] < 200 <= record["latency"]


async def test_lost_cache_is_forgotten_and_the_request_repeated_within_the_attempt(world: World) -> None:
    await world.ask()
    world.google.lose_all()
    answer = await world.ask("And?")
    assert world.google.refusals == ["CachedContent not found (or permission denied)"]
    assert cache_tokens(answer) == (0, 0)
    record = await world.instance.generation(answer["id"])
    assert [attempt["status"] for attempt in record["provider_responses"]] == [200]
    assert world.instance.app.health.rank(f"{MODEL}|google-ai-studio") == 0
    assert cache_tokens(await world.ask())[1] > 0
    assert len(world.google.created) == 2


async def test_what_a_failed_answer_wrote_is_paid_by_the_next(world: World) -> None:
    world.google.fail_next = failure(503)
    failed = await world.instance.client.post("/chat/completions", json=asking())
    assert failed.status_code == 503
    assert await world.instance.usage() == 0
    assert cache_tokens(await world.ask())[1] > 0
    assert cache_tokens(await world.ask())[1] == 0
    assert len(world.google.created) == 1


async def test_request_that_is_bad_with_a_cache_and_without_is_refused_as_ever(world: World) -> None:
    async def refuse(call: Call) -> None:
        world.google.fail_next = refuse
        await failure(400, content={"error": {"code": 400, "message": "bad", "status": "INVALID_ARGUMENT"}})(call)

    world.google.fail_next = refuse
    assert (await world.instance.client.post("/chat/completions", json=asking())).status_code == 400
    world.google.fail_next = None
    # A prefix that was refused in a cache stays plain for as long as the cache would have lived.
    assert cache_tokens(await world.ask()) == (0, 0)
    assert len(world.google.created) == 1


async def test_operator_may_switch_it_off(tmp_path: Path) -> None:
    async with a_world(tmp_path, Routing(prompt_caches=False)) as world:
        assert cache_tokens(await world.ask()) == (0, 0)
        assert not world.google.created


async def test_vertex_caches_under_its_project(tmp_path: Path) -> None:
    async with a_world(tmp_path) as spare:
        base = f"{spare.provider.origin}/v1/projects/acme/locations/eu"
        google = spare.google
        served = endpoint(MODEL, spare.provider, "google-vertex", protocol="vertex-gemini", base_url=base)
        async with Instance(tmp_path / "vertex", endpoints=[served], clock=spare.clock) as instance:
            for _ in range(2):
                response = await instance.client.post("/chat/completions", json=asking())
                assert response.status_code == 200, response.text
        assert [created["model"] for created in google.created] == [
            "projects/acme/locations/eu/publishers/google/models/gemini-3-flash-preview"
        ]
        names = [asked["cachedContent"] for asked in google.asked]
        assert names == ["projects/acme/locations/eu/cachedContents/c0"] * 2
        assert not google.refusals


async def test_no_more_caches_are_remembered_than_there_is_room_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompt_caches, "REMEMBERED_MAX", 2)
    for prefix in ("a", "b", "c"):
        await world.ask(prefix=prefix * 8_000)
    assert cache_tokens(await world.ask(prefix="c" * 8_000))[1] == 0
    assert cache_tokens(await world.ask(prefix="a" * 8_000))[1] > 0
