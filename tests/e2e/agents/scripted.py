"""A model that edits a file, step by step, in whatever format its upstream speaks."""

from collections.abc import Sequence

from tests.fakes.provider import FakeProvider, RecordedRequest
from tests.fakes.replies import Call, Reply
from tests.speakers import Json, Saying, Speaker, count

RESULTS = ("tool_result", "function_call_output", "custom_tool_call_output", "functionResponse", "toolResult")
CACHES = "/cachedContents"
TASK = "Replace the word hello by goodbye in greeting.txt."
BEFORE, AFTER = "hello world\n", "goodbye world\n"
DONE = "The greeting says goodbye now."


def results_in(body: Json) -> int:
    """How many results of tools a request brings."""
    told = sum(count(body, kind) for kind in RESULTS)
    return told + sum(message.get("role") == "tool" for message in body.get("messages", ()))


def offers_tools(body: Json) -> bool:
    return bool(body.get("tools") or body.get("toolConfig"))


def scripted(speaker: Speaker, steps: Sequence[Saying]) -> Reply:
    """Step by step: the next follows the result of the last. Requests without tools (for a title, say) get a word.

    It keeps no cached contents: whoever asks for one is refused and sends the prompt itself.
    """

    async def reply(call: Call) -> None:
        if call.path.endswith(CACHES):
            await speaker.refusal(404, "no cached contents here")(call)
            return
        body: Json = dict(call.json)
        saying = steps[min(results_in(body), len(steps) - 1)] if offers_tools(body) else Saying("Greeting")
        streamed = body.get("stream") or "stream" in call.path.rpartition("/")[2].lower()
        await (speaker.stream(saying) if streamed else speaker.whole(saying))(call)

    return reply


def turns(provider: FakeProvider) -> list[RecordedRequest]:
    """The requests of the task itself."""
    asked = (request for request in provider.requests if not request.path.endswith(CACHES))
    return [request for request in asked if offers_tools(dict(request.json))]
