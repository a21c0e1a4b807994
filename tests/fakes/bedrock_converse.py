"""What a server that speaks Bedrock's Converse says: bodies, and events in the vendor's binary frames."""

import struct
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from tests.fakes.openai_chat import Json
from tests.fakes.replies import Ending, Reply, body, sse

TEXT: Json = {"text": "It is 7 °C."}
THINKING: Json = {"reasoningContent": {"reasoningText": {"text": "Oslo is cold.", "signature": "EqQBCkgIARAB+/=="}}}
CALL: Json = {"toolUse": {"toolUseId": "tooluse_01", "name": "get_temp", "input": {"city": "Oslo"}}}


def usage(prompt: int = 10, completion: int = 5, *, cached: int = 0, written: int = 0) -> Json:
    """The counts beside each other, as this format has them: `prompt` is the rest."""
    return {
        "inputTokens": prompt,
        "outputTokens": completion,
        "cacheReadInputTokens": cached,
        "cacheWriteInputTokens": written,
        "totalTokens": prompt + completion + cached + written,
    }


def answer(*content: Mapping[str, Any], stop: str = "end_turn", used: Json | None = None) -> Reply:
    """A whole answer as a reply."""
    message = {"role": "assistant", "content": list(content)}
    return body({"output": {"message": message}, "stopReason": stop, "usage": used or usage()})


def stream(*content: Mapping[str, Any], stop: str = "end_turn", used: Json | None = None) -> Reply:
    """The same answer, streamed."""
    return sse(frames(content, stop=stop, used=used))


def cut_stream(*content: Mapping[str, Any], frames_sent: int, ending: Ending = "reset") -> Reply:
    """A stream that breaks off after so many frames and half of the next one."""
    sent = frames(content)
    half = sent[frames_sent][: len(sent[frames_sent]) // 2]
    return sse([*sent[:frames_sent], half], ending=ending)


def exception_in_stream(*content: Mapping[str, Any], kind: str, text: str) -> Reply:
    """A stream that ends with an exception after its content."""
    failure = frame({":message-type": "exception", ":exception-type": kind}, {"message": text})
    return sse([*frames(content)[:-2], failure])


def refusal(status: int, kind: str, text: str) -> Reply:
    """An error answer."""
    return body({"message": text}, status=status, headers={"x-amzn-errortype": f"{kind}:http://internal.test/coral/"})


def frame(headers: Mapping[str, str], payload: Mapping[str, Any] | bytes) -> bytes:
    """One message of an event stream, with its checksums."""
    told = {":content-type": "application/json", **headers}
    head = b"".join(
        struct.pack(">B", len(name)) + name.encode() + struct.pack(">BH", 7, len(value)) + value.encode()
        for name, value in told.items()
    )
    data = payload if isinstance(payload, bytes) else msgspec.json.encode(payload)
    prelude = struct.pack(">II", 16 + len(head) + len(data), len(head))
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + head + data
    return message + struct.pack(">I", zlib.crc32(message))


def event(kind: str, payload: Mapping[str, Any]) -> bytes:
    return frame({":message-type": "event", ":event-type": kind}, {**payload, "p": "abc"})


def frames(content: Sequence[Mapping[str, Any]], *, stop: str = "end_turn", used: Json | None = None) -> list[bytes]:
    """All frames of a streamed answer; each text in two pieces."""
    sent = [event("messageStart", {"role": "assistant"})]
    for index, block in enumerate(content):
        sent += _block_frames(index, block)
    sent.append(event("messageStop", {"stopReason": stop}))
    return [*sent, event("metadata", {"usage": used or usage(), "metrics": {"latencyMs": 7}})]


def _block_frames(index: int, block: Mapping[str, Any]) -> list[bytes]:
    deltas: list[Mapping[str, Any]] = []
    sent: list[bytes] = []
    match block:
        case {"toolUse": {"toolUseId": identifier, "name": name, "input": arguments}}:
            start = {"toolUse": {"toolUseId": identifier, "name": name}}
            sent.append(event("contentBlockStart", {"contentBlockIndex": index, "start": start}))
            written = msgspec.json.encode(arguments).decode()
            deltas = [{"toolUse": {"input": piece}} for piece in ("", written[:5], written[5:])]
        case {"reasoningContent": {"reasoningText": {"text": str(text), "signature": signature}}}:
            deltas = [{"reasoningContent": {"text": piece}} for piece in (text[:3], text[3:])]
            deltas.append({"reasoningContent": {"signature": signature}})
        case {"text": str(text)}:
            deltas = [{"text": piece} for piece in (text[:3], text[3:])]
        case other:
            deltas = [other]
    sent += [event("contentBlockDelta", {"contentBlockIndex": index, "delta": delta}) for delta in deltas]
    return [*sent, event("contentBlockStop", {"contentBlockIndex": index})]
