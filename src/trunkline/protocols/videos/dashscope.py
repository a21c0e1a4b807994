"""Video tasks of Alibaba Cloud (DashScope). Films have addresses for everybody."""

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Struct

from trunkline.core import json
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.codec import Payload
from trunkline.protocols.lenient_json import UNREADABLE, decode_mended
from trunkline.protocols.provider_options import options_for
from trunkline.protocols.remote_media import MediaKey
from trunkline.protocols.videos.abilities import film_of, video_abilities_at
from trunkline.protocols.videos.codec import JobState, Progress, UpstreamCall, VideoCodec
from trunkline.protocols.videos.request import VideoRequest

_WAYS: Final = ("-t2v", "-i2v", "-r2v")
_RATIO_USUAL: Final = "16:9"


class _Output(Struct, frozen=True):
    task_id: str = ""
    task_status: str = ""
    video_url: str = ""
    message: str = ""


class _Task(Struct, frozen=True):
    output: _Output = _Output()


_task = msgspec.json.Decoder(_Task)
_STATUS: Mapping[str, Progress] = {
    "PENDING": "pending",
    "RUNNING": "in_progress",
    "SUCCEEDED": "completed",
    "FAILED": "failed",
    "CANCELED": "cancelled",
    "UNKNOWN": "failed",
}


class DashScopeVideos(VideoCodec):
    """`video-synthesis` as a task.

    One model has a name for each way of working: from text, from a first frame, from references. Pictures stand in
    `input.media`; `resolution` and `ratio` are two parameters, and a film from a frame has the frame's ratio.
    """

    __slots__ = ()

    def path(self, request: VideoRequest, target: UpstreamTarget) -> str:
        return "services/aigc/video-generation/video-synthesis"

    def headers(self, request: VideoRequest, target: UpstreamTarget) -> tuple[tuple[str, str], ...]:
        return (("x-dashscope-async", "enable"),)

    def encode(self, request: VideoRequest, target: UpstreamTarget, contents: Mapping[MediaKey, str]) -> Payload:
        abilities = video_abilities_at(target)
        film = film_of(request, abilities)
        given: dict[str, object] = {"prompt": request.prompt}
        parameters: dict[str, object] = {"duration": film.duration_s, "resolution": film.resolution.upper()}
        if request.first_frame is not None:
            way, given["media"] = "-i2v", [{"type": "first_frame", "url": request.first_frame}]
        else:
            way, parameters["ratio"] = "-t2v", film.aspect_ratio or _RATIO_USUAL
        if request.references:
            way, given["media"] = "-r2v", [{"type": "reference_image", "url": url} for url in request.references]
        if request.seed is not None:
            parameters["seed"] = request.seed
        parameters |= options_for(request.options, target, abilities.passthrough)
        model = target.upstream_model if target.upstream_model.endswith(_WAYS) else target.upstream_model + way
        return Payload(json.encode({"model": model, "input": given, "parameters": parameters}))

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
        status = _STATUS.get(output.task_status)
        if status is None:
            return None
        return JobState(status=status, contents=(output.video_url,), error=output.message or None)
