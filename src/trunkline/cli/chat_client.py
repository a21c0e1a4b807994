"""A small blocking client of a Trunkline's chat API, for the terminal: one connection for each answer, no library."""

import http.client
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Literal

import msgspec
from msgspec import Raw, Struct

from trunkline.cli.api_client import connection_to, headers_with, message_of, path_below
from trunkline.protocols.sse import SseParser

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
        self._url = url
        self._headers = headers_with(key)
        self._model = model

    def answer(self, messages: Sequence[Message]) -> Iterator[Piece | Usage]:
        """The answer as it comes; the last item is its usage. Raises ChatFailed."""
        body = {"model": self._model, "messages": messages, "stream": True, "usage": {"include": True}}
        try:
            with closing(connection_to(self._url)) as connection:
                path = path_below(self._url, "/chat/completions")
                connection.request("POST", path, msgspec.json.encode(body), self._headers)
                yield from _pieces(connection.getresponse())
        except (OSError, http.client.HTTPException) as error:
            raise ChatFailed(f"{self._url} does not answer: {error}") from None


def _pieces(response: http.client.HTTPResponse) -> Iterator[Piece | Usage]:
    if response.status != http.client.OK:
        raise ChatFailed(f"{response.status}: {message_of(response.read(_ERROR_BYTES_MAX))}")
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
