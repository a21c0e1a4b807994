"""`openai-agents`, unmodified, in its own environment: tool loops whole and streamed, a second turn, an object."""

from pathlib import Path

import pytest

from tests.e2e.clients.apart import ask, client_of
from tests.e2e.clients.responses_front import CALL, MODEL, SPEAKERS, WORDS, open_front
from tests.speakers import Saying

APART = client_of("openai-agents")

pytestmark = APART.mark


@pytest.mark.parametrize("protocol", SPEAKERS)
async def test_an_agent_runs_its_tools_whole_and_streamed(tmp_path: Path, protocol: str) -> None:
    async with open_front(tmp_path, protocol) as front:
        for saying in (CALL, WORDS, Saying("Yes.")):
            front.will_say(saying)
        for saying in (CALL, WORDS):
            front.will_say(saying, stream=True)
        front.will_say(Saying('{"name":"Ada","age":36}'))
        said = await ask(APART, front.instance, MODEL)
        heard = [front.speaker.hear(request) for request in front.provider.requests]
    assert said == {
        "loop": "It is cold.",
        "again": "Yes.",
        "streamed": "It is cold.",
        "deltas": "It is cold.",
        "parsed": {"name": "Ada", "age": 36},
        "tokens": 38,
    }
    assert [one.tools for one in heard[:2]] == [("get_weather",), ("get_weather",)]
    assert "-3 °C" in front.provider.requests[1].body.decode()
