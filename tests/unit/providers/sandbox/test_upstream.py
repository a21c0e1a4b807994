"""The Sandbox through the seam that the gateway uses: bytes in, bytes out."""

import asyncio
import time

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema_rs import validator_for

from trunkline.providers.sandbox.images import png
from trunkline.providers.sandbox.media import image_dimensions
from trunkline.providers.sandbox.other import unit_vector
from trunkline.providers.sandbox.schemas import example_of
from trunkline.providers.sandbox.upstream import FAULT_HEADER, SandboxResponse, SandboxUpstream
from trunkline.providers.sandbox.words import tokens_of
from trunkline.providers.upstream import UpstreamFailed, UpstreamRequest
from trunkline.settings import Sandbox

FAST = Sandbox(tokens_per_second=0, first_token_seconds=0)
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 2}},
            "required": ["city", "days"],
            "additionalProperties": False,
        },
    },
}
TIME = {"type": "function", "function": {"name": "get_time"}}


async def ask(
    path: str = "/chat/completions", user: str = "", settings: Sandbox = FAST, **members: object
) -> SandboxResponse:
    body = {"model": "acme/m", "messages": [{"role": "user", "content": "Hello"}], **members}
    request = UpstreamRequest(
        url=f"sandbox:{path}",
        headers=((FAULT_HEADER, user),) if user else (),
        body=msgspec.json.encode(body),
        connect_timeout_s=1,
        read_timeout_s=0.05,
    )
    return await SandboxUpstream(settings).open(request)


async def whole(**members: object) -> dict:
    return msgspec.json.decode(await (await ask(**members)).read_all(10_000_000))


async def events(response: SandboxResponse) -> list[dict]:
    data = await response.read_all(10_000_000)
    payloads = [line.removeprefix(b"data: ") for line in data.split(b"\n\n") if line]
    assert payloads[-1] == b"[DONE]"
    return [msgspec.json.decode(payload) for payload in payloads[:-1]]


async def test_first_words_say_that_no_model_answers() -> None:
    answer = await whole()
    assert "Sandbox" in answer["choices"][0]["message"]["content"].split(".")[0]


async def test_stream_folds_to_the_same_text_and_counts_as_the_whole_answer() -> None:
    members = {"seed": 7, "reasoning": {"effort": "low"}, "n": 2}
    body = await whole(**members)
    chunks = await events(await ask(stream=True, **members))
    for index in (0, 1):
        texts = [c["delta"].get("content") or "" for e in chunks for c in e["choices"] if c["index"] == index]
        assert "".join(texts) == body["choices"][index]["message"]["content"]
    assert chunks[-1]["usage"] == body["usage"]
    assert body["usage"]["completion_tokens_details"]["reasoning_tokens"] == 16


async def test_same_seed_gives_the_same_answer_and_another_seed_another() -> None:
    first, again, other = await whole(seed=1), await whole(seed=1, temperature=1), await whole(seed=2)
    assert first["choices"] == again["choices"] != other["choices"]


async def test_text_ends_before_a_stop_word_and_at_max_tokens() -> None:
    stopped = await whole(seed=1, stop=["model"])
    assert "model" not in stopped["choices"][0]["message"]["content"]
    cut = await whole(seed=1, max_tokens=3)
    assert cut["choices"][0]["finish_reason"] == "length"
    assert cut["usage"]["completion_tokens"] == 3


async def test_called_tool_has_arguments_that_its_schema_accepts() -> None:
    answer = await whole(tools=[WEATHER])
    call = answer["choices"][0]["message"]["tool_calls"][0]
    assert answer["choices"][0]["finish_reason"] == "tool_calls"
    schema = WEATHER["function"]["parameters"]
    assert validator_for(schema).is_valid(msgspec.json.decode(call["function"]["arguments"]))


async def test_tool_choice_is_obeyed() -> None:
    assert "tool_calls" not in (await whole(tools=[WEATHER], tool_choice="none"))["choices"][0]["message"]
    named = {"type": "function", "function": {"name": "get_time"}}
    calls = (await whole(tools=[WEATHER, TIME], tool_choice=named))["choices"][0]["message"]["tool_calls"]
    assert [call["function"]["name"] for call in calls] == ["get_time"]


async def test_tools_that_the_user_names_are_called_in_parallel_unless_that_is_off() -> None:
    messages = [{"role": "user", "content": "Use get_time and get_weather."}]
    answer = await whole(tools=[WEATHER, TIME], messages=messages)
    calls = answer["choices"][0]["message"]["tool_calls"]
    assert [call["function"]["name"] for call in calls] == ["get_time", "get_weather"]
    alone = await whole(tools=[WEATHER, TIME], messages=messages, parallel_tool_calls=False)
    assert len(alone["choices"][0]["message"]["tool_calls"]) == 1


async def test_tool_results_are_followed_by_text() -> None:
    messages = [
        {"role": "user", "content": "?"},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "a", "type": "function", "function": {}}]},
        {"role": "tool", "tool_call_id": "a", "content": "sunny"},
    ]
    assert (await whole(tools=[WEATHER], messages=messages))["choices"][0]["message"]["content"]


async def test_reasoning_obeys_effort_and_budget_and_off() -> None:
    assert "reasoning" not in (await whole(reasoning={"effort": "none"}))["choices"][0]["message"]
    budget = await whole(reasoning={"max_tokens": 40})
    assert budget["usage"]["completion_tokens_details"]["reasoning_tokens"] == 40
    assert budget["choices"][0]["message"]["reasoning"]


async def test_logprobs_cover_every_token() -> None:
    answer = await whole(logprobs=True, top_logprobs=2, max_tokens=5)
    content = answer["choices"][0]["logprobs"]["content"]
    assert len(content) == 5
    assert all(len(entry["top_logprobs"]) == 2 for entry in content)


async def test_media_are_described_by_type_size_and_dimensions() -> None:
    import base64

    picture = base64.b64encode(png("x", 17, 5)).decode()
    parts = [
        {"type": "text", "text": "look"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{picture}"}},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0xLjQK"}},
    ]
    text = (await whole(messages=[{"role": "user", "content": parts}]))["choices"][0]["message"]["content"]
    assert "17×5 pixels" in text
    assert "PDF 1.4" in text


async def test_long_prompts_have_a_cached_part() -> None:
    usage = (await whole(messages=[{"role": "user", "content": "word " * 5000}]))["usage"]
    assert 0 < usage["prompt_tokens_details"]["cached_tokens"] < usage["prompt_tokens"]


async def test_asked_status_and_retry_after_are_given() -> None:
    response = await ask(user="sandbox:status=429,retry_after=3")
    assert (response.status, response.headers["retry-after"]) == (429, "3")


async def test_fault_that_is_not_understood_is_refused_by_name() -> None:
    response = await ask(user="sandbox:explode=1")
    assert response.status == 400
    assert b"explode" in await response.read_all(10_000)


async def test_asked_break_ends_the_stream_after_that_many_chunks() -> None:
    response = await ask(user="sandbox:break_after=5", stream=True)
    received = b""
    with pytest.raises(UpstreamFailed) as failure:
        while data := await response.read():
            received += data
    assert failure.value.kind == "reset"
    assert received.count(b"data:") == 5


async def test_asked_stall_lasts_until_the_read_timeout() -> None:
    response = await ask(user="sandbox:stall_after=2", stream=True)
    with pytest.raises(UpstreamFailed) as failure:
        while await response.read():
            pass
    assert failure.value.kind == "timeout_read"


async def test_waiting_reader_is_woken_and_loses_nothing() -> None:
    response = await ask(stream=True, settings=Sandbox(tokens_per_second=1, first_token_seconds=0))
    first = await response.read()
    reader = asyncio.get_running_loop().create_task(response.read())
    await asyncio.sleep(0)
    response.wake()
    assert await reader is None
    assert first
    response.cancel()
    with pytest.raises(UpstreamFailed):
        await response.read()


async def test_rate_is_kept() -> None:
    response = await ask(stream=True, max_tokens=20, settings=Sandbox(tokens_per_second=200, first_token_seconds=0))
    began_s = time.monotonic()
    await response.read_all(1_000_000)
    assert 0.08 <= time.monotonic() - began_s < 2


async def test_embeddings_are_unit_vectors_that_follow_from_the_text() -> None:
    answer = await whole(path="/embeddings", input=["a", "b", "a"], dimensions=64)
    vectors = [entry["embedding"] for entry in answer["data"]]
    assert vectors[0] == vectors[2] != vectors[1]
    assert sum(x * x for x in vectors[1]) == pytest.approx(1.0)
    assert len(unit_vector("z", 16384)) == 16384


async def test_rerank_puts_the_document_that_shares_words_first() -> None:
    answer = await whole(path="/rerank", query="red apple", documents=["blue sky", "a red apple"])
    assert [result["index"] for result in answer["results"]] == [1, 0]


async def test_image_is_a_png_of_the_asked_size() -> None:
    import base64

    answer = await whole(path="/images/generations", prompt="x", size="64x32")
    assert image_dimensions(base64.b64decode(answer["data"][0]["b64_json"])) == (64, 32)


JSON_SCHEMAS = st.recursive(
    st.one_of(
        st.builds(lambda low: {"type": "integer", "minimum": low}, st.integers(-50, 50)),
        st.builds(lambda high: {"type": "number", "maximum": high}, st.integers(-50, 50)),
        st.builds(
            lambda a, b: {"type": "string", "minLength": a, "maxLength": a + b}, st.integers(0, 40), st.integers(0, 9)
        ),
        st.just({"type": "boolean"}),
        st.just({"type": ["null", "string"]}),
        st.builds(lambda values: {"enum": values}, st.lists(st.integers(), min_size=1, max_size=3)),
    ),
    lambda inner: st.one_of(
        st.builds(lambda item, n: {"type": "array", "items": item, "minItems": n}, inner, st.integers(0, 3)),
        st.builds(lambda a, b: {"anyOf": [a, b]}, inner, inner),
        st.builds(
            lambda members: {"type": "object", "properties": members, "required": sorted(members)},
            st.dictionaries(st.text("abc", min_size=1, max_size=3), inner, max_size=3),
        ),
    ),
    max_leaves=6,
)


@given(JSON_SCHEMAS)
def test_example_satisfies_its_schema(schema: dict) -> None:
    assert validator_for(schema).is_valid(example_of(schema))


async def test_structured_output_satisfies_a_recursive_schema() -> None:
    schema = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "children": {"type": "array", "items": {"$ref": "#"}}},
        "required": ["name", "children"],
    }
    form = {"type": "json_schema", "json_schema": {"name": "tree", "schema": schema}}
    text = (await whole(response_format=form))["choices"][0]["message"]["content"]
    msgspec.json.decode(text)


def test_counting_tokens_of_endless_blanks_takes_no_time() -> None:
    began_s = time.perf_counter()
    assert tokens_of("\n" * 2_000_000) == []
    assert len(tokens_of("a" + " " * 1_000_000 + "b")) == 2
    assert time.perf_counter() - began_s < 1
