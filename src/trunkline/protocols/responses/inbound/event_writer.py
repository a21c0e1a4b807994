"""The events of a Responses stream, to the byte (inference.md 17.4): framed and numbered without gaps.

Each has an `event:` line that repeats its type, as OpenAI's own have: every client that is known to read this API
takes both kinds (docs/develop/decisions/0015-responses.md).
"""

from typing import Final

from trunkline.protocols.lenient_json import quoted
from trunkline.protocols.sse import named_event

_END: Final = b"}\n\n"


class EventWriter:
    """Numbers the events of one answer from 0."""

    __slots__ = ("_number",)

    def __init__(self) -> None:
        self._number = 0

    def event(self, type: str, members: bytes) -> bytes:
        """One event; `members` is JSON without the braces."""
        payload = b'{"type":"%b",%b,"sequence_number":%d}' % (type.encode("ascii"), members, self.take_number())
        return named_event(type, payload)

    def delta(self, head: bytes, text: str, tail: bytes) -> bytes:
        """One of many events that differ in a text only: `head` is `delta_head`'s, `tail` ends before the number."""
        return b"%b%b%b%d%b" % (head, quoted(text), tail, self.take_number(), _END)

    def take_number(self) -> int:
        """The next number, for an event that is written elsewhere."""
        number = self._number
        self._number = number + 1
        return number


def delta_head(type: str, members: bytes) -> bytes:
    """What stands before the text in every delta of one part."""
    name = type.encode("ascii")
    return b'event: %b\ndata: {"type":"%b",%b,"delta":' % (name, name, members)


PLAIN_TAIL: Final = b',"sequence_number":'
TEXT_TAIL: Final = b',"logprobs":[],"sequence_number":'
