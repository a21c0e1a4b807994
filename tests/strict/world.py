"""Nine providers behind one instance, each as strict as the real one, and a script that takes a conversation to all."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from tests.instance import Instance, endpoint
from tests.strict.anthropic_messages import ClaudesThoughts, StrictMessages
from tests.strict.bedrock_converse import StrictConverse
from tests.strict.gemini import GeminisSignatures, StrictGemini
from tests.strict.openai_chat import StrictDeepSeek, StrictMistral
from tests.strict.openai_responses import StrictResponses
from tests.strict.upstream import Json, Move, StrictUpstream
from tests.strict.vertex import StrictVertexClaude, StrictVertexGemini

MOVES = (
    *(Move(1, calls=2), Move(2, "And once more.", calls=1), Move(3, calls=1), Move(4, calls=2), Move(5, "Here it is.")),
    *(Move(6, calls=1), Move(7, "That makes five."), Move(8, "You are welcome."), Move(9, "Yes."), Move(10, calls=3)),
    *(
        Move(11, "So many."),
        Move(12, "Nearly there.", calls=2),
        Move(13, calls=1),
        Move(14, "Done."),
        Move(15, "Sure."),
    ),
    *(Move(16, "Again.", calls=1), Move(17, "Well."), Move(18, calls=2), Move(19, calls=1), Move(20, "There.")),
    *(Move(21, "So it is."), Move(22, "Yes."), Move(23, "One more.", calls=1), Move(24, calls=2), Move(25, calls=1)),
    *(Move(26, "Fine."), Move(27, calls=1), Move(28, "That was all."), Move(29, "Good-bye.")),
)
"""Tool loops that stay open over several providers, and turns of one answer. Whoever is first, each of the nine is
once asked outside a loop that another one opened."""


class World:
    """Nine providers behind one instance, in the order in which they are asked."""

    def __init__(self) -> None:
        claude: ClaudesThoughts = []
        gemini: GeminisSignatures = {}
        self.upstreams: tuple[StrictUpstream, ...] = (
            StrictResponses("openai", "gpt-5.2"),
            StrictMessages(claude),
            StrictGemini(gemini),
            StrictDeepSeek(),
            StrictMistral(),
            StrictVertexGemini(gemini),
            StrictConverse(claude),
            StrictVertexClaude(claude),
            StrictResponses("azure", "gpt-5.2-azure"),
        )
        self.instance: Instance


@asynccontextmanager
async def open_world(home: Path) -> AsyncIterator[World]:
    """All of them running; the books are right in the end."""
    made = World()
    async with AsyncExitStack() as stack:
        entries: list[Json] = []
        for upstream in made.upstreams:
            await stack.enter_async_context(upstream.provider)
            name = f"acme/{upstream.model}"
            entries.append(endpoint(name, upstream.provider, upstream.slug, protocol=upstream.protocol))
        made.instance = await stack.enter_async_context(Instance(home, endpoints=entries))
        yield made
        assert await made.instance.audit() == []
