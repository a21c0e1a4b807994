"""What a FakeProvider can be told to do with a request. Combine freely:

    provider.then(answer("Hi"))
    provider.then(stream(["He", "llo"], used=usage(12, 2, cached=8)))
    provider.then(stream(["He", silence, "llo"]))        # an asyncio.Event in the list: the test ends the silence
    provider.then(status=429, retry_after=1)
    provider.then(break_after(1, how="reset"))
    provider.then(trickle(answer("Hi")))                 # byte by byte
    provider.then(closing(stream(["Hi"])))               # `connection: close`

A `Reply` is any coroutine function that takes a `Call`; write your own when these do not say it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Literal, Protocol

import msgspec

from tests.fakes import openai_chat
from tests.fakes.openai_chat import Json, usage

Ending = Literal["keep", "close", "reset", "hang"]
"""After the bytes: keep the connection for another request, FIN, RST, or stay silent with the connection open."""

Item = str | bytes | Mapping[str, object] | asyncio.Event
"""Of a stream: content, raw SSE text (`b": comment\\n\\n"`), a whole delta, or a silence that the test ends."""

_REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 429: "Too Many Requests", 503: "Service Unavailable"}
_ERROR_TYPES = {400: "invalid_request_error", 401: "authentication_error", 429: "rate_limit_error"}


class Call(Protocol):
    """One request at the server, with the raw connection in hand."""

    @property
    def path(self) -> str: ...

    @property
    def json(self) -> Json:
        """The request's body; `{}` if it was no JSON object."""
        ...

    async def send(self, data: bytes) -> None:
        """Bytes onto the socket, waiting while the client does not read."""
        ...

    def end(self, ending: Ending) -> None: ...

    def slow_down(self) -> None:
        """From now on every byte is sent by itself."""
        ...


Reply = Callable[[Call], Awaitable[None]]

HELLO: Sequence[Item] = ("Hello", ", ", "world", "!")


def head(
    status: int = 200, headers: Mapping[str, str] | None = None, *, length: int | None = None, chunked: bool = False
) -> bytes:
    """A response head as bytes."""
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Whatever')}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if length is not None:
        lines.append(f"content-length: {length}")
    if chunked:
        lines.append("transfer-encoding: chunked")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def chunked(data: bytes) -> bytes:
    """One chunk of the chunked transfer coding; `b""` is the last."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def event(payload: object) -> bytes:
    """One SSE event with a JSON payload."""
    return b"data: " + msgspec.json.encode(payload) + b"\n\n"


# Whole answers


def body(
    content: bytes | str | object,
    *,
    status: int = 200,
    content_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """Any whole answer; what is neither bytes nor text is sent as JSON."""
    if isinstance(content, str):
        data = content.encode()
    else:
        data = content if isinstance(content, bytes) else msgspec.json.encode(content)

    async def reply(call: Call) -> None:
        await call.send(head(status, {"content-type": content_type, **(headers or {})}, length=len(data)) + data)

    return reply


def answer(
    text: str | None = "Hello, world!",
    *,
    used: Json | None = None,
    finish: str | None = "stop",
    model: str | None = None,
    id: str = "chatcmpl-fake",
    headers: Mapping[str, str] | None = None,
    **message: object,
) -> Reply:
    """A chat completion. Further keywords go into the message: `tool_calls=[function_call(...)]`, `refusal=…`."""

    async def reply(call: Call) -> None:
        name = model or str(call.json.get("model", "fake-1"))
        whole = openai_chat.completion(text, model=name, id=id, finish=finish, used=used or usage(), message=message)
        await body(whole, headers=headers)(call)

    return reply


def failure(
    status: int, *, retry_after: float | None = None, content: object = None, headers: Mapping[str, str] | None = None
) -> Reply:
    """An error in OpenAI's shape, unless `content` says otherwise."""
    shape = {"error": {"message": f"fake {status}", "type": _ERROR_TYPES.get(status, "server_error"), "code": None}}
    extra = {} if retry_after is None else {"retry-after": f"{retry_after:g}"}
    return body(shape if content is None else content, status=status, headers={**(headers or {}), **extra})


def html_page(status: int = 502) -> Reply:
    """What a load balancer says in a provider's stead."""
    page = f"<html><head><title>{status}</title></head><body><h1>{status}</h1><hr>nginx</body></html>"
    return body(page, status=status, content_type="text/html")


def raw(data: bytes, *, ending: Ending = "close") -> Reply:
    """Exactly these bytes, head and all."""

    async def reply(call: Call) -> None:
        await call.send(data)
        call.end(ending)

    return reply


def garbage() -> Reply:
    """Something that is not HTTP."""
    return raw(b"\x16\x03\x01 SSH-2.0-OpenSSH_9.2\r\n\x00\xff\xfe\r\n\r\n")


# Streams


def stream(
    items: Sequence[Item] = HELLO,
    *,
    used: Json | None = None,
    finish: str | None = "stop",
    pause_s: float = 0.0,
    done: bool = True,
    send_usage: bool | None = None,
    model: str | None = None,
    id: str = "chatcmpl-fake",
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """A streamed chat completion: role, `items`, the finish reason, usage, `[DONE]`.

    Usage is sent when the request asked for it (`stream_options.include_usage`); `send_usage` decides otherwise.
    """

    async def reply(call: Call) -> None:
        name = model or str(call.json.get("model", "fake-1"))
        await _open_stream(call, headers)
        await call.send(chunked(event(openai_chat.chunk({"role": "assistant", "content": ""}, model=name, id=id))))
        await _send_items(call, items, pause_s, name, id)
        ending = b""
        if finish is not None:
            ending += event(openai_chat.chunk({}, model=name, id=id, finish=finish))
        if _asked_for_usage(call.json) if send_usage is None else send_usage:
            ending += event(openai_chat.usage_chunk(used or usage(), model=name, id=id))
        if done:
            ending += b"data: [DONE]\n\n"
        await call.send((chunked(ending) if ending else b"") + chunked(b""))

    return reply


def sse(pieces: Sequence[bytes | asyncio.Event], *, ending: Ending = "keep", status: int = 200) -> Reply:
    """A stream of any protocol: each piece one chunk on the wire, as it is. For recorded traffic."""

    async def reply(call: Call) -> None:
        await _open_stream(call, None, status)
        for piece in pieces:
            if isinstance(piece, asyncio.Event):
                await piece.wait()
            else:
                await call.send(chunked(piece))
        if ending == "keep":
            await call.send(chunked(b""))
        call.end(ending)

    return reply


def no_finish_reason(items: Sequence[Item] = HELLO) -> Reply:
    """A stream that ends properly but never says why the model stopped."""
    return stream(items, finish=None)


def no_done(items: Sequence[Item] = HELLO) -> Reply:
    """A stream that ends without `[DONE]`."""
    return stream(items, done=False)


def break_after(count: int, items: Sequence[Item] = HELLO, *, how: Literal["close", "reset"] = "reset") -> Reply:
    """The first `count` items of a stream, then the connection breaks in the middle of the body."""
    return _cut_stream(count, items, how)


def stall_after(count: int, items: Sequence[Item] = HELLO) -> Reply:
    """The first `count` items of a stream, then silence until the client leaves."""
    return _cut_stream(count, items, "hang")


def _cut_stream(count: int, items: Sequence[Item], ending: Ending) -> Reply:
    async def reply(call: Call) -> None:
        name = str(call.json.get("model", "fake-1"))
        await _open_stream(call, None)
        await _send_items(call, items[:count], 0.0, name, "chatcmpl-fake")
        call.end(ending)

    return reply


async def _open_stream(call: Call, headers: Mapping[str, str] | None, status: int = 200) -> None:
    await call.send(head(status, {"content-type": "text/event-stream", **(headers or {})}, chunked=True))


async def _send_items(call: Call, items: Sequence[Item], pause_s: float, model: str, id: str) -> None:
    for item in items:
        if isinstance(item, asyncio.Event):
            await item.wait()
            continue
        if pause_s:
            await asyncio.sleep(pause_s)
        if isinstance(item, bytes):
            await call.send(chunked(item))
        else:
            delta = {"content": item} if isinstance(item, str) else item
            await call.send(chunked(event(openai_chat.chunk(delta, model=model, id=id))))


def _asked_for_usage(request: Json) -> bool:
    return request.get("stream_options") == {"include_usage": True}


# Behaviour around a reply


def stall_before_head(until: asyncio.Event | None = None, reply: Reply | None = None) -> Reply:
    """Not a byte until `until` is set (None: until the client leaves), then `reply` (None: a plain answer)."""

    async def stalled(call: Call) -> None:
        await (until or asyncio.Event()).wait()
        await (reply or answer())(call)

    return stalled


def trickle(reply: Reply) -> Reply:
    """`reply`, every byte by itself."""

    async def slowly(call: Call) -> None:
        call.slow_down()
        await reply(call)

    return slowly


def closing(reply: Reply) -> Reply:
    """`reply`, then FIN although nothing announced it."""

    async def last(call: Call) -> None:
        await reply(call)
        call.end("close")

    return last


def like_openai(call: Call) -> Awaitable[None]:
    """The default: a model list, or a chat completion as the request asks for it."""
    if call.path.partition("?")[0].endswith("/models"):
        return body({"object": "list", "data": [{"id": "fake-1", "object": "model", "owned_by": "fake"}]})(call)
    return (stream() if call.json.get("stream") else answer())(call)
