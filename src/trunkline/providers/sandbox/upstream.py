"""The Sandbox behind the seam that every provider is behind: open, read, cancel. Paced and interruptible."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from math import inf

import msgspec

from trunkline.core import json
from trunkline.core.errors import InvalidRequest
from trunkline.providers.sandbox import audio, frames, images, other, videos
from trunkline.providers.sandbox.answer import compose
from trunkline.providers.sandbox.faults import Fault, parse_fault
from trunkline.providers.sandbox.frames import Frame
from trunkline.providers.sandbox.request import (
    chat_decoder,
    digest_input,
    embeddings_decoder,
    rerank_decoder,
)
from trunkline.providers.upstream import Sink, UpstreamFailed, UpstreamRequest
from trunkline.settings import Sandbox

FAULT_HEADER = "x-sandbox-user"
"""The caller's `user`, which no other provider is ever told, so that a request can ask for a fault."""

_OTHERS: Mapping[str, Callable[[bytes], bytes]] = {
    "/embeddings": lambda body: other.embeddings(embeddings_decoder.decode(body)),
    "/audio/speech": audio.speech,
    "/audio/transcriptions": audio.transcription,
    "/rerank": lambda body: other.rerank(rerank_decoder.decode(body)),
}


class SandboxUpstream:
    """Implements `Upstream`. The path's end says what is asked: chat/completions, embeddings, rerank, images."""

    __slots__ = ("_settings",)

    def __init__(self, settings: Sandbox) -> None:
        self._settings = settings

    async def open(self, request: UpstreamRequest) -> "SandboxResponse":
        """Think for a moment, then answer. A body it cannot read is a 400, as a provider's would be."""
        headers = dict(request.headers)
        if (film := videos.answer(request.method, request.url, headers.get("range"))) is not None:
            return SandboxResponse.file(film) if isinstance(film, videos.Film) else SandboxResponse.whole(200, film)
        try:
            fault = parse_fault(headers.get(FAULT_HEADER))
            for ending, answer in _OTHERS.items():
                if request.url.endswith(ending):
                    return SandboxResponse.whole(200, answer(request.body))
            if request.url.endswith(("/images/generations", "/images/edits")):
                return await self._images(request, fault)
            return await self._chat(request, fault)
        except InvalidRequest as error:
            return _refusal(400, error.message)
        except msgspec.DecodeError as error:
            return _refusal(400, f"The Sandbox cannot read the body: {error}")

    async def _images(self, request: UpstreamRequest, fault: Fault) -> "SandboxResponse":
        asked = images.read_images(request.body)
        if (refused := await self._first(request, fault)) is not None:
            return refused
        if not asked.stream:
            return SandboxResponse.whole(200, images.images(asked))
        events = (Frame(event, is_content=True) for event in images.image_events(asked))
        return SandboxResponse.streaming(events, fault, self._settings.tokens_per_second, request.read_timeout_s)

    async def _first(self, request: UpstreamRequest, fault: Fault) -> "SandboxResponse | None":
        """Think for a moment, and fail if that was asked for."""
        wait_s = self._settings.first_token_seconds if fault.first_token_s is None else fault.first_token_s
        if wait_s > request.read_timeout_s:
            await asyncio.sleep(request.read_timeout_s)
            raise UpstreamFailed("timeout_read", "the asked wait is longer than the read timeout")
        await asyncio.sleep(wait_s)
        if fault.status != 200:
            return _refusal(fault.status, f"The Sandbox fails with {fault.status}, as asked.", fault.retry_after_s)
        if fault.garbage:
            return SandboxResponse.whole(200, b"<html>The Sandbox sends nonsense, as asked.</html>")
        return None

    async def _chat(self, request: UpstreamRequest, fault: Fault) -> "SandboxResponse":
        asked = chat_decoder.decode(request.body)
        if (refused := await self._first(request, fault)) is not None:
            return refused
        number = digest_input(request.body, asked.seed)
        answer = compose(asked, number)
        if not asked.stream:
            return SandboxResponse.whole(200, frames.body(asked, answer, number))
        events = frames.stream(asked, answer, number, with_finish=not fault.no_finish, with_usage=not fault.no_usage)
        return SandboxResponse.streaming(events, fault, self._settings.tokens_per_second, request.read_timeout_s)


def _refusal(status: int, message: str, retry_after_s: int | None = None) -> "SandboxResponse":
    response = SandboxResponse.whole(status, json.encode({"error": {"message": message, "code": status}}))
    if retry_after_s is not None:
        response.headers = {**response.headers, "retry-after": str(retry_after_s)}
    return response


class SandboxResponse:
    """Implements `UpstreamResponse`. Frames become due one by one; a reader that is late gets all that are due."""

    __slots__ = (
        "_closed",
        "_due_s",
        "_events",
        "_fault",
        "_gap_s",
        "_said",
        "_silence_s_max",
        "_woken",
        "headers",
        "status",
    )

    def __init__(
        self, status: int, content_type: str, events: Iterator[Frame], fault: Fault, gap_s: float, silence_s_max: float
    ) -> None:
        self.status = status
        self.headers: Mapping[str, str] = {"content-type": content_type}
        self._events = events
        self._fault = fault
        self._gap_s = gap_s
        self._silence_s_max = silence_s_max
        self._said = 0
        self._due_s = asyncio.get_running_loop().time()
        self._woken = asyncio.Event()
        self._closed = False

    @classmethod
    def whole(cls, status: int, body: bytes) -> "SandboxResponse":
        return cls(status, "application/json", iter((Frame(body, is_content=False),)), Fault(), 0.0, 60.0)

    @classmethod
    def file(cls, film: videos.Film) -> "SandboxResponse":
        response = cls.whole(film.status, film.body)
        response.headers = film.headers
        return response

    @classmethod
    def streaming(
        cls, events: Iterator[Frame], fault: Fault, tokens_per_second: float, silence_s_max: float
    ) -> "SandboxResponse":
        gap_s = 1 / tokens_per_second if tokens_per_second > 0 else 0.0
        return cls(200, "text/event-stream", events, fault, gap_s, silence_s_max)

    async def read(self, wake_after_s: float | None = None, into: Sink | None = None) -> bytes | None:
        """The frames that are due, waiting for the first. See `UpstreamResponse.read`; `into` is left alone."""
        if self._closed:
            raise UpstreamFailed("reset", "cancelled")
        if self._fault.break_after is not None and self._said >= self._fault.break_after:
            raise UpstreamFailed("reset", "the Sandbox breaks off, as asked")
        loop = asyncio.get_running_loop()
        wait_s = self._due_s - loop.time()
        if self._fault.stall_after is not None and self._said >= self._fault.stall_after:
            wait_s = self._silence_s_max
        if wait_s > 0 and await self._sleep(wait_s, wake_after_s):
            return None
        if self._fault.stall_after is not None and self._said >= self._fault.stall_after:
            raise UpstreamFailed("timeout_read", "the Sandbox stalls, as asked")
        return self._take(loop.time())

    def _take(self, now_s: float) -> bytes:
        """All frames that are due by now; at least one, b"" after the last."""
        taken: list[bytes] = []
        for frame in self._events:
            taken.append(frame.data)
            if frame.is_content:
                self._said += 1
                self._due_s += self._gap_s
                if self._due_s > now_s or self._said in (self._fault.break_after, self._fault.stall_after):
                    break
        return b"".join(taken)

    async def _sleep(self, wait_s: float, wake_after_s: float | None) -> bool:
        """Wait until the next frame is due. True: woken, or `wake_after_s` passed, before that."""
        early = wake_after_s is not None and wake_after_s < wait_s
        try:
            async with asyncio.timeout(wake_after_s if early else wait_s):
                await self._woken.wait()
        except TimeoutError:
            return early
        self._woken.clear()
        return True

    async def read_all(self, limit_bytes: int, deadline_s: float = inf) -> bytes:
        """The whole rest of the body."""
        loop = asyncio.get_running_loop()
        pieces: list[bytes] = []
        while (data := await self.read(deadline_s - loop.time())) != b"":
            if loop.time() >= deadline_s:
                raise UpstreamFailed("timeout_total", "the answer was not complete in time")
            if data is not None:
                pieces.append(data)
        body = b"".join(pieces)
        if len(body) > limit_bytes:
            raise UpstreamFailed("protocol", f"the answer is longer than {limit_bytes} bytes")
        return body

    def wake(self) -> None:
        """Make a waiting `read` return None."""
        self._woken.set()

    def cancel(self) -> None:
        """Say no more."""
        self._closed = True
        self._woken.set()
