"""Video jobs as `/openapi.json` describes them (inference.md 25)."""

from typing import Literal

import msgspec
from msgspec import Raw, Struct

from trunkline.api.operations import Operation, Parameter
from trunkline.api.video_objects import VideoModels
from trunkline.api.wire import Usd
from trunkline.protocols.videos.request import FrameType, WireVideo

_TAG = "Videos"
_OPEN = {"frame_images", "input_references"}


class FrameUrl(Struct, frozen=True):
    url: str


class Frame(Struct, frozen=True):
    """A picture that the film begins or ends with."""

    type: Literal["image_url"]
    image_url: FrameUrl
    frame_type: FrameType


VideoGenerationRequest = msgspec.defstruct(
    "VideoGenerationRequest",
    [
        ("model", str),
        *[
            (field.name, field.type, field.default)
            for field in msgspec.structs.fields(WireVideo)
            if field.name not in _OPEN
        ],
        ("frame_images", list[Frame] | None, None),
        ("input_references", list[dict[str, Raw]] | None, None),
        ("provider", dict[str, Raw] | None, None),
    ],
    kw_only=True,
)
"""Body of `POST /videos`."""


class VideoUsage(Struct, frozen=True):
    """What the account was charged, in USD."""

    cost: Usd
    is_byok: bool


class VideoGeneration(Struct, frozen=True, omit_defaults=True):
    """A job. `unsigned_urls` and `usage` once it is completed, `error` once it has ended otherwise."""

    id: str
    polling_url: str
    status: Literal["pending", "in_progress", "completed", "failed", "cancelled", "expired"]
    generation_id: str = ""
    unsigned_urls: tuple[str, ...] = ()
    usage: VideoUsage | None = None
    error: str = ""


_JOB = Parameter(name="jobId", where="path", required=True, description="The job's id")
SUBMIT = Operation(
    method="POST",
    path="/videos",
    id="createVideos",
    summary="Submit a video job",
    tag=_TAG,
    request=VideoGenerationRequest,
    response=VideoGeneration,
    status=202,
    errors=(400, 401, 402, 403, 404, 413, 429, 500, 502, 503, 504),
)
POLL = Operation(
    method="GET",
    path="/videos/{jobId}",
    id="getVideos",
    summary="Ask after a video job",
    tag=_TAG,
    parameters=(_JOB,),
    response=VideoGeneration,
    errors=(401, 404, 500, 503),
)
CONTENT = Operation(
    method="GET",
    path="/videos/{jobId}/content",
    id="listVideosContent",
    summary="Download a finished video",
    tag=_TAG,
    parameters=(_JOB, Parameter(name="index", description="Which of the films, from 0", type=int)),
    response_media_type="application/octet-stream",
    errors=(400, 401, 404, 500, 502, 503),
)
MODELS = Operation(
    method="GET",
    path="/videos/models",
    id="listVideosModels",
    summary="List video models",
    tag=_TAG,
    response=VideoModels,
    errors=(500,),
    public=True,
)
