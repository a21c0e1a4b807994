"""An answer whose upstream breaks off goes on at the next one, and the client reads one answer (stream recovery)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.fakes.replies import break_after, stream
from tests.going_on import PROMPT_TOKENS, TEXT, OneVoice
from tests.instance import Instance, Streamed, endpoint
from tests.ways import Case, Way
from tests.ways.chat import ChatWay, CompletionsWay
from tests.ways.messages import MessagesWay
from tests.ways.responses import ResponsesWay
from trunkline.settings import ProviderSettings, Recovery

MODEL = "acme/rocket"
WAYS: tuple[Way, ...] = (ChatWay(), CompletionsWay(), MessagesWay(), ResponsesWay())
CANCELLED = {name: ProviderSettings(cancels_billing=True) for name in ("one", "two", "three")}
ORDER = {"order": ["one", "two", "three"]}

pytestmark = [pytest.mark.asyncio(loop_scope="module")]


class Three:
    """Three endpoints of one model, asked in order; the first does not know how to go on."""

    def __init__(self, instance: Instance, voices: tuple[OneVoice, OneVoice, OneVoice]) -> None:
        self.instance = instance
        self.one, self.two, self.three = voices

    def break_at(self, *places: int | None) -> None:
        for voice, place in zip((self.one, self.two, self.three), (*places, None, None)[:3], strict=True):
            voice.breaks_after = place
            voice.given.clear()
            voice.bodies.clear()

    async def stream(self, **members: Any) -> Streamed:
        return await self.instance.stream(MODEL, provider=ORDER, **members)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def three(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Three]:
    voices = OneVoice(), OneVoice(), OneVoice()
    names = ("one", "two", "three")
    async with AsyncExitStack() as stack:
        for voice in voices:
            await stack.enter_async_context(voice.provider)
        entries = [
            endpoint(MODEL, voice.provider, name, quirks=[] if name == "one" else ["prefill"])
            for name, voice in zip(names, voices, strict=True)
        ]
        home: Path = tmp_path_factory.mktemp("recovery")
        instance = Instance(home, endpoints=entries, recovery=Recovery(enabled=True), providers=CANCELLED)
        async with instance:
            yield Three(instance, voices)
            assert await instance.audit() == []
            assert instance.app._shared.open_holds() == 0


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
async def test_an_answer_that_breaks_anywhere_is_read_as_one_answer(three: Three, way: Way) -> None:
    case = Case("Speak.", stream=True)
    for place in range(5, len(TEXT) + 1, 5):
        three.break_at(place)
        body = {**way.body(MODEL, case), "provider": ORDER}
        response = await three.instance.client.post(way.path, json=body)
        told = way.read(response.text, stream=True)
        assert (told.text, told.error, told.finish, told.ended) == (TEXT, None, "stop", True), place
        assert three.two.given == [TEXT[:place].rstrip()]
        assert told.usage is not None and told.usage[0] == PROMPT_TOKENS + len(TEXT[:place].rstrip())


async def test_the_client_sees_one_id_and_one_finish_and_no_trace_of_the_break(three: Three) -> None:
    three.break_at(25)
    streamed = await three.stream()
    assert len({chunk["id"] for chunk in streamed.chunks}) == 1
    assert len({chunk["provider"] for chunk in streamed.chunks}) == 1
    assert set(streamed.finish_reasons) == {"stop"}
    assert (streamed.error, streamed.is_done) == (None, True)


async def test_the_record_tells_both_parts_and_the_caller_pays_the_one_that_finished(three: Three) -> None:
    spent = await three.instance.usage()
    three.break_at(40)
    streamed = await three.stream()
    record = await three.instance.generation(streamed.id)
    first, second = record["provider_responses"]
    assert (first["provider_name"], first["status"]) == ("One", 502)
    assert first["tokens_completion"] == 10  # a quarter of forty characters: nobody reported more
    prompt, completion = PROMPT_TOKENS + len(TEXT[:40].rstrip()), len(TEXT) - len(TEXT[:40].rstrip())
    assert (second["tokens_prompt"], second["tokens_completion"]) == (prompt, completion)
    cost = prompt * 1_000 + completion * 2_000
    assert round(record["total_cost"] * 1e9) == round(second["upstream_inference_cost"] * 1e9) == cost
    assert round(first["upstream_inference_cost"] * 1e9) == first["tokens_prompt"] * 1_000 + 10 * 2_000
    assert round((await three.instance.usage() - spent) * 1e9) == cost
    assert round(streamed.usage["cost"] * 1e9) == cost
    assert record["provider_name"] == "Two"


async def test_an_answer_may_break_twice(three: Three) -> None:
    three.break_at(15, 20)
    streamed = await three.stream()
    assert streamed.text == TEXT
    record = await three.instance.generation(streamed.id)
    assert [attempt["status"] for attempt in record["provider_responses"]] == [502, 502, 200]


async def test_metadata_names_every_part(three: Three) -> None:
    three.break_at(15)
    response = await three.instance.client.post(
        "/chat/completions",
        json={"model": MODEL, "messages": [{"role": "user", "content": "Hi"}], "stream": True, "provider": ORDER},
        headers={"X-OpenRouter-Metadata": "enabled"},
    )
    metadata = Streamed(response).chunks[-1]["openrouter_metadata"]
    assert [attempt["status"] for attempt in metadata["attempts"]] == [502, 200]
    assert metadata["pipeline"] == [{"type": "stream_recovery", "name": "stream-recovery", "data": {"parts": 2}}]


async def test_a_cap_on_output_is_lowered_by_what_was_said(three: Three) -> None:
    three.break_at(40)
    await three.stream(max_tokens=100)
    (body,) = three.two.bodies
    assert body["max_tokens"] == 90


async def test_a_beginning_that_the_caller_gave_stays_in_front(three: Three) -> None:
    three.break_at(10)
    begun = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": TEXT[:10]}]
    response = await three.instance.client.post(
        "/chat/completions", json={"model": MODEL, "messages": begun, "stream": True, "provider": ORDER}
    )
    assert Streamed(response).text == TEXT[10:]
    assert three.two.given == [TEXT[:20].rstrip()]


async def test_when_nobody_goes_on_the_break_is_told_once_and_nothing_is_charged(three: Three) -> None:
    spent = await three.instance.usage()
    three.break_at(15, 5, 5)
    streamed = await three.stream()
    assert streamed.text == TEXT[:24]  # the third wrote a line break again, which was told already
    assert streamed.error is not None and streamed.finish_reasons == ["error"] and streamed.is_done
    assert await three.instance.usage() == spent
    record = await three.instance.generation(streamed.id)
    assert (record["finish_reason"], record["total_cost"]) == ("error", 0)
    assert len(record["provider_responses"]) == 3


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
async def test_a_break_that_cannot_be_mended_ends_every_format_properly(three: Three, way: Way) -> None:
    three.break_at(15, 5, 5)
    response = await three.instance.client.post(
        way.path, json={**way.body(MODEL, Case("Speak.", stream=True)), "provider": ORDER}
    )
    told = way.read(response.text, stream=True)
    assert told.error is not None
    assert told.text == TEXT[:24]


CALL = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "look", "arguments": '{"a'}}
UNMENDABLE = {
    "a call half said": [TEXT[:10], {"tool_calls": [CALL]}],
    "a call of which only the name was said": [TEXT[:10], {"tool_calls": [{**CALL, "function": {"name": "look"}}]}],
    "sealed reasoning": [
        {"reasoning_details": [{"type": "reasoning.encrypted", "data": "c2VhbGVk", "index": 0}]},
        TEXT[:10],
    ],
    "signed reasoning": [
        {"reasoning_details": [{"type": "reasoning.text", "text": "Hm", "signature": "c2ln", "index": 0}]},
        TEXT[:10],
    ],
    "a refusal": [{"refusal": "I will not"}],
    "nothing but reasoning": [{"reasoning_content": "Hm, let me"}],
    "white space only": ["  \n"],
}


@pytest.mark.parametrize("said", UNMENDABLE.values(), ids=UNMENDABLE.keys())
async def test_what_is_whole_or_nothing_is_never_glued(three: Three, said: list[Any]) -> None:
    three.break_at(0)
    three.one.provider.then(break_after(len(said), said))
    streamed = await three.stream()
    assert streamed.error is not None
    assert three.two.bodies == three.three.bodies == []


async def test_unsigned_reasoning_before_the_text_is_no_hindrance(three: Three) -> None:
    three.break_at(0)
    three.one.provider.then(break_after(3, [{"reasoning_content": "Hm"}, TEXT[:5], TEXT[5:9]]))
    streamed = await three.stream()
    assert (streamed.text, streamed.error) == (TEXT, None)


async def test_a_call_that_the_second_upstream_makes_is_whole(three: Three) -> None:
    three.break_at(10)
    call = {**CALL, "function": {"name": "look", "arguments": '{"at":"it"}'}}
    three.two.provider.then(stream([TEXT[10:], {"tool_calls": [call]}], finish="tool_calls"))
    tool = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
    streamed = await three.stream(tools=[tool])
    assert streamed.text == TEXT
    assert set(streamed.finish_reasons) == {"tool_calls"}
    calls = [call for chunk in streamed.chunks for c in chunk["choices"] for call in c["delta"].get("tool_calls", ())]
    assert "".join(call["function"]["arguments"] for call in calls) == '{"at":"it"}'


async def test_a_form_that_is_enforced_is_never_glued(three: Three) -> None:
    three.break_at(10)
    streamed = await three.stream(response_format={"type": "json_object"})
    assert streamed.error is not None
    assert three.two.bodies == []


async def test_a_client_that_leaves_reaches_the_second_upstream(three: Three) -> None:
    three.break_at(10)
    silence, told = asyncio.Event(), asyncio.Event()
    three.two.provider.then(stream([TEXT[10:20], silence, TEXT[20:]]))
    before = len(three.two.provider.requests)
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}], "stream": True, "provider": ORDER}
    async with asyncio.timeout(20), three.instance.client.stream("POST", "/chat/completions", json=body) as response:
        async for line in response.aiter_lines():
            if TEXT[15:19] in line:
                told.set()
                break
    assert told.is_set()
    async with asyncio.timeout(20):
        await three.two.provider.client_closed(before)
        silence.set()
        while (
            await three.instance.client.get("/generation", params={"id": response.headers["x-generation-id"]})
        ).status_code != 200:
            await asyncio.sleep(0.02)
    record = await three.instance.generation(response.headers["x-generation-id"])
    assert record["cancelled"] is True
