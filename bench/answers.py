"""What the fake upstream answers, encoded once: bytes in which only the request's number is missing."""

import json

from msgspec import Struct

from bench.work import CHUNK_TEXT, CHUNKS, NONCE_BYTES, NONCE_MARK, WHOLE_TEXT

Event = dict[str, object]
_NONCE_TEXT = NONCE_MARK.decode() + "0" * NONCE_BYTES
USAGE = {
    "prompt_tokens": 420,
    "completion_tokens": 150,
    "total_tokens": 570,
    "prompt_tokens_details": {"cached_tokens": 256},
}
MESSAGES_USAGE = {
    "input_tokens": 164,
    "cache_creation_input_tokens": 0,
    "cache_read_input_tokens": 256,
    "output_tokens": 150,
    "service_tier": "standard",
}


class Stream(Struct, frozen=True):
    """HTTP head and first frame before and after the number, the other frames with text, and the end."""

    before: bytes
    after: bytes
    frames: list[bytes]
    end: bytes


def whole_answer(model: str) -> tuple[bytes, bytes]:
    """An upstream's whole answer, before and after the number, with its HTTP head."""
    body = json.dumps(
        {
            "id": "chatcmpl-bench",
            "object": "chat.completion",
            "created": 1_780_000_000,
            "model": model,
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": "nonce:?" + WHOLE_TEXT},
                    "logprobs": None,
                    "finish_reason": "stop",
                }
            ],
            "usage": USAGE,
            "system_fingerprint": "fp_bench",
        }
    ).encode()
    before, after = body.split(b"nonce:?", 1)
    length = len(before) + len(NONCE_MARK) + NONCE_BYTES + len(after)
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % length
    return head + before + NONCE_MARK, after


def stream_frames(model: str) -> Stream:
    """A stream's HTTP head and first frame before and after the number, the other text frames, and the end."""
    frames = [_frame(_event(model, CHUNK_TEXT)) for _ in range(CHUNKS - 1)]
    end = (
        _frame(_event(model, None))
        + _frame(_event(model, None, usage=True))
        + _frame(b"data: [DONE]\n\n")
        + b"0\r\n\r\n"
    )
    return _stream(_frame(_event(model, _NONCE_TEXT)), frames, end)


def messages_frames(model: str) -> Stream:
    """The same stream as Anthropic writes it: its events before the first text and after the last go with them."""
    message: Event = {
        "id": "msg_bench",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {**MESSAGES_USAGE, "output_tokens": 1},
    }
    start: tuple[Event, ...] = (
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "ping"},
        _text_delta(_NONCE_TEXT),
    )
    stop = {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}}
    end: tuple[Event, ...] = (
        {"type": "content_block_stop", "index": 0},
        {**stop, "usage": MESSAGES_USAGE},
        {"type": "message_stop"},
    )
    frames = [_frame(_named(_text_delta(CHUNK_TEXT))) for _ in range(CHUNKS - 1)]
    return _stream(
        b"".join(_frame(_named(event)) for event in start),
        frames,
        b"".join(_frame(_named(event)) for event in end) + b"0\r\n\r\n",
    )


def _text_delta(text: str) -> Event:
    return {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}


def _named(event: Event) -> bytes:
    return f"event: {event['type']}\ndata: {json.dumps(event, separators=(',', ':'))}\n\n".encode()


def _stream(first: bytes, frames: list[bytes], end: bytes) -> Stream:
    before, _, after = first.partition(_NONCE_TEXT.encode())
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    return Stream(head + before + NONCE_MARK, after, frames, end)


def _event(model: str, text: str | None, *, usage: bool = False) -> bytes:
    delta = {} if text is None else {"content": text}
    choice = {"index": 0, "delta": delta, "finish_reason": "stop" if text is None else None}
    event = {
        "id": "chatcmpl-bench",
        "object": "chat.completion.chunk",
        "created": 1_780_000_000,
        "model": model,
        "choices": [] if usage else [choice],
        **({"usage": USAGE} if usage else {}),
    }
    return b"data: " + json.dumps(event, separators=(",", ":")).encode() + b"\n\n"


def _frame(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)
