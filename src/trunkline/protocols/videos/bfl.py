"""Black Forest Labs' films: a task, like its images. It is known by the address where it is asked after."""

from collections.abc import Mapping
from typing import Final

from trunkline.core import json
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.bfl import task_fault, task_of, told
from trunkline.protocols.codec import Payload
from trunkline.protocols.data_urls import split_data_url
from trunkline.protocols.provider_options import options_for
from trunkline.protocols.remote_media import MediaKey
from trunkline.protocols.videos.abilities import film_of, video_abilities_at
from trunkline.protocols.videos.codec import JobState, UpstreamCall, VideoCodec
from trunkline.protocols.videos.request import VideoRequest

_TIERS: Final = {"720p": "hd", "1080p": "fhd"}


class BlackForestLabsVideos(VideoCodec):
    """`mode` is `t2v`, or `i2v` with `keyframes`: addresses or bare base64, of which the first opens the film. There is
    no seed."""

    __slots__ = ()

    def path(self, request: VideoRequest, target: UpstreamTarget) -> str:
        return target.upstream_model

    def encode(self, request: VideoRequest, target: UpstreamTarget, contents: Mapping[MediaKey, str]) -> Payload:
        abilities = video_abilities_at(target)
        film = film_of(request, abilities)
        frames = [url for url in (request.first_frame, request.last_frame) if url is not None]
        members: dict[str, object] = {
            "mode": "i2v" if frames else "t2v",
            "prompt": request.prompt,
            "duration": film.duration_s,
            "resolution": _TIERS[film.resolution],
            "generate_audio": film.with_audio,
        }
        if film.aspect_ratio is not None:
            members["aspect_ratio"] = film.aspect_ratio
        if frames:
            members["keyframes"] = [_bare(url) for url in frames]
        return Payload(json.encode(members | options_for(request.options, target, abilities.passthrough)))

    def job_id(self, data: bytes) -> str | None:
        return task_of(data).polling_url

    def ask(self, job_id: str, upstream_model: str) -> UpstreamCall:
        return UpstreamCall(job_id)

    def state(self, data: bytes) -> JobState | None:
        task = task_of(data)
        if not task.is_over:
            return JobState(status="in_progress") if task.status else None
        if task.is_ready and task.sample:
            return JobState(status="completed", contents=(task.sample,))
        return JobState(status="failed", error=told(task) or task_fault(task).message)


def _bare(url: str) -> str:
    data_url = split_data_url(url)
    return url if data_url is None else data_url.data
