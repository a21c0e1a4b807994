"""`openai-agents`, unmodified, in its own environment: tool loops whole and streamed, a second turn, an object."""

import asyncio
import json
from pathlib import Path

import pytest

from tests.e2e.clients.responses_front import CALL, MODEL, SPEAKERS, WORDS, open_front
from tests.instance import KEY
from tests.speakers import Saying

PYTHON = Path(__file__).resolve().parents[3] / ".venv-openai-agents" / "bin" / "python"
CLIENT = Path(__file__).with_name("openai_agents_client.py")

pytestmark = pytest.mark.skipif(not PYTHON.is_file(), reason="scripts/test has not made .venv-openai-agents")


@pytest.mark.parametrize("protocol", SPEAKERS)
async def test_an_agent_runs_its_tools_whole_and_streamed(tmp_path: Path, protocol: str) -> None:
    async with open_front(tmp_path, protocol) as front:
        for saying in (CALL, WORDS, Saying("Yes.")):
            front.will_say(saying)
        for saying in (CALL, WORDS):
            front.will_say(saying, stream=True)
        front.will_say(Saying('{"name":"Ada","age":36}'))
        process = await asyncio.create_subprocess_exec(
            *(str(PYTHON), str(CLIENT), front.instance.base_url, KEY, MODEL),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, errors = await asyncio.wait_for(process.communicate(), 120)
        assert process.returncode == 0, errors.decode()
        heard = [front.speaker.hear(request) for request in front.provider.requests]
    assert json.loads(out) == {
        "loop": "It is cold.",
        "again": "Yes.",
        "streamed": "It is cold.",
        "deltas": "It is cold.",
        "parsed": {"name": "Ada", "age": 36},
        "tokens": 38,
    }
    assert [one.tools for one in heard[:2]] == [("get_weather",), ("get_weather",)]
    assert "-3 °C" in front.provider.requests[1].body.decode()
