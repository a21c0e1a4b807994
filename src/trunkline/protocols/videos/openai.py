"""OpenAI's videos, and those of everybody who copied them."""

from collections.abc import Mapping

import msgspec
from msgspec import Raw, Struct

from trunkline.core import json
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.codec import Payload
from trunkline.protocols.lenient_json import NOTHING, UNREADABLE, decode_mended, object_of, text_of
from trunkline.protocols.provider_options import options_for
from trunkline.protocols.remote_media import MediaKey, RemoteMedia
from trunkline.protocols.videos.abilities import film_of, video_abilities_at
from trunkline.protocols.videos.codec import JobState, Progress, UpstreamCall, VideoCodec, fetched_pictures, pictures
from trunkline.protocols.videos.request import VideoRequest


class _Job(Struct):
    id: str = ""
    status: str = ""
    error: Raw = NOTHING


_job = msgspec.json.Decoder(_Job)
_STATUS: Mapping[str, Progress] = {
    "queued": "pending",
    "in_progress": "in_progress",
    "completed": "completed",
    "failed": "failed",
    "cancelled": "cancelled",
}


class OpenAIVideos(VideoCodec):
    """`videos`, `videos/{id}`, `videos/{id}/content`."""

    __slots__ = ()

    def remote_media(self, request: VideoRequest, target: UpstreamTarget) -> tuple[RemoteMedia, ...]:
        return fetched_pictures(request)

    def path(self, request: VideoRequest, target: UpstreamTarget) -> str:
        return "videos"

    def encode(self, request: VideoRequest, target: UpstreamTarget, contents: Mapping[MediaKey, str]) -> Payload:
        abilities = video_abilities_at(target)
        film = film_of(request, abilities)
        members: dict[str, object] = {
            "model": target.upstream_model,
            "prompt": request.prompt,
            "seconds": str(film.duration_s),
            "size": (request.pixels or film.pixels).text,
        }
        if request.seed is not None and abilities.seed:
            members["seed"] = request.seed
        if given := pictures(request):
            members["input_reference"] = {"image_url": contents.get(("image", given[0]), given[0])}
        return Payload(json.encode(members | options_for(request.options, target, abilities.passthrough)))

    def job_id(self, data: bytes) -> str | None:
        try:
            return decode_mended(_job, data).id
        except UNREADABLE:
            return None

    def ask(self, job_id: str, upstream_model: str) -> UpstreamCall:
        return UpstreamCall(f"videos/{job_id}")

    def state(self, data: bytes) -> JobState | None:
        try:
            job = decode_mended(_job, data)
        except UNREADABLE:
            return None
        status = _STATUS.get(job.status)
        if status is None:
            return None
        error = text_of(object_of(job.error).get("message")) or None
        return JobState(status=status, contents=(job.id,) if status == "completed" else (), error=error)

    def content(self, job_id: str, content: str, upstream_model: str) -> UpstreamCall | None:
        return UpstreamCall(f"videos/{job_id}/content")
