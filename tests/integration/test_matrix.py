"""Every way in × every upstream format × what people ask for, through a whole instance on real sockets."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from tests.fakes.provider import FakeProvider
from tests.instance import Instance, endpoint
from tests.speakers import Heard, Json, Saying, Speaker
from tests.speakers.chat import ChatSpeaker
from tests.speakers.cohere import CohereSpeaker
from tests.speakers.converse import ConverseSpeaker
from tests.speakers.gemini import GeminiSpeaker
from tests.speakers.messages import MessagesSpeaker
from tests.speakers.responses import ResponsesSpeaker
from tests.ways import Case, Told, Way
from tests.ways.chat import ChatWay, CompletionsWay
from tests.ways.messages import MessagesWay
from tests.ways.responses import ResponsesWay
from trunkline.gateway.upstreams import PROTOCOLS

pytestmark = pytest.mark.asyncio(loop_scope="module")

WAYS: tuple[Way, ...] = (ChatWay(), CompletionsWay(), MessagesWay(), ResponsesWay())
UPSTREAMS: tuple[tuple[Speaker, str, str], ...] = (
    (ChatSpeaker("openai-chat"), "acme", "gpt-5.2"),
    (ChatSpeaker("azure-openai"), "azure", "gpt-5.2"),
    (ChatSpeaker("mistral"), "mistral", "magistral-medium"),
    (ChatSpeaker("vertex-openai"), "google-vertex", "meta/llama-4-maverick-maas"),
    (ResponsesSpeaker(), "openai", "gpt-5.2"),
    (GeminiSpeaker("google-gemini"), "google-ai-studio", "gemini-2.5-flash"),
    (GeminiSpeaker("vertex-gemini"), "google-vertex", "gemini-2.5-flash"),
    (MessagesSpeaker("anthropic-messages"), "anthropic", "claude-sonnet-4-5"),
    (MessagesSpeaker("vertex-anthropic"), "google-vertex", "claude-sonnet-4-5@20250929"),
    (ConverseSpeaker(), "bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0"),
    (CohereSpeaker(), "cohere", "command-a-reasoning-08-2025"),
)
"""Who speaks, as whom, serving which model."""

PIXEL = (
    "data:image/png;base64,"
    + base64.b64encode(
        bytes.fromhex(
            "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
            "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
        )
    ).decode()
)
GET_TEMP = {
    "name": "get_temp",
    "description": "Temperature of a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
OSLO, ROME = ("call_0001a", "get_temp", {"city": "Oslo"}), ("call_0002b", "get_temp", {"city": "Rome"})


@dataclass(frozen=True)
class Column:
    """What is asked, what the model says to it."""

    name: str
    case: Case
    saying: Saying


COLUMNS = (
    Column("text", Case("Hi", system="Be brief."), Saying("Hello, world!")),
    Column("tools", Case("Oslo?", tools=(GET_TEMP,)), Saying(calls=(OSLO,))),
    Column("parallel tools", Case("Oslo and Rome?", tools=(GET_TEMP,)), Saying("Two.", calls=(OSLO, ROME))),
    Column("reasoning", Case("Think.", effort="medium", max_tokens=4000), Saying("42.", reasoning="Six by seven.")),
    Column("structured", Case("Which city?", schema=SCHEMA), Saying('{"city": "Oslo"}')),
    Column("image", Case("What is this?", image_url=PIXEL), Saying("A pixel.")),
)
TEXT = COLUMNS[0]
TEXT_ALONE = frozenset({"completions"})
"""Ways without words for tools, images and roles."""


class World:
    """One instance in front of a fake provider for each upstream format."""

    def __init__(self) -> None:
        self.providers = {speaker.protocol: FakeProvider() for speaker, _, _ in UPSTREAMS}
        self.instance: Instance

    async def ask(self, way: Way, speaker: Speaker, case: Case) -> tuple[int, Told, dict[str, str]]:
        body = way.body(f"acme/{speaker.protocol}", case)
        response = await self.instance.client.post(way.path, json=body)
        return response.status_code, way.read(response.text, stream=case.stream), dict(response.headers)

    def heard(self, speaker: Speaker) -> Heard:
        return speaker.hear(self.providers[speaker.protocol].requests[-1])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    home: Path = tmp_path_factory.mktemp("matrix")
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


def every_pair(test: object) -> object:
    """Each way in with each upstream format."""
    speakers = [speaker for speaker, _, _ in UPSTREAMS]
    by_speaker = pytest.mark.parametrize("speaker", speakers, ids=[speaker.protocol for speaker in speakers])
    return pytest.mark.parametrize("way", WAYS, ids=[way.name for way in WAYS])(by_speaker(test))


async def test_every_upstream_format_that_is_spoken_has_a_speaker() -> None:
    assert {speaker.protocol for speaker, _, _ in UPSTREAMS} == PROTOCOLS


@every_pair
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("column", COLUMNS, ids=[column.name for column in COLUMNS])
async def test_what_was_said_is_told(world: World, way: Way, speaker: Speaker, column: Column, stream: bool) -> None:
    saying = column.saying
    provider = world.providers[speaker.protocol]
    provider.then(speaker.stream(saying) if stream else speaker.whole(saying))
    case = Case(**{**vars(column.case), "stream": stream})
    status, told, _ = await world.ask(way, speaker, case)
    assert (status, told.error, told.ended) == (200, None, True)
    assert told.text == saying.text
    assert told.reasoning.strip() == saying.reasoning
    assert told.usage == (saying.prompt_tokens, saying.completion_tokens)
    assert told.cost == (saying.prompt_tokens * 1000 + saying.completion_tokens * 2000) / 1e9
    assert told.finish == ("tool_calls" if saying.calls else "stop")
    heard = world.heard(speaker)
    assert case.text in heard.texts
    if way.name in TEXT_ALONE:
        return
    assert [(name, json.loads(arguments)) for _, name, arguments in told.calls] == [call[1:] for call in saying.calls]
    assert len({id for id, _, _ in told.calls}) == len(saying.calls)
    assert case.system is None or case.system in heard.texts
    assert heard.images == (case.image_url is not None)
    assert heard.schema or case.schema is None or len(heard.tools) == 1
    assert case.schema is not None or heard.tools == tuple(tool["name"] for tool in case.tools)
    assert heard.reasoning or case.effort is None


@every_pair
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
async def test_a_refusal_keeps_its_status_and_hint(world: World, way: Way, speaker: Speaker, stream: bool) -> None:
    world.providers[speaker.protocol].then(speaker.refusal(429, "Slow down, please"))
    status, told, headers = await world.ask(way, speaker, Case("Hi", stream=stream))
    assert (status, told.error) == (429, "rate_limit_exceeded")
    assert "x-generation-id" in headers


@every_pair
async def test_a_cut_stream_is_never_ended_as_if_it_were_whole(world: World, way: Way, speaker: Speaker) -> None:
    world.providers[speaker.protocol].then(speaker.cut(TEXT.saying))
    status, told, _ = await world.ask(way, speaker, Case("Hi", stream=True))
    assert status == 200
    assert told.text and TEXT.saying.text.startswith(told.text)
    assert told.error == "provider_unavailable"
    assert told.finish in (None, "error")
