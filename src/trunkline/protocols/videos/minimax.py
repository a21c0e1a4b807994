"""MiniMax's video tasks: the older form, whose films are files, and the newer (`/v2`), whose films have addresses."""

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Struct

from trunkline.core import json
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.codec import Payload
from trunkline.protocols.events import UpstreamFault
from trunkline.protocols.lenient_json import UNREADABLE, decode_mended
from trunkline.protocols.minimax import Result, result_fault
from trunkline.protocols.provider_options import options_for
from trunkline.protocols.remote_media import MediaKey
from trunkline.protocols.videos.abilities import Film, film_of, video_abilities_at
from trunkline.protocols.videos.codec import FilmFound, JobState, Progress, UpstreamCall, VideoCodec
from trunkline.protocols.videos.request import VideoRequest

_RATIO_USUAL: Final = "16:9"
_STATUS: Mapping[str, Progress] = {
    "Preparing": "pending",
    "Queueing": "pending",
    "Processing": "in_progress",
    "Success": "completed",
    "Fail": "failed",
}
_STATUS_V2: Mapping[str, Progress] = {
    "queued": "pending",
    "running": "in_progress",
    "succeeded": "completed",
    "failed": "failed",
    "cancelled": "cancelled",
}


class _TaskV2(Struct, frozen=True):
    class Content(Struct, frozen=True):
        url: str | None = None

    class Error(Struct, frozen=True):
        message: str | None = None

    status: str = ""
    content: Content | None = None
    error: Error | None = None


class _File(Struct, frozen=True):
    download_url: str = ""


class _Answer(Struct, frozen=True):
    task_id: str = ""
    status: str = ""
    file_id: str = ""
    base_resp: Result | None = None
    task: _TaskV2 | None = None
    file: _File | None = None


_answer = msgspec.json.Decoder(_Answer, strict=False)


class MiniMaxVideos(VideoCodec):
    """`video_generation`, `query/video_generation`, `files/retrieve`. A film's address lives for an hour: it is looked
    up when the film is wanted."""

    __slots__ = ()

    def path(self, request: VideoRequest, target: UpstreamTarget) -> str:
        return "video_generation"

    def encode(self, request: VideoRequest, target: UpstreamTarget, contents: Mapping[MediaKey, str]) -> Payload:
        abilities = video_abilities_at(target)
        film = film_of(request, abilities)
        members: dict[str, object] = {"model": target.upstream_model, "duration": film.duration_s}
        members["resolution"] = film.resolution.upper()
        members |= self.shown(request, film)
        return Payload(json.encode(members | options_for(request.options, target, abilities.passthrough)))

    def shown(self, request: VideoRequest, film: Film) -> dict[str, object]:
        """Words and pictures."""
        members: dict[str, object] = {"prompt": request.prompt}
        if request.first_frame is not None:
            members["first_frame_image"] = request.first_frame
        if request.last_frame is not None:
            members["last_frame_image"] = request.last_frame
        return members

    def job_id(self, data: bytes) -> str | None:
        return _read(data).task_id

    def fault(self, data: bytes) -> UpstreamFault:
        result = _read(data).base_resp
        return super().fault(data) if result is None or not result.status_code else result_fault(result)

    def ask(self, job_id: str, upstream_model: str) -> UpstreamCall:
        return UpstreamCall(f"query/video_generation?task_id={job_id}")

    def state(self, data: bytes) -> JobState | None:
        answer = _read(data)
        status = _STATUS.get(answer.status)
        if status is None:
            return None
        message = answer.base_resp.status_msg if answer.base_resp is not None else ""
        return JobState(status=status, contents=(answer.file_id,), error=message or None)

    def content(self, job_id: str, content: str, upstream_model: str) -> UpstreamCall | None:
        return UpstreamCall(f"files/retrieve?file_id={content}", gives="address")

    def film_in(self, data: bytes, content: str) -> FilmFound | None:
        file = _read(data).file
        return FilmFound(address=file.download_url) if file is not None and file.download_url else None


class MiniMaxVideosV2(MiniMaxVideos):
    """Words and pictures are a list of parts, and a film from words alone needs a ratio."""

    __slots__ = ()

    def shown(self, request: VideoRequest, film: Film) -> dict[str, object]:
        given = (("first_frame", request.first_frame), ("last_frame", request.last_frame))
        pictures = [(role, url) for role, url in given if url is not None]
        pictures += [("reference_image", url) for url in request.references]
        parts: list[dict[str, object]] = [{"type": "text", "text": request.prompt}]
        for role, url in pictures:
            parts.append({"type": "image_url", "image_url": {"url": url}, "role": role})
        ratio = film.aspect_ratio or (None if pictures else _RATIO_USUAL)
        return {"content": parts} if ratio is None else {"content": parts, "ratio": ratio}

    def ask(self, job_id: str, upstream_model: str) -> UpstreamCall:
        return UpstreamCall(f"query/video_generation/{job_id}")

    def state(self, data: bytes) -> JobState | None:
        task = _read(data).task
        status = _STATUS_V2.get(task.status) if task is not None else None
        if task is None or status is None:
            return None
        address = task.content.url if task.content is not None else None
        error = task.error.message if task.error is not None else None
        if status == "completed" and not address:
            return JobState(status="failed", error=error or "The provider made no film")
        return JobState(status=status, contents=(address or "",), error=error)

    def content(self, job_id: str, content: str, upstream_model: str) -> UpstreamCall | None:
        return None


_NOTHING: Final = _Answer()


def _read(data: bytes) -> _Answer:
    try:
        return decode_mended(_answer, data)
    except UNREADABLE:
        return _NOTHING
