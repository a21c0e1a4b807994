"""What is sent as `contents`, by its names on the wire."""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType


class InlineData(Struct, frozen=True, rename="camel"):
    """Base64 data of a type."""

    mime_type: str
    data: str


class FileData(Struct, frozen=True, rename="camel"):
    """An address that Google opens by itself."""

    file_uri: str
    mime_type: str | UnsetType = UNSET


class FunctionCall(Struct, frozen=True):
    """`args` is a JSON object."""

    name: str
    args: object
    id: str | UnsetType = UNSET


class FunctionResponse(Struct, frozen=True):
    """`response` is a JSON object; `parts` are media that belong to it."""

    name: str
    response: object
    id: str | UnsetType = UNSET
    parts: "list[WrittenPart] | UnsetType" = UNSET


class WrittenPart(Struct, rename="camel", kw_only=True):
    """One part: exactly one of text, data, file, call and response is set."""

    text: str | UnsetType = UNSET
    inline_data: InlineData | UnsetType = UNSET
    file_data: FileData | UnsetType = UNSET
    function_call: FunctionCall | UnsetType = UNSET
    function_response: FunctionResponse | UnsetType = UNSET
    thought: Literal[True] | UnsetType = UNSET
    thought_signature: str | UnsetType = UNSET


class Content(Struct):
    """One turn."""

    role: Literal["user", "model"]
    parts: list[WrittenPart]
