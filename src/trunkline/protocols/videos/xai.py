"""xAI's video jobs (`videos/generations`). Films have addresses for everybody."""

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
from trunkline.protocols.videos.codec import JobState, UpstreamCall, VideoCodec
from trunkline.protocols.videos.request import VideoRequest

_MODERATED: Final = "The provider's filters let no video pass"


class _Video(Struct, frozen=True):
    url: str = ""
    respect_moderation: bool | None = None


class _Error(Struct, frozen=True):
    message: str | None = None


class _Job(Struct, frozen=True):
    request_id: str = ""
    status: str | None = None
    video: _Video | None = None
    error: _Error | None = None


_job = msgspec.json.Decoder(_Job)


class XaiVideos(VideoCodec):
    """A first frame is `image`, pictures to work from are `reference_images`; there is no last frame, and no seed."""

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
        if request.first_frame is not None:
            members["image"] = {"url": request.first_frame}
        if request.references:
            members["reference_images"] = [{"url": url} for url in request.references]
        return Payload(json.encode(members | options_for(request.options, target, abilities.passthrough)))

    def job_id(self, data: bytes) -> str | None:
        try:
            return decode_mended(_job, data).request_id
        except UNREADABLE:
            return None

    def ask(self, job_id: str, upstream_model: str) -> UpstreamCall:
        return UpstreamCall(f"videos/{job_id}")

    def state(self, data: bytes) -> JobState | None:
        try:
            job = decode_mended(_job, data)
        except UNREADABLE:
            return None
        film = job.video
        if film is not None and film.respect_moderation is False:
            return JobState(status="failed", error=_MODERATED)
        if film is not None and film.url and job.status in ("done", None):
            return JobState(status="completed", contents=(film.url,))
        if job.status in ("failed", "expired"):
            told = job.error.message if job.error is not None else None
            return JobState(status="failed", error=told or f"The provider's job is {job.status}")
        return JobState(status="in_progress")
