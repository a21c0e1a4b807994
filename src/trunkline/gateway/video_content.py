"""The bytes of a finished film (inference.md 25.3), passed on from wherever the provider keeps them."""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack
from typing import Final

from msgspec import Struct

from trunkline.core.errors import InvalidRequest, NotFound, ProviderUnavailable
from trunkline.gateway.fetch_client import FetchClient, FetchFailed
from trunkline.gateway.job_calls import JobCalls
from trunkline.gateway.job_objects import contents_of
from trunkline.gateway.video_jobs import STATE_BYTES_MAX
from trunkline.protocols.videos.codec import FilmFound, UpstreamCall
from trunkline.protocols.videos.upstreams import VIDEOS
from trunkline.providers.upstream import UpstreamFailed, UpstreamResponse
from trunkline.videos.types import VideoJob

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_PASSED_ON: Final = ("content-type", "content-length", "content-range", "accept-ranges")
_AWAY: Final = "The provider does not give the video out at the moment. Try again."


class Film(Struct, frozen=True):
    """An answer to be passed on. `pieces` closes what it reads from, whether it is read to its end or left."""

    status: int
    headers: Mapping[str, str]
    pieces: AsyncGenerator[bytes]


class VideoContent:
    """Opens films. One per process."""

    def __init__(self, calls: JobCalls, client: FetchClient) -> None:
        self._calls = calls
        self._client = client

    async def open(self, job: VideoJob, index: int, byte_range: str | None) -> Film:
        """The film, or the part of it that `byte_range` asks for.

        Raises InvalidRequest while the job is not completed, NotFound for an index that there is not, and
        ProviderUnavailable.
        """
        if job.status != "completed":
            raise InvalidRequest(
                f"The job is {job.status}: there is nothing to download. Poll it until it is completed."
            )
        contents = contents_of(job)
        if not 0 <= index < len(contents):
            raise NotFound(f"The job has {len(contents)} video(s); there is none of index {index}.", field="index")
        content, codec = contents[index], VIDEOS[job.protocol]
        call = codec.content(job.upstream_id, content, job.upstream_model)
        try:
            if call is None:
                return await self._from_address(content, _wanted(byte_range))
            if call.gives == "film":
                return await self._from_provider(job, call, _wanted(byte_range))
            found = await self._look_up(job, call, content)
            if found.address:
                return await self._from_address(found.address, _wanted(byte_range))
            return _of_base64(found)
        except (UpstreamFailed, FetchFailed):
            raise ProviderUnavailable(_AWAY) from None

    async def _from_provider(self, job: VideoJob, call: UpstreamCall, headers: tuple[tuple[str, str], ...]) -> Film:
        response = await self._ask(job, call, headers)
        if response.status in _REDIRECTS and (location := response.headers.get("location")):
            response.cancel()
            return await self._from_address(location, headers)
        return _passed_on(response, AsyncExitStack())

    async def _from_address(self, address: str, headers: tuple[tuple[str, str], ...]) -> Film:
        stack = AsyncExitStack()
        response = await stack.enter_async_context(self._client.open(address, headers))
        if response.status not in (200, 206):
            await stack.aclose()
        return _passed_on(response, stack)

    async def _look_up(self, job: VideoJob, call: UpstreamCall, content: str) -> FilmFound:
        """What a provider's JSON says of a film."""
        response = await self._ask(job, call, ())
        try:
            body = await response.read_all(STATE_BYTES_MAX) if response.status == 200 else b""
        finally:
            response.cancel()
        found = VIDEOS[job.protocol].film_in(body, content)
        if found is None:
            raise ProviderUnavailable(_AWAY)
        return found

    async def _ask(self, job: VideoJob, call: UpstreamCall, headers: tuple[tuple[str, str], ...]) -> UpstreamResponse:
        response = await self._calls.open(job, call, headers)
        if response is None:
            raise ProviderUnavailable("The provider that made the video is no longer enabled here.")
        return response


def _of_base64(found: FilmFound) -> Film:
    """A film that came whole; ranges are not its business."""
    try:
        data = b64decode(found.b64, validate=True)
    except Base64Error:
        data = b""
    if not data:
        raise ProviderUnavailable(_AWAY)
    return Film(200, {"content-type": found.media_type, "content-length": str(len(data))}, _one(data))


def _wanted(byte_range: str | None) -> tuple[tuple[str, str], ...]:
    return (("range", byte_range),) if byte_range is not None else ()


def _passed_on(response: UpstreamResponse, stack: AsyncExitStack) -> Film:
    if response.status not in (200, 206):
        response.cancel()
        raise ProviderUnavailable(_AWAY)
    headers = {name: value for name in _PASSED_ON if (value := response.headers.get(name)) is not None}
    if headers.get("content-type", "").startswith(("text/", "application/json")):
        headers["content-type"] = "application/octet-stream"  # never a page of a stranger's under our name
    return Film(response.status, {"content-type": "video/mp4"} | headers, _read(response, stack))


async def _read(response: UpstreamResponse, stack: AsyncExitStack) -> AsyncGenerator[bytes]:
    async with stack:
        try:
            while data := await response.read():
                yield data
        finally:
            response.cancel()


async def _one(data: bytes) -> AsyncGenerator[bytes]:
    yield data
