"""Every answer of an Instance as it left it, checked for the shapes that strict clients insist on (tests/shapes.py).

tap = Tap()
async with Instance(home, endpoints=[...], wrap=tap) as instance: ...
assert tap.problems() == []
"""

import json
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests import shapes


@dataclass
class Answer:
    """One answer, in the order of the requests."""

    path: str
    status: int = 0
    content_type: str = ""
    body: bytearray = field(default_factory=bytearray)
    ended: bool = False
    abandoned: bool = False
    """The client left before the end: nobody reads what is written after that."""

    def problems(self) -> list[str]:
        """What is wrong with a chat answer or with any error; other good answers have no rule here."""
        if self.abandoned:
            return []
        is_chat = self.path.endswith("/chat/completions")
        if self.status >= 400:
            return shapes.error_body(json.loads(self.body))
        if is_chat and self.content_type.startswith("text/event-stream"):
            return shapes.chat_stream(bytes(self.body))
        return shapes.chat_body(json.loads(self.body)) if is_chat else []


class Tap:
    """Give it to `Instance(wrap=...)`; it stands between the application and the socket."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []

    def __call__(self, app: ASGIApp) -> ASGIApp:
        async def tapped(scope: Scope, receive: Receive, send: Send) -> None:
            answer = Answer(scope["path"])
            self.answers.append(answer)

            async def noting(message: Message) -> None:
                if message["type"] == "http.response.start":
                    answer.status = message["status"]
                    answer.content_type = dict(message["headers"]).get(b"content-type", b"").decode()
                else:
                    answer.body += message.get("body", b"")
                    answer.ended = not message.get("more_body", False)
                await send(message)

            async def watching() -> Message:
                message = await receive()
                if message["type"] == "http.disconnect" and not answer.ended:
                    answer.abandoned = True
                return message

            await app(scope, watching, noting)

        return tapped

    def problems(self) -> list[tuple[str, list[str]]]:
        """(path, what is wrong) of each answer with a fault."""
        return [(answer.path, found) for answer in self.answers if (found := answer.problems())]
