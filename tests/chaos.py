"""Upstreams that fail at random, and remember what they did to whom.

Every request of a test carries a number of its own, `#17#`, in its text. A `Troublemaker` answers it rightly or, in
`TROUBLE_RATIO` of the attempts, badly in one of the ways of `FATES`; which, is in `fates` afterwards. The dice are
seeded, yet what the gateway asks of them comes in the order of the moment: a run is like the last, not the same.
"""

import asyncio
import json
import random
import re
from collections import defaultdict

from tests.fakes.provider import FakeProvider
from tests.fakes.replies import Call, Reply, body, garbage, head, html_page, raw, sse, stall_before_head, trickle
from tests.speakers import Saying, Speaker

TROUBLE_RATIO = 0.3
TRICKLE_RATIO = 0.05
"""Of the good answers: they come byte by byte."""
FATES = (
    *("reset before head", "stall before head", "stall after head", "break before content", "break mid-stream"),
    *("429", "429 without hint", "500", "503", "not HTTP", "a page", "empty answer"),
)
REFUSED_S = 0.02
LISTENING_S = 0.3
"""How long nobody listens at one provider, and how long everybody does in between."""
_NUMBER = re.compile(r"#(\d+)#")


class Troublemaker:
    """One endpoint's server, in one upstream format."""

    TROUBLE_RATIO = TROUBLE_RATIO
    FATES = FATES

    def __init__(self, name: str, speaker: Speaker, dice: random.Random) -> None:
        self.name = name
        self.speaker = speaker
        self.fates: defaultdict[int, list[str]] = defaultdict(list)
        """Request number → what was done to its attempts here, in order; "good" among them."""
        self.provider = FakeProvider().always(self._reply)
        self._dice = dice

    def saying(self, number: int, call: Call | None = None) -> Saying:
        """What it answers to a request: names itself, and counts tokens that tell requests apart."""
        return Saying(f"Answer {number} of {self.name}.", prompt_tokens=10 + number % 90, completion_tokens=5)

    async def _reply(self, call: Call) -> None:
        asked = _NUMBER.search(json.dumps(call.json))
        assert asked is not None
        number = int(asked[1])
        fate = self._dice.choice(self.FATES) if self._dice.random() < self.TROUBLE_RATIO else "good"
        is_stream = call.json.get("stream") is True
        if fate == "break mid-stream" and not is_stream:
            fate = "break before content"
        self.fates[number].append(fate)
        saying = self.saying(number, call)
        await (self._good(saying, is_stream) if fate == "good" else self._bad(fate, saying, is_stream))(call)

    def _good(self, saying: Saying, is_stream: bool) -> Reply:
        reply = self.speaker.stream(saying) if is_stream else self.speaker.whole(saying)
        return trickle(reply) if self._dice.random() < TRICKLE_RATIO else reply

    def _bad(self, fate: str, saying: Saying, is_stream: bool) -> Reply:
        promised = head(200, {"content-type": "application/json"}, length=500)
        replies = {
            "reset before head": raw(b"", ending="reset"),
            "stall before head": stall_before_head(),
            "stall after head": sse([], ending="hang") if is_stream else raw(promised, ending="hang"),
            "break before content": sse([b": wait\n\n"], ending="reset") if is_stream else raw(promised + b'{"id'),
            "break mid-stream": self.speaker.cut(saying),
            "429": self._rate_limit(),
            "429 without hint": self.speaker.refusal(429, "Slow down."),
            "500": self.speaker.refusal(500, "Oops."),
            "503": self.speaker.refusal(503, "Busy."),
            "not HTTP": garbage(),
            "a page": html_page(200),
            "empty answer": sse([]) if is_stream else body({}),
        }
        return replies[fate]

    def _rate_limit(self) -> Reply:
        shape = {"error": {"message": "Slow down.", "type": "rate_limit_error"}}
        return body(shape, status=429, headers={"retry-after": str(self._dice.randrange(1, 30))})


async def refuse_now_and_then(troublemakers: list[Troublemaker], dice: random.Random) -> None:
    """For ever: one after the other stops to listen for a moment."""
    while True:
        await asyncio.sleep(LISTENING_S)
        await dice.choice(troublemakers).provider.refuse_for(REFUSED_S)


class GoingOn(Troublemaker):
    """Every one of them says the same text to a request, and goes on from the beginning that it is given.

    It fails in half of its attempts, and nearly always by breaking in mid-stream.
    """

    TROUBLE_RATIO = 0.5
    FATES = ("break mid-stream", "break mid-stream", "break mid-stream", "503")

    @staticmethod
    def text_of(number: int) -> str:
        """What everybody says."""
        return f"Answer {number},\n  said by whoever is asked, one after the other."

    def saying(self, number: int, call: Call | None = None) -> Saying:
        """What is left to say to it."""
        whole, given = self.text_of(number), "" if call is None else _beginning(call)
        assert whole.startswith(given), f"{given!r} is no beginning of {whole!r}"
        return Saying(whole[len(given) :], prompt_tokens=10 + number % 90 + len(given), completion_tokens=5)


def _beginning(call: Call) -> str:
    """The text of a last message of the assistant."""
    messages = call.json["messages"]
    assert isinstance(messages, list)
    if messages[-1]["role"] != "assistant":
        return ""
    content = messages[-1]["content"]
    return content if isinstance(content, str) else "".join(block["text"] for block in content)
