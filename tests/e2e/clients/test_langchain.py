"""`langchain-openrouter`, unmodified, in its own environment: one run of langchain_client.py, seen test by test."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.e2e.clients.apart import Run, client_of, prompt_of, run_apart
from tests.e2e.clients.conftest import MODEL
from tests.fakes.openai_chat import function_call, usage
from tests.fakes.provider import FakeProvider, RecordedRequest
from tests.fakes.replies import Reply, answer, failure, stream

APART = client_of("langchain")
ADA = '{"name":"Ada","age":36}'

pytestmark = APART.mark

REPLIES: dict[str, Reply] = {
    "invoke": answer("Hello.", used=usage(100, 10, cached=40)),
    "stream": stream(["One, ", "two."], used=usage(7, 3)),
    "tools": answer(None, finish="tool_calls", tool_calls=[function_call("get_weather", '{"city":"Oslo"}')]),
    "streamed tools": stream(
        [
            {"tool_calls": [{"index": 0, **function_call("get_weather", '{"ci')}]},
            {"tool_calls": [{"index": 0, "function": {"arguments": 'ty":"Oslo"}'}}]},
        ],
        finish="tool_calls",
    ),
    "by function": answer(None, finish="tool_calls", tool_calls=[function_call("Person", ADA)]),
    "by schema": answer(ADA),
    "reasoning": answer("42", used=usage(10, 8, reasoning=6), reasoning_content="Six times seven."),
    "rate limit": failure(429),
    "bad request": failure(400),
}


def script(provider: FakeProvider) -> None:
    provider.when(_ends_with_a_result, answer("Twelve degrees."))
    for scenario, reply in REPLIES.items():
        provider.when(lambda request, scenario=scenario: prompt_of(request.json) == scenario, reply)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def run(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Run]:
    async with run_apart(APART, tmp_path_factory.mktemp("langchain"), script) as run:
        yield run


def _ends_with_a_result(request: RecordedRequest) -> bool:
    messages: Any = request.json["messages"]
    return messages[-1]["role"] == "tool"


def test_invoke_gives_text_usage_and_cost(run: Run) -> None:
    said = run.said["invoke"]
    assert said["content"] == "Hello."
    counts = said["usage"]
    assert (counts["input_tokens"], counts["output_tokens"], counts["total_tokens"]) == (100, 10, 110)
    assert counts["input_token_details"]["cache_read"] == 40
    # 60 × 1000 + 40 × 100 + 10 × 2000 nano-dollars
    assert said["metadata"]["cost"] == 0.000084
    assert (said["metadata"]["finish_reason"], said["metadata"]["model_name"]) == ("stop", MODEL)
    assert said["metadata"]["id"].startswith("gen-")
    assert run.sent("invoke")[0]["temperature"] == 0.5


def test_stream_gives_text_piece_by_piece_and_its_usage_once(run: Run) -> None:
    said = run.said["stream"]
    assert said["pieces"] == ["One, ", "two."]
    assert (said["usage"]["input_tokens"], said["usage"]["output_tokens"]) == (7, 3)
    assert (said["metadata"]["finish_reason"], said["metadata"]["cost"]) == ("stop", 0.000013)


def test_bound_tools_are_called_and_their_results_answered(run: Run) -> None:
    call = {"name": "get_weather", "args": {"city": "Oslo"}, "id": "call_1"}
    assert run.said["tools"]["first"]["tool_calls"] == [call]
    assert run.said["tools"]["second"]["content"] == "Twelve degrees."
    asked, answered = run.sent("tools")
    assert asked["tools"][0]["function"]["parameters"]["required"] == ["city"]
    assert answered["messages"][-1] == {"role": "tool", "tool_call_id": "call_1", "content": "Oslo: 12 °C"}
    assert run.said["streamed tools"]["tool_calls"] == [call]


def test_structured_output_comes_by_function_and_by_schema(run: Run) -> None:
    assert run.said["by function"] == run.said["by schema"] == {"name": "Ada", "age": 36}
    assert run.sent("by function")[0]["tool_choice"]["function"]["name"] == "Person"
    assert run.sent("by schema")[0]["response_format"]["json_schema"]["name"] == "Person"


def test_reasoning_is_beside_the_text(run: Run) -> None:
    said = run.said["reasoning"]
    assert (said["content"], said["reasoning"]) == ("42", "Six times seven.")
    assert said["usage"]["output_token_details"]["reasoning"] == 6
    assert run.sent("reasoning")[0]["reasoning_effort"] == "low"


def test_refusals_are_the_typed_errors_of_the_sdk_below(run: Run) -> None:
    assert run.said["rate limit"] == {"class": "TooManyRequestsResponseError", "status": 429}
    assert run.said["bad request"] == {"class": "BadRequestResponseError", "status": 400}
    assert run.said["unknown key"] == {"class": "UnauthorizedResponseError", "status": 401}
    assert run.sent("unknown key") == []
