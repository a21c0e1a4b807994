"""A model that says one text, at several upstreams: each breaks off where it is told to, and goes on from a prefill.

What it is given as the beginning of its answer it checks, and keeps in `given`: a beginning that is not that of its
text is answered with 400.
"""

from collections.abc import Callable

from tests.fakes import openai_chat
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Call, _open_stream, _send_items, chunked, event, failure

TEXT = "The quick brown fox\njumps over\n\n  the lazy dog, and is gone. Ünïcode 🦊 too."
PIECES = tuple(TEXT[start : start + 5] for start in range(0, len(TEXT), 5))
PROMPT_TOKENS = 20


class OneVoice:
    """`breaks_after`: characters that this upstream says of the text before its connection breaks; None: all."""

    def __init__(self, *, breaks_after: int | None = None, repeats: bool = False, text: str = TEXT) -> None:
        self.provider = FakeProvider().always(self._reply)
        self.breaks_after = breaks_after
        self.given: list[str] = []
        self.bodies: list[dict[str, object]] = []
        self.repeats = repeats
        self._text = text
        self.before_each: Callable[[Call], None] | None = None

    async def _reply(self, call: Call) -> None:
        body = dict(call.json)
        self.bodies.append(body)
        messages = body["messages"]
        assert isinstance(messages, list)
        last = messages[-1]
        given = str(last["content"]) if last["role"] == "assistant" else ""
        self.given.append(given)
        if not self._text.startswith(given):
            await failure(400)(call)
            return
        if self.before_each is not None:
            self.before_each(call)
        rest = self._text if self.repeats else self._text[len(given) :]
        is_cut = self.breaks_after is not None
        said = rest[: self.breaks_after]
        model, id = str(body.get("model")), f"chatcmpl-{len(given)}"
        await _open_stream(call, None)
        await _send_items(call, [said[at : at + 5] for at in range(0, len(said), 5)], 0.0, model, id)
        if is_cut:
            call.end("reset")
            return
        used = openai_chat.usage(PROMPT_TOKENS + len(given), len(rest))
        await call.send(chunked(event(openai_chat.chunk({}, model=model, id=id, finish="stop"))))
        await call.send(chunked(event(openai_chat.usage_chunk(used, model=model, id=id))))
        await call.send(chunked(b"data: [DONE]\n\n") + chunked(b""))
