"""What a server that speaks Anthropic's format says: bodies and events, as plain dictionaries."""

from collections.abc import Sequence

import msgspec

from tests.fakes.openai_chat import Json
from tests.fakes.replies import Ending, Reply, body, sse

TEXT: Json = {"type": "text", "text": "It is 7 °C."}
THINKING: Json = {"type": "thinking", "thinking": "Oslo is cold.", "signature": "EqQBCkgIARAB+/=="}
CALL: Json = {"type": "tool_use", "id": "toolu_01", "name": "get_temp", "input": {"city": "Oslo"}}

_GROWTH = {"text": "text_delta", "thinking": "thinking_delta"}


def usage(prompt: int = 10, completion: int = 5, *, cached: int = 0, written: int = 0) -> Json:
    """The counts beside each other, as this format has them: `prompt` is the rest."""
    return {
        "input_tokens": prompt,
        "cache_read_input_tokens": cached,
        "cache_creation_input_tokens": written,
        "output_tokens": completion,
        "service_tier": "standard",
    }


def message(content: Sequence[Json], *, stop: str | None = "end_turn", used: Json | None = None) -> Json:
    """A whole answer."""
    return {
        "id": "msg_01",
        "type": "message",
        "role": "assistant",
        "model": "claude-fake",
        "content": list(content),
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": used or usage(),
    }


def answer(*content: Json, stop: str = "end_turn", used: Json | None = None) -> Reply:
    """A whole answer as a reply."""
    return body(message(content, stop=stop, used=used))


def stream(*content: Json, stop: str = "end_turn", used: Json | None = None) -> Reply:
    """The same answer, streamed."""
    return sse([event(one) for one in events(content, stop=stop, used=used)])


def cut_stream(*content: Json, events_sent: int, ending: Ending = "reset") -> Reply:
    """A stream that breaks off after so many events."""
    return sse([event(one) for one in events(content)[:events_sent]], ending=ending)


def error_in_stream(*content: Json, kind: str, text: str) -> Reply:
    """A stream that ends with an `error` event after its content."""
    failure: Json = {"type": "error", "error": {"type": kind, "message": text}}
    return sse([event(one) for one in [*events(content)[:-2], failure]])


def refusal(status: int, kind: str, text: str) -> Reply:
    """An error answer."""
    return body({"type": "error", "error": {"type": kind, "message": text}}, status=status)


def event(payload: Json) -> bytes:
    """One event with its name."""
    return b"event: %s\ndata: %s\n\n" % (str(payload["type"]).encode(), msgspec.json.encode(payload))


def events(content: Sequence[Json], *, stop: str = "end_turn", used: Json | None = None) -> list[Json]:
    """All events of a streamed answer; each text in two pieces."""
    counted = used or usage()
    start = message([], stop=None, used={**counted, "output_tokens": 1})
    told: list[Json] = [{"type": "message_start", "message": start}, {"type": "ping"}]
    for index, block in enumerate(content):
        told += _block_events(index, block)
    end = {"stop_reason": stop, "stop_sequence": None}
    told.append({"type": "message_delta", "delta": end, "usage": {"output_tokens": counted["output_tokens"]}})
    return [*told, {"type": "message_stop"}]


def _block_events(index: int, block: Json) -> list[Json]:
    kind = str(block["type"])
    empty = {"text": "", "thinking": "", "signature": "", "input": {}}
    opened = {name: empty.get(name, value) for name, value in block.items()}
    deltas: list[Json] = []
    if "input" in block:
        written = msgspec.json.encode(block["input"]).decode()
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in ("", written[:5], written[5:])]
    elif kind in _GROWTH:
        said = str(block[kind])
        deltas = [{"type": _GROWTH[kind], kind: piece} for piece in (said[:3], said[3:])]
    if "signature" in block:
        deltas.append({"type": "signature_delta", "signature": block["signature"]})
    return [
        {"type": "content_block_start", "index": index, "content_block": opened},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]
