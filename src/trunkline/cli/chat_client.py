"""A small blocking client of a Trunkline's chat API, for the terminal: one connection for each answer, no library."""

import http.client
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Raw, Struct

from trunkline.protocols.sse import SseParser

_TIMEOUT_S = 600.0
_READ_BYTES = 65_536
_ERROR_BYTES_MAX = 65_536
_EMPTY = Raw(b"")


class Message(Struct, frozen=True):
    """One turn of the conversation."""

    role: Literal["user", "assistant", "system"]
    content: str


class Piece(Struct, frozen=True):
    """Some more of the answer."""

    text: str
    reasoning: str


class Usage(Struct, frozen=True):
    """What the answer took. `cost` is the number as the server wrote it, in US dollars: exact, never a float."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: Raw = _EMPTY


class ChatFailed(Exception):
    """No answer, or not the whole of it; the message is the server's own where there is one."""


class _Delta(Struct, frozen=True):
    content: str | None = None
    reasoning: str | None = None


class _Choice(Struct, frozen=True):
    delta: _Delta = _Delta()


class _Error(Struct, frozen=True):
    message: str = "the answer broke off"


class _Chunk(Struct, frozen=True):
    choices: tuple[_Choice, ...] = ()
    usage: Usage | None = None
    error: _Error | None = None


_chunk_decoder = msgspec.json.Decoder(_Chunk)


class ChatClient:
    """Talks to `<url>/api/v1/chat/completions` with one key and one model."""

    def __init__(self, url: str, key: str, model: str) -> None:
        self._url = urlsplit(url)
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self._model = model

    def answer(self, messages: Sequence[Message]) -> Iterator[Piece | Usage]:
        """The answer as it comes; the last item is its usage. Raises ChatFailed."""
        body = {"model": self._model, "messages": messages, "stream": True, "usage": {"include": True}}
        try:
            with closing(self._connection()) as connection:
                path = f"{self._url.path.rstrip('/')}/api/v1/chat/completions"
                connection.request("POST", path, msgspec.json.encode(body), self._headers)
                yield from _pieces(connection.getresponse())
        except (OSError, http.client.HTTPException) as error:
            raise ChatFailed(f"{self._url.geturl()} does not answer: {error}") from None

    def _connection(self) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if self._url.scheme == "https" else http.client.HTTPConnection
        return kind(self._url.hostname or "", self._url.port, timeout=_TIMEOUT_S)


def _pieces(response: http.client.HTTPResponse) -> Iterator[Piece | Usage]:
    if response.status != http.client.OK:
        raise ChatFailed(f"{response.status}: {_message(response.read(_ERROR_BYTES_MAX))}")
    parser = SseParser()
    usage = Usage()
    while data := response.read1(_READ_BYTES):
        for payload in parser.feed(data):
            if payload == b"[DONE]":
                continue
            chunk = _chunk_decoder.decode(payload)
            if chunk.error is not None:
                raise ChatFailed(chunk.error.message)
            usage = chunk.usage or usage
            for choice in chunk.choices:
                yield Piece(choice.delta.content or "", choice.delta.reasoning or "")
    yield usage


def _message(body: bytes) -> str:
    try:
        failure: Mapping[str, _Error] = msgspec.json.decode(body, type=dict[str, _Error])
    except msgspec.DecodeError:
        return body.decode("utf-8", "replace")
    return failure["error"].message if "error" in failure else body.decode("utf-8", "replace")
