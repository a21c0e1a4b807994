"""A gateway for clients of the Responses API, in front of a provider of each of four formats."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.fakes.provider import FakeProvider
from tests.instance import Instance, endpoint
from tests.speakers import Saying, Speaker
from tests.speakers.chat import ChatSpeaker
from tests.speakers.gemini import GeminiSpeaker
from tests.speakers.messages import MessagesSpeaker
from tests.speakers.responses import ResponsesSpeaker

MODEL = "acme/rocket"
SPEAKERS: dict[str, tuple[Speaker, str]] = {
    "openai-chat": (ChatSpeaker("openai-chat"), "acme"),
    "openai-responses": (ResponsesSpeaker(), "openai"),
    "anthropic-messages": (MessagesSpeaker("anthropic-messages"), "anthropic"),
    "google-gemini": (GeminiSpeaker("google-gemini"), "google-ai-studio"),
}
CALL = Saying(reasoning="It asks for Oslo.", calls=(("call_0001a", "get_weather", {"city": "Oslo"}),))
WORDS = Saying("It is cold.", reasoning="Oslo is cold.")


@dataclass(frozen=True)
class Front:
    """The gateway, and the provider behind it."""

    instance: Instance
    speaker: Speaker
    provider: FakeProvider

    def will_say(self, saying: Saying, *, stream: bool = False) -> None:
        self.provider.then(self.speaker.stream(saying) if stream else self.speaker.whole(saying))


@asynccontextmanager
async def open_front(home: Path, protocol: str) -> AsyncIterator[Front]:
    """Running; its books are right in the end."""
    speaker, slug = SPEAKERS[protocol]
    async with AsyncExitStack() as stack:
        provider = await stack.enter_async_context(FakeProvider())
        entry = endpoint(MODEL, provider, slug, protocol=protocol)
        instance = await stack.enter_async_context(Instance(home, endpoints=[entry]))
        yield Front(instance, speaker, provider)
        assert await instance.audit() == []
