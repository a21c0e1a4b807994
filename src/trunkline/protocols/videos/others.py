"""Video jobs in the providers' own formats: xAI, Alibaba Cloud (DashScope). Films have addresses for everybody."""

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from trunkline.core import json
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.codec import Payload
from trunkline.protocols.lenient_json import UNREADABLE, decode_mended
from trunkline.protocols.provider_options import options_for
from trunkline.protocols.remote_media import MediaKey
from trunkline.protocols.videos.abilities import film_of, video_abilities_at
from trunkline.protocols.videos.codec import JobState, Progress, UpstreamCall, VideoCodec, pictures
from trunkline.protocols.videos.request import VideoRequest


class _XaiVideo(Struct, frozen=True):
    url: str = ""


class _XaiJob(Struct, frozen=True):
    request_id: str = ""
    status: str = ""
    video: _XaiVideo = _XaiVideo()


class _Output(Struct, frozen=True):
    task_id: str = ""
    task_status: str = ""
    video_url: str = ""
    message: str = ""


class _Task(Struct, frozen=True):
    output: _Output = _Output()


_xai_job = msgspec.json.Decoder(_XaiJob)
_task = msgspec.json.Decoder(_Task)
_TASK_STATUS: Mapping[str, Progress] = {
    "PENDING": "pending",
    "RUNNING": "in_progress",
    "SUCCEEDED": "completed",
    "FAILED": "failed",
    "CANCELED": "cancelled",
}


class XaiVideos(VideoCodec):
    """`videos/generations`, `videos/{request_id}`."""

    __slots__ = ()

    def path(self, request: VideoRequest, target: UpstreamTarget) -> str:
        return "videos/generations"

    def encode(self, request: VideoRequest, target: UpstreamTarget, contents: Mapping[MediaKey, str]) -> Payload:
        abilities = video_abilities_at(target)
        film = film_of(request, abilities)
        members: dict[str, object] = {
            "model": target.upstream_model,
            "prompt": request.prompt,
            "duration": film.duration_s,
            "resolution": film.resolution,
        }
        if film.aspect_ratio is not None:
            members["aspect_ratio"] = film.aspect_ratio
        if given := pictures(request):
            members["image"] = {"url": given[0]}
        return Payload(json.encode(members | options_for(request.options, target, abilities.passthrough)))

    def job_id(self, data: bytes) -> str | None:
        try:
            return decode_mended(_xai_job, data).request_id
        except UNREADABLE:
            return None

    def ask(self, job_id: str, upstream_model: str) -> UpstreamCall:
        return UpstreamCall(f"videos/{job_id}")

    def state(self, data: bytes) -> JobState | None:
        try:
            job = decode_mended(_xai_job, data)
        except UNREADABLE:
            return None
        if job.status == "done" or (not job.status and job.video.url):
            return JobState(status="completed", contents=(job.video.url,))
        if job.status in ("failed", "expired"):
            return JobState(status="failed", error=f"The provider's job is {job.status}")
        return JobState(status="in_progress")


class DashScopeVideos(VideoCodec):
    """`video-synthesis` as a task."""

    __slots__ = ()

    def path(self, request: VideoRequest, target: UpstreamTarget) -> str:
        return "services/aigc/video-generation/video-synthesis"

    def headers(self, request: VideoRequest, target: UpstreamTarget) -> tuple[tuple[str, str], ...]:
        return (("x-dashscope-async", "enable"),)

    def encode(self, request: VideoRequest, target: UpstreamTarget, contents: Mapping[MediaKey, str]) -> Payload:
        abilities = video_abilities_at(target)
        film = film_of(request, abilities)
        given: dict[str, object] = {"prompt": request.prompt}
        parameters: dict[str, object] = {"duration": film.duration_s, "audio": film.with_audio}
        if shown := pictures(request):
            given["img_url"] = shown[0]
            parameters["resolution"] = film.resolution.upper()
        else:
            parameters["size"] = film.pixels.text.replace("x", "*")
        if request.seed is not None:
            parameters["seed"] = request.seed
        parameters |= options_for(request.options, target, abilities.passthrough)
        return Payload(json.encode({"model": target.upstream_model, "input": given, "parameters": parameters}))

    def job_id(self, data: bytes) -> str | None:
        try:
            return decode_mended(_task, data).output.task_id
        except UNREADABLE:
            return None

    def ask(self, job_id: str, upstream_model: str) -> UpstreamCall:
        return UpstreamCall(f"tasks/{job_id}")

    def state(self, data: bytes) -> JobState | None:
        try:
            output = decode_mended(_task, data).output
        except UNREADABLE:
            return None
        status = _TASK_STATUS.get(output.task_status)
        if status is None:
            return None
        return JobState(status=status, contents=(output.video_url,), error=output.message or None)
