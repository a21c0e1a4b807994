"""What the upstream formats of video jobs have in common: submit, ask, fetch."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Final, Literal

from msgspec import Struct

from trunkline.protocols.answers import AnswerBody, AnswerIdentity, Facts, UpstreamTarget
from trunkline.protocols.codec import Codec, NoAnswer, Payload
from trunkline.protocols.events import UpstreamFault
from trunkline.protocols.remote_media import MediaKey, RemoteMedia, is_web_address
from trunkline.protocols.videos.request import VideoRequest

Progress = Literal["pending", "in_progress", "completed", "failed", "cancelled"]
CONTENTS_MAX: Final = 8


class UpstreamCall(Struct, frozen=True):
    """A request about a job. `path` is relative to the provider's base URL, or an address of the same provider's."""

    path: str
    method: Literal["GET", "POST"] = "GET"
    body: bytes = b""
    gives: Literal["film", "base64", "address"] = "film"
    """What a call for a film answers with: it, it in JSON, or where it lies (`film_in`)."""


class FilmFound(Struct, frozen=True):
    """A film inside JSON: its address for everybody, or base64 and a media type."""

    address: str = ""
    b64: str = ""
    media_type: str = "video/mp4"


class JobState(Struct, frozen=True, kw_only=True):
    """What an upstream says of a job. `contents` are addresses, or whatever the codec finds them by."""

    status: Progress
    contents: tuple[str, ...] = ()
    error: str | None = None


class VideoCodec(Codec[VideoRequest]):
    """One upstream format of video jobs."""

    __slots__ = ()

    @abstractmethod
    def path(self, request: VideoRequest, target: UpstreamTarget) -> str: ...

    @abstractmethod
    def encode(self, request: VideoRequest, target: UpstreamTarget, contents: Mapping[MediaKey, str]) -> Payload: ...

    @abstractmethod
    def job_id(self, data: bytes) -> str | None:
        """The upstream's name of the job that it has taken on; None for any other answer."""

    @abstractmethod
    def ask(self, job_id: str, upstream_model: str) -> UpstreamCall:
        """How the job is asked after."""

    @abstractmethod
    def state(self, data: bytes) -> JobState | None:
        """What an answer to that says; None when it says nothing. Nothing is raised, whatever the bytes."""

    def content(self, job_id: str, content: str, upstream_model: str) -> UpstreamCall | None:
        """How a finished film is had from the provider itself; None: `content` is an address for everybody."""
        return None

    def film_in(self, data: bytes, content: str) -> FilmFound | None:
        """What the answer to a `content` call has, where that is not the film itself; None: nothing."""
        return None

    def fault(self, data: bytes) -> UpstreamFault:
        """Why an answer takes on no job."""
        return UpstreamFault(status=200, message="The answer names no job")

    def open_body(
        self, bodies: Sequence[bytes], request: VideoRequest, target: UpstreamTarget, identity: AnswerIdentity
    ) -> AnswerBody:
        job_id = self.job_id(bodies[0])
        if not job_id:
            return NoAnswer(Facts(fault=self.fault(bodies[0])))
        return NoAnswer(Facts(content_seen=True, done=True, finish_reason="stop", upstream_id=job_id))


def pictures(request: VideoRequest) -> tuple[str, ...]:
    """Every picture that a request has."""
    return tuple(url for url in (request.first_frame, request.last_frame, *request.references) if url is not None)


def fetched_pictures(request: VideoRequest) -> tuple[RemoteMedia, ...]:
    """Those that must be fetched for formats that take no addresses."""
    return tuple(RemoteMedia("image", url, "frame_images") for url in pictures(request) if is_web_address(url))


def filled_picture(url: str, contents: Mapping[MediaKey, str]) -> str:
    """A data URL in place of an address that was fetched."""
    return contents.get(("image", url), url)
