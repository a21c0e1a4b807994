"""Asking after video jobs, and their models (inference.md 25.2–25.4); `generation.py` takes the submissions."""

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from trunkline.api.authentication import authenticate
from trunkline.api.catalog_view import CatalogView
from trunkline.api.context import ControlPlane
from trunkline.api.operations import Endpoint, build_routes
from trunkline.api.video_objects import VideoModels, video_model
from trunkline.api.video_operations import CONTENT, MODELS, POLL
from trunkline.api.wire import json_response
from trunkline.core.errors import InvalidRequest
from trunkline.gateway.job_objects import job_object
from trunkline.gateway.upstreams import is_spoken
from trunkline.gateway.video_content import VideoContent
from trunkline.gateway.video_jobs import VideoJobs

INDEX_DIGITS_MAX = 4


class VideosApi:
    """The handlers; one for the life of the process."""

    def __init__(self, context: ControlPlane, view: CatalogView, jobs: VideoJobs, content: VideoContent) -> None:
        self._context = context
        self._view = view
        self._jobs = jobs
        self._content = content

    async def poll(self, request: Request) -> Response:
        """`GET /videos/{jobId}`."""
        caller = await authenticate(self._context, request.scope)
        job = await self._jobs.find(caller.account_id, request.path_params["jobId"])
        return json_response(job_object(job, self._context.settings.public_url))

    async def download(self, request: Request) -> Response:
        """`GET /videos/{jobId}/content`."""
        caller = await authenticate(self._context, request.scope)
        job = await self._jobs.find(caller.account_id, request.path_params["jobId"])
        index = request.query_params.get("index", "0")
        if not index.isdecimal() or len(index) > INDEX_DIGITS_MAX:
            raise InvalidRequest("`index` must be a whole number from 0.", field="index")
        film = await self._content.open(job, int(index), request.headers.get("range"))
        headers = {**film.headers, "X-Content-Type-Options": "nosniff"}
        return StreamingResponse(film.pieces, film.status, headers)

    async def models(self, request: Request) -> Response:
        """`GET /videos/models`."""
        rows = [
            video_model(model, spoken[0])
            for model in self._view.snapshot().models.values()
            if model.operation == "video" and not model.private_to
            for spoken in ([endpoint for endpoint in model.endpoints if is_spoken(endpoint)],)
            if spoken
        ]
        return json_response(VideoModels(rows))


def routes(context: ControlPlane, view: CatalogView, jobs: VideoJobs, content: VideoContent) -> list[Route]:
    """Starlette routes relative to the API root; the list of models before the jobs, whose pattern it fits."""
    api = VideosApi(context, view, jobs, content)
    return build_routes([Endpoint(MODELS, api.models), Endpoint(POLL, api.poll), Endpoint(CONTENT, api.download)])
