"""`instructor`, unmodified, in its own environment: one run of instructor_client.py, seen test by test."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio

from tests.e2e.clients.apart import Run, client_of, prompt_of, run_apart
from tests.fakes.openai_chat import Json, function_call, usage
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Reply, answer, stream

APART = client_of("instructor")
ADA = '{"name":"Ada","age":36}'
UNBORN = '{"name":"Ada","age":-1}'
PIECES = ('{"na', 'me":"Ada",', '"age"', ":36}")
PERSON = {"name": "Ada", "age": 36}

pytestmark = APART.mark


def called(arguments: str) -> Reply:
    return answer(None, finish="tool_calls", tool_calls=[function_call("Person", arguments)], used=usage(20, 5))


def calling(name: str, *pieces: str) -> Reply:
    """A streamed call, in pieces."""
    deltas: list[Json] = [{"tool_calls": [{"index": 0, **function_call(name, pieces[0])}]}]
    deltas += [{"tool_calls": [{"index": 0, "function": {"arguments": piece}}]} for piece in pieces[1:]]
    return stream(deltas, finish="tool_calls")


SCRIPT: dict[str, list[Reply]] = {
    "tools whole": [called(ADA)],
    "tools partial": [calling("Person", *PIECES)],
    "tools again": [called(UNBORN), called(ADA)],
    "tools never": [called(UNBORN), called(UNBORN)],
    "tools people": [calling("IterablePerson", '{"tasks":[', ADA, ",", '{"name":"Bo","age":7}', "]}")],
    "json schema whole": [answer(ADA, used=usage(20, 5))],
    "json schema partial": [stream(PIECES)],
    "json schema again": [answer(UNBORN), answer(ADA)],
    "json schema never": [answer(UNBORN), answer(UNBORN)],
}


def script(provider: FakeProvider) -> None:
    for scenario, replies in SCRIPT.items():
        left: Iterator[Reply] = iter(replies)

        async def next_of(call: Any, left: Iterator[Reply] = left) -> None:
            await next(left)(call)

        provider.when(lambda request, scenario=scenario: prompt_of(request.json) == scenario, next_of)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def run(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Run]:
    async with run_apart(APART, tmp_path_factory.mktemp("instructor"), script) as run:
        yield run


@pytest.mark.parametrize("mode", ["tools", "json schema"])
def test_a_model_is_filled_and_its_answer_is_at_hand(run: Run, mode: str) -> None:
    said = run.said[f"{mode} whole"]
    assert (said["person"], said["tokens"]) == (PERSON, 25)
    assert said["id"].startswith("gen-")


def test_each_mode_asks_in_its_own_way(run: Run) -> None:
    (by_tool,) = run.sent("tools whole")
    assert by_tool["tool_choice"]["function"]["name"] == by_tool["tools"][0]["function"]["name"] == "Person"
    (by_schema,) = run.sent("json schema whole")
    assert by_schema["response_format"]["json_schema"]["schema"]["required"] == ["name", "age"]


@pytest.mark.parametrize("mode", ["tools", "json schema"])
def test_partials_grow_with_the_stream(run: Run, mode: str) -> None:
    seen = run.said[f"{mode} partial"]
    assert {"name": "Ada", "age": None} in seen
    assert seen[-1] == PERSON
    assert run.sent(f"{mode} partial")[0]["stream"] is True


def test_an_iterable_gives_one_after_the_other(run: Run) -> None:
    assert run.said["tools people"] == [PERSON, {"name": "Bo", "age": 7}]


@pytest.mark.parametrize("mode", ["tools", "json schema"])
def test_what_does_not_validate_is_asked_again_with_the_reason(run: Run, mode: str) -> None:
    assert run.said[f"{mode} again"]["person"] == PERSON
    first, second = run.sent(f"{mode} again")
    assert len(second["messages"]) > len(first["messages"])
    assert "an age is not negative" in str(second["messages"][-1])


@pytest.mark.parametrize("mode", ["tools", "json schema"])
def test_what_never_validates_is_given_up(run: Run, mode: str) -> None:
    assert run.said[f"{mode} never"]["class"] == "InstructorRetryException"
    assert 1 <= len(run.sent(f"{mode} never")) <= 2
