"""What `openai-agents` makes of this gateway, as one JSON object on stdout. Run by test_openai_agents.py.

It runs in an environment of its own (.venv-openai-agents), so it imports nothing of this repository.

    python openai_agents_client.py <base url> <key> <model>
"""

import asyncio
import json
import sys
from typing import Any

from agents import Agent, ModelSettings, OpenAIResponsesModel, RunConfig, Runner, function_tool
from openai import AsyncOpenAI
from openai.types.shared import Reasoning
from pydantic import BaseModel


class Person(BaseModel):
    """A person."""

    name: str
    age: int


@function_tool
def get_weather(city: str) -> str:
    """The weather of a city."""
    return f"{city}: -3 °C"


QUIET = RunConfig(tracing_disabled=True)


def agent_of(base_url: str, key: str, model: str, **members: Any) -> Agent[None]:
    client = AsyncOpenAI(base_url=base_url, api_key=key, max_retries=0)
    settings = ModelSettings(store=False, reasoning=Reasoning(effort="low"), parallel_tool_calls=True)
    return Agent(
        name="Weather",
        instructions="Be short.",
        model=OpenAIResponsesModel(model=model, openai_client=client),
        model_settings=settings,
        **members,
    )


async def main(base_url: str, key: str, model: str) -> dict[str, Any]:
    agent = agent_of(base_url, key, model, tools=[get_weather])
    loop = await Runner.run(agent, "Oslo?", run_config=QUIET)
    again = await Runner.run(agent, [*loop.to_input_list(), {"role": "user", "content": "Sure?"}], run_config=QUIET)
    running = Runner.run_streamed(agent, "Oslo?", run_config=QUIET)
    raw = [event.data async for event in running.stream_events() if event.type == "raw_response_event"]
    deltas = [data.delta for data in raw if data.type == "response.output_text.delta"]
    parsed = await Runner.run(agent_of(base_url, key, model, output_type=Person), "Who?", run_config=QUIET)
    return {
        "loop": loop.final_output,
        "again": again.final_output,
        "streamed": running.final_output,
        "deltas": "".join(deltas),
        "parsed": parsed.final_output.model_dump(),
        "tokens": loop.context_wrapper.usage.total_tokens,
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(*sys.argv[1:4]))))
