"""`/files`: upload, list, look at, download and delete files of a workspace (inference.md 26)."""

from typing import Annotated
from urllib.parse import quote

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from trunkline.accounts.types import Principal
from trunkline.api.authentication import authenticate
from trunkline.api.context import ControlPlane
from trunkline.api.file_objects import (
    FileDeletedObject,
    FileListObject,
    FileObject,
    deleted_object,
    file_object,
    list_object,
    shape_of,
)
from trunkline.api.file_query import EVERYWHERE, PAGING, limit_of, position_of, purpose_of, workspace_of
from trunkline.api.operations import Endpoint, Operation, Parameter
from trunkline.api.uploads import receive_form
from trunkline.api.wire import json_response
from trunkline.core.errors import PermissionDenied
from trunkline.files.filenames import clean_filename
from trunkline.files.types import DEFAULT_PURPOSE, FilePurpose, NewFile

_TAG = "Files"
_ID = Parameter(name="file_id", where="path", required=True, description="The file's id: `or_file_…`")
_ERRORS = (400, 401, 403, 404, 429, 500, 503)


class UploadRequest(Struct, frozen=True):
    """Body of `POST /files`."""

    file: Annotated[str, Meta(extra_json_schema={"format": "binary"})]
    purpose: FilePurpose = DEFAULT_PURPOSE


UPLOAD = Operation(
    method="POST",
    path="/files",
    id="uploadFile",
    summary="Upload a file",
    tag=_TAG,
    parameters=EVERYWHERE,
    request=UploadRequest,
    request_media_type="multipart/form-data",
    response=FileObject,
    errors=(400, 401, 403, 413, 429, 500, 503),
)
LIST = Operation(
    method="GET",
    path="/files",
    id="listFiles",
    summary="List files",
    tag=_TAG,
    parameters=(*PAGING, *EVERYWHERE),
    response=FileListObject,
    errors=(400, 401, 403, 429, 500, 503),
)
GET = Operation(
    method="GET",
    path="/files/{file_id}",
    id="getFileMetadata",
    summary="Get file metadata",
    tag=_TAG,
    parameters=(_ID, *EVERYWHERE),
    response=FileObject,
    errors=_ERRORS,
)
DELETE = Operation(
    method="DELETE",
    path="/files/{file_id}",
    id="deleteFile",
    summary="Delete a file",
    tag=_TAG,
    parameters=(_ID, *EVERYWHERE),
    response=FileDeletedObject,
    errors=_ERRORS,
)
CONTENT = Operation(
    method="GET",
    path="/files/{file_id}/content",
    id="downloadFileContent",
    summary="Download file content",
    tag=_TAG,
    parameters=(_ID, *EVERYWHERE),
    response_media_type="application/octet-stream",
    errors=_ERRORS,
)


class _Files:
    __slots__ = ("_context",)

    def __init__(self, context: ControlPlane) -> None:
        self._context = context

    async def upload(self, request: Request) -> Response:
        caller, workspace_id = await self._caller(request)
        if caller.key.kind == "management":
            raise PermissionDenied("Management keys upload no files: use an API key of the workspace.")
        settings, files = self._context.settings, self._context.files
        async with files.receive(workspace_id) as incoming:
            form = await receive_form(
                request,
                incoming,
                file_bytes_max=settings.files.limit_mb * 1024 * 1024,
                timeout_s=settings.server.body_timeout_seconds,
            )
            purpose = purpose_of(form.fields.get("purpose") or request.query_params.get("purpose"))
            file = await files.keep(
                incoming,
                NewFile(
                    workspace_id=workspace_id,
                    account_id=caller.account_id,
                    filename=clean_filename(form.filename),
                    purpose=purpose or DEFAULT_PURPOSE,
                ),
            )
        shape = shape_of(request.headers, request.query_params, purpose_sent="purpose" in form.fields)
        return json_response(file_object(file, shape))

    async def list(self, request: Request) -> Response:
        _, workspace_id = await self._caller(request)
        query = request.query_params
        page = await self._context.files.page(
            workspace_id,
            after=position_of(query),
            purpose=purpose_of(query.get("purpose")),
            limit=limit_of(query),
        )
        return json_response(list_object(page, shape_of(request.headers, query)))

    async def get(self, request: Request) -> Response:
        _, workspace_id = await self._caller(request)
        file = await self._context.files.get(workspace_id, request.path_params["file_id"])
        return json_response(file_object(file, shape_of(request.headers, request.query_params)))

    async def delete(self, request: Request) -> Response:
        _, workspace_id = await self._caller(request)
        file_id: str = request.path_params["file_id"]
        await self._context.files.delete(workspace_id, file_id)
        return json_response(deleted_object(file_id, shape_of(request.headers, request.query_params)))

    async def content(self, request: Request) -> Response:
        _, workspace_id = await self._caller(request)
        file, pieces = await self._context.files.download(workspace_id, request.path_params["file_id"])
        headers = {
            "Content-Length": str(file.size_bytes),
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.filename, safe='')}",
            "X-Content-Type-Options": "nosniff",
        }
        return StreamingResponse(pieces, headers=headers, media_type="application/octet-stream")

    async def _caller(self, request: Request) -> tuple[Principal, str]:
        """Who calls, and the workspace that is meant."""
        caller = await authenticate(self._context, request.scope)
        return caller, await workspace_of(self._context, caller, request.query_params)


def endpoints(context: ControlPlane) -> list[Endpoint]:
    """The operations of this file with their handlers."""
    files = _Files(context)
    return [
        Endpoint(UPLOAD, files.upload),
        Endpoint(LIST, files.list),
        Endpoint(GET, files.get),
        Endpoint(DELETE, files.delete),
        Endpoint(CONTENT, files.content),
    ]
