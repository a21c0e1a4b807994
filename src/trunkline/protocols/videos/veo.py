"""Google's Veo: long-running predictions at AI Studio and at Vertex."""

from collections.abc import Mapping

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from trunkline.core import json
from trunkline.core.errors import InvalidRequest
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.codec import Payload
from trunkline.protocols.data_urls import split_data_url
from trunkline.protocols.lenient_json import NOTHING, UNREADABLE, decode_mended, object_of, text_of
from trunkline.protocols.provider_options import options_for
from trunkline.protocols.remote_media import MediaKey, RemoteMedia
from trunkline.protocols.videos.abilities import film_of, video_abilities_at
from trunkline.protocols.videos.codec import (
    FilmFound,
    JobState,
    UpstreamCall,
    VideoCodec,
    fetched_pictures,
    filled_picture,
)
from trunkline.protocols.videos.request import VideoRequest


class _File(Struct, frozen=True):
    uri: str = ""


class _Sample(Struct, frozen=True):
    video: _File = _File()


class _Generated(Struct, frozen=True, rename="camel"):
    generated_samples: tuple[_Sample, ...] = ()


class _Made(Struct, frozen=True, rename="camel"):
    bytes_base64_encoded: str = ""
    mime_type: str = "video/mp4"


class _Response(Struct, frozen=True, rename="camel"):
    generate_video_response: _Generated = _Generated()
    videos: tuple[_Made, ...] = ()


class _Operation(Struct, frozen=True):
    name: str = ""
    done: bool = False
    error: Raw = NOTHING
    response: _Response = _Response()


_operation = msgspec.json.Decoder(_Operation)


class Veo(VideoCodec):
    """At AI Studio: films have addresses that want the key."""

    __slots__ = ()

    def remote_media(self, request: VideoRequest, target: UpstreamTarget) -> tuple[RemoteMedia, ...]:
        return fetched_pictures(request)

    def path(self, request: VideoRequest, target: UpstreamTarget) -> str:
        return f"models/{target.upstream_model}:predictLongRunning"

    def encode(self, request: VideoRequest, target: UpstreamTarget, contents: Mapping[MediaKey, str]) -> Payload:
        abilities = video_abilities_at(target)
        film = film_of(request, abilities)
        instance: dict[str, object] = {"prompt": request.prompt}
        if request.first_frame is not None:
            instance["image"] = _image(filled_picture(request.first_frame, contents))
        if request.last_frame is not None:
            instance["lastFrame"] = _image(filled_picture(request.last_frame, contents))
        if request.references:
            instance["referenceImages"] = [
                {"image": _image(filled_picture(url, contents)), "referenceType": "asset"} for url in request.references
            ]
        parameters: dict[str, object] = {"durationSeconds": film.duration_s, "resolution": film.resolution.lower()}
        if film.aspect_ratio is not None:
            parameters["aspectRatio"] = film.aspect_ratio
        if request.seed is not None:
            parameters["seed"] = request.seed
        parameters |= self.own_parameters(film.with_audio)
        options = options_for(request.options, target, abilities.passthrough | {"parameters"})
        parameters |= object_of(options.pop("parameters", NOTHING)) | options
        return Payload(json.encode({"instances": [instance], "parameters": parameters}))

    def own_parameters(self, with_audio: bool) -> dict[str, object]:
        """What only this service has."""
        return {}

    def job_id(self, data: bytes) -> str | None:
        try:
            return decode_mended(_operation, data).name
        except UNREADABLE:
            return None

    def ask(self, job_id: str, upstream_model: str) -> UpstreamCall:
        return UpstreamCall(job_id)

    def state(self, data: bytes) -> JobState | None:
        try:
            operation = decode_mended(_operation, data)
        except UNREADABLE:
            return None
        if not operation.done:
            return JobState(status="in_progress")
        contents = self.contents(operation.response)
        if contents:
            return JobState(status="completed", contents=contents)
        error = text_of(object_of(operation.error).get("message"))
        return JobState(status="failed", error=error or "The provider's filters let no video pass")

    def content(self, job_id: str, content: str, upstream_model: str) -> UpstreamCall | None:
        _, found, path = content.partition("/files/")
        return UpstreamCall(f"files/{path}") if found else None

    def contents(self, response: _Response) -> tuple[str, ...]:
        return tuple(sample.video.uri for sample in response.generate_video_response.generated_samples)


class VertexVeo(Veo):
    """At Vertex: an operation is asked after by its model, and answers with the film itself."""

    __slots__ = ()

    def path(self, request: VideoRequest, target: UpstreamTarget) -> str:
        return f"publishers/google/models/{target.upstream_model}:predictLongRunning"

    def own_parameters(self, with_audio: bool) -> dict[str, object]:
        return {"generateAudio": with_audio}

    def ask(self, job_id: str, upstream_model: str) -> UpstreamCall:
        path = f"publishers/google/models/{upstream_model}:fetchPredictOperation"
        return UpstreamCall(path, "POST", json.encode({"operationName": job_id}))

    def contents(self, response: _Response) -> tuple[str, ...]:
        return tuple(f"video:{index}" for index, made in enumerate(response.videos) if made.bytes_base64_encoded)

    def content(self, job_id: str, content: str, upstream_model: str) -> UpstreamCall | None:
        return replace(self.ask(job_id, upstream_model), gives="base64")

    def film_in(self, data: bytes, content: str) -> FilmFound | None:
        try:
            made = decode_mended(_operation, data).response.videos[int(content.removeprefix("video:"))]
        except (*UNREADABLE, ValueError, IndexError):
            return None
        return FilmFound(b64=made.bytes_base64_encoded, media_type=made.mime_type)


def _image(url: str) -> dict[str, str]:
    data_url = split_data_url(url)
    if data_url is None:
        raise InvalidRequest("A picture in `frame_images` has no content.", field="frame_images")
    return {"bytesBase64Encoded": data_url.data, "mimeType": data_url.mime}
