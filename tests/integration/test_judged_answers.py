"""Whether calls and structured answers were valid: judged at the end, on every path, and shown in the statistics."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import Connection, select

from tests.fakes.openai_chat import function_call
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import answer, stream
from tests.instance import Instance, endpoint
from tests.speakers import Json, Saying, Speaker
from tests.speakers.chat import ChatSpeaker
from tests.speakers.cohere import CohereSpeaker
from tests.speakers.converse import ConverseSpeaker
from tests.speakers.gemini import GeminiSpeaker
from tests.speakers.messages import MessagesSpeaker
from tests.speakers.responses import ResponsesSpeaker
from tests.strangers import database_of
from tests.ways import Case, Way
from tests.ways.chat import ChatWay
from tests.ways.messages import MessagesWay
from tests.ways.responses import ResponsesWay
from trunkline.generations.service import from_record
from trunkline.generations.types import Generation
from trunkline.statistics import endpoints
from trunkline.storage.tables import generations

pytestmark = pytest.mark.asyncio(loop_scope="module")

WAYS: tuple[Way, ...] = (ChatWay(), MessagesWay(), ResponsesWay())
UPSTREAMS: tuple[tuple[Speaker, str, str], ...] = (
    (ChatSpeaker("openai-chat"), "acme", "gpt-5.2"),
    (ResponsesSpeaker(), "openai", "gpt-5.2"),
    (GeminiSpeaker("google-gemini"), "google-ai-studio", "gemini-2.5-flash"),
    (MessagesSpeaker("anthropic-messages"), "anthropic", "claude-sonnet-4-5"),
    (ConverseSpeaker(), "bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0"),
    (CohereSpeaker(), "cohere", "command-a-reasoning-08-2025"),
)
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
GET_TEMP = {"name": "get_temp", "description": "Temperature of a city.", "parameters": SCHEMA}
TOOLS, STRUCTURED = Case("Oslo?", tools=(GET_TEMP,)), Case("Which city?", schema=SCHEMA)
GOOD = ("call_1", "get_temp", {"city": "Oslo"})
JUDGED: tuple[tuple[str, Case, Saying, bool | None, bool | None], ...] = (
    ("plain", Case("Hi"), Saying("Hello."), None, None),
    ("no call", TOOLS, Saying("No."), None, None),
    ("good calls", TOOLS, Saying(calls=(GOOD, ("call_2", "get_temp", {"city": "Rome"}))), True, None),
    ("one of two bad", TOOLS, Saying(calls=(GOOD, ("call_2", "get_temp", {"city": 7}))), False, None),
    ("unknown tool", TOOLS, Saying(calls=(("call_1", "get_tmp", {"city": "Oslo"}),)), False, None),
    ("good JSON", STRUCTURED, Saying('{"city": "Oslo"}'), None, True),
    ("bad JSON", STRUCTURED, Saying('{"town": "Oslo"}'), None, False),
)


class World:
    def __init__(self) -> None:
        self.providers = {speaker.protocol: FakeProvider() for speaker, _, _ in UPSTREAMS}
        self.instance: Instance

    async def last(self) -> Generation:
        database = database_of(self.instance)
        await database.barrier()
        return from_record(await database.read(_last))


def _last(connection: Connection) -> str:
    newest = select(generations.c.record).order_by(generations.c.created_at_ms.desc(), generations.c.id.desc()).limit(1)
    return connection.execute(newest).scalar_one()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    home: Path = tmp_path_factory.mktemp("judged")
    made = World()
    async with AsyncExitStack() as stack:
        entries: list[Json] = []
        for speaker, slug, model in UPSTREAMS:
            provider = await stack.enter_async_context(made.providers[speaker.protocol])
            entry = endpoint(f"acme/{speaker.protocol}", provider, slug, protocol=speaker.protocol)
            entries.append(entry | {"upstream_model": model})
        made.instance = await stack.enter_async_context(Instance(home, endpoints=entries))
        yield made
        assert await made.instance.audit() == []


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("speaker", [one for one, _, _ in UPSTREAMS], ids=[one.protocol for one, _, _ in UPSTREAMS])
@pytest.mark.parametrize("way", WAYS, ids=[way.name for way in WAYS])
async def test_every_path_judges_alike(world: World, way: Way, speaker: Speaker, stream: bool) -> None:
    for name, case, saying, calls_valid, structured_valid in JUDGED:
        world.providers[speaker.protocol].then(speaker.stream(saying) if stream else speaker.whole(saying))
        body = way.body(f"acme/{speaker.protocol}", Case(**{**vars(case), "stream": stream}))
        response = await world.instance.client.post(way.path, json=body)
        assert response.status_code == 200, response.text
        record = await world.last()
        assert (record.tool_calls_valid, record.structured_valid) == (calls_valid, structured_valid), name


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "stream"])
async def test_arguments_that_are_no_json_are_invalid(world: World, streamed: bool) -> None:
    call = function_call("get_temp", '{"city": Oslo}')
    reply = stream([{"tool_calls": [{**call, "index": 0}]}], finish="tool_calls")
    world.providers["openai-chat"].then(reply if streamed else answer(None, finish="tool_calls", tool_calls=[call]))
    body = ChatWay().body("acme/openai-chat", Case(**{**vars(TOOLS), "stream": streamed}))
    assert (await world.instance.client.post("/chat/completions", json=body)).status_code == 200
    assert (await world.last()).tool_calls_valid is False


async def test_text_that_comes_word_by_word_is_heard_whole(world: World) -> None:
    """Plain chunks that come one by one have a way of their own."""
    world.providers["openai-chat"].then(stream(['{"', "city", '":', ' "', "Os", "lo", '"', "}"], pause_s=0.02))
    body = ChatWay().body("acme/openai-chat", Case(**{**vars(STRUCTURED), "stream": True}))
    assert (await world.instance.client.post("/chat/completions", json=body)).status_code == 200
    assert (await world.last()).structured_valid is True


async def test_call_of_a_tool_that_is_no_function_is_not_judged(world: World) -> None:
    speaker = UPSTREAMS[1][0]
    world.providers["openai-responses"].then(speaker.whole(Saying(calls=(GOOD,))))
    shell = {"type": "custom", "name": "shell", "description": "Runs it."}
    body = {"model": "acme/openai-responses", "input": "Go.", "tools": [shell]}
    assert (await world.instance.client.post("/responses", json=body)).status_code == 200
    assert (await world.last()).tool_calls_valid is None


async def test_success_of_calls_shows_in_the_statistics_that_routing_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoints, "REFRESH_MS", 100)
    model = "acme/rocket-1"
    good, bad = function_call("get_temp", json.dumps({"city": "Oslo"})), function_call("get_temp", "{}")
    tools = [{"type": "function", "function": GET_TEMP}]
    async with FakeProvider() as provider, Instance(tmp_path, endpoints=[endpoint(model, provider)]) as instance:
        for call in (good, good, good, bad):
            provider.then(answer(None, finish="tool_calls", tool_calls=[call]))
            await instance.chat(model, tools=tools)
        statistics = instance.app.statistics.endpoints
        async with asyncio.timeout(10):
            while statistics.tool_success(f"{model}|acme", "2h", 4) is None:
                await asyncio.sleep(0.1)
        assert statistics.tool_success(f"{model}|acme", "2h", 4) == 0.75

        async def listed(at_least: float) -> list[str]:
            found = await instance.client.get("/models", params={"min_tool_success_rate": at_least})
            return [one["id"] for one in found.json()["data"]]

        assert model in await listed(0.7)
        assert model not in await listed(0.8)
