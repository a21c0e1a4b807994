"""Files in the three shapes that clients expect (inference.md 26). `_shape` tells which one it is."""

import re
from collections.abc import Mapping
from typing import Final, Literal

from msgspec import Struct

from trunkline.api.file_cursors import encode_cursor
from trunkline.api.wire import timestamp
from trunkline.files.types import FilePage, FilePurpose, StoredFile

Shape = Literal["openrouter", "anthropic", "openai"]
_OPENAI_SDK: Final = re.compile(r"(?:Async)?(?:Azure)?OpenAI/")
_OPENAI_PARAMETERS: Final = ("purpose", "after", "order")


def shape_of(headers: Mapping[str, str], query: Mapping[str, str], *, purpose_sent: bool = False) -> Shape:
    """The shape that the caller reads: Anthropic's by its headers, OpenAI's by its parameters or its SDK.

    `purpose_sent`: the upload's form has a `purpose`.
    """
    if "anthropic-version" in headers or "anthropic-beta" in headers:
        return "anthropic"
    if purpose_sent or any(name in query for name in _OPENAI_PARAMETERS):
        return "openai"
    return "openai" if _OPENAI_SDK.match(headers.get("user-agent", "")) else "openrouter"


class _File(Struct, frozen=True, kw_only=True, tag_field="_shape"):
    id: str
    filename: str
    mime_type: str
    size_bytes: int
    created_at: str
    downloadable: bool
    type: Literal["file"] = "file"


class OpenRouterFile(_File, frozen=True, tag="openrouter"):
    """A file."""


class AnthropicFile(_File, frozen=True, tag="anthropic"):
    """A file, as Anthropic's clients read it."""


class OpenAIFile(Struct, frozen=True, kw_only=True, tag_field="_shape", tag="openai"):
    """A file, as OpenAI's clients read it. `created_at` in Unix seconds."""

    id: str
    filename: str
    bytes: int
    created_at: int
    purpose: FilePurpose
    object: Literal["file"] = "file"
    status: Literal["processed"] = "processed"


FileObject = OpenRouterFile | AnthropicFile | OpenAIFile


class _FileList(Struct, frozen=True, kw_only=True, tag_field="_shape"):
    first_id: str | None
    last_id: str | None
    has_more: bool


class OpenRouterFileList(_FileList, frozen=True, kw_only=True, tag="openrouter"):
    """Files, oldest first; `cursor` gets the next page."""

    data: list[FileObject]
    cursor: str | None


class AnthropicFileList(_FileList, frozen=True, kw_only=True, tag="anthropic"):
    """Files, oldest first; `after_id` with `last_id` gets the next page, and `page` with `next_page`, which newer
    versions of Anthropic's SDK read."""

    data: list[FileObject]
    next_page: str | None


class OpenAIFileList(_FileList, frozen=True, kw_only=True, tag="openai"):
    """Files, oldest first; `after` with `last_id` gets the next page."""

    data: list[FileObject]
    object: Literal["list"] = "list"


FileListObject = OpenRouterFileList | AnthropicFileList | OpenAIFileList


class OpenRouterFileDeleted(Struct, frozen=True, tag_field="_shape", tag="openrouter"):
    """The file is gone."""

    id: str
    type: Literal["file_deleted"] = "file_deleted"


class AnthropicFileDeleted(Struct, frozen=True, tag_field="_shape", tag="anthropic"):
    """The file is gone."""

    id: str
    type: Literal["file_deleted"] = "file_deleted"


class OpenAIFileDeleted(Struct, frozen=True, tag_field="_shape", tag="openai"):
    """The file is gone."""

    id: str
    object: Literal["file"] = "file"
    deleted: Literal[True] = True


FileDeletedObject = OpenRouterFileDeleted | AnthropicFileDeleted | OpenAIFileDeleted


def file_object(file: StoredFile, shape: Shape) -> FileObject:
    """A file in one of the shapes."""
    if shape == "openai":
        return OpenAIFile(
            id=file.id,
            filename=file.filename,
            bytes=file.size_bytes,
            created_at=file.created_at_ms // 1000,
            purpose=file.purpose,
        )
    return (AnthropicFile if shape == "anthropic" else OpenRouterFile)(
        id=file.id,
        filename=file.filename,
        mime_type=file.media_type,
        size_bytes=file.size_bytes,
        created_at=timestamp(file.created_at_ms),
        downloadable=file.downloadable,
    )


def list_object(page: FilePage, shape: Shape) -> FileListObject:
    """A page of files in one of the shapes."""
    data = [file_object(file, shape) for file in page.files]
    first_id, last_id = (page.files[0].id, page.files[-1].id) if page.files else (None, None)
    cursor = encode_cursor(last_id) if page.has_more and last_id is not None else None
    match shape:
        case "openai":
            return OpenAIFileList(data=data, first_id=first_id, last_id=last_id, has_more=page.has_more)
        case "anthropic":
            return AnthropicFileList(
                data=data, first_id=first_id, last_id=last_id, has_more=page.has_more, next_page=cursor
            )
        case "openrouter":
            return OpenRouterFileList(
                data=data, first_id=first_id, last_id=last_id, has_more=page.has_more, cursor=cursor
            )


def deleted_object(file_id: str, shape: Shape) -> FileDeletedObject:
    """That a file is gone, in one of the shapes."""
    match shape:
        case "openai":
            return OpenAIFileDeleted(file_id)
        case "anthropic":
            return AnthropicFileDeleted(file_id)
        case "openrouter":
            return OpenRouterFileDeleted(file_id)
