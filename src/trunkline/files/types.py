"""Files of a workspace (inference.md 26)."""

from typing import Final, Literal

from msgspec import Struct

FilePurpose = Literal[
    "assistants",
    "batch",
    "fine-tune",
    "vision",
    "user_data",
    "evals",
    "assistants_output",
    "batch_output",
    "fine-tune-results",
]
"""What OpenAI's clients say that a file is for. It changes nothing here and is told again."""
DEFAULT_PURPOSE: Final[FilePurpose] = "user_data"


class StoredFile(Struct, frozen=True, kw_only=True):
    """What is known of a file; its content is a blob of the same id. Ids ascend with the time of creation."""

    id: str
    workspace_id: str
    account_id: str
    filename: str
    media_type: str
    """As its content tells, whatever name and sender say."""
    size_bytes: int
    purpose: FilePurpose
    downloadable: bool
    """Made here, and not uploaded: only such a file is given back."""
    created_at_ms: int


class NewFile(Struct, frozen=True, kw_only=True):
    """What its maker decides of a file."""

    workspace_id: str
    account_id: str
    filename: str
    purpose: FilePurpose = DEFAULT_PURPOSE
    downloadable: bool = False


class FilePage(Struct, frozen=True):
    """Some files of a workspace, oldest first."""

    files: tuple[StoredFile, ...]
    has_more: bool


class FileLimits(Struct, frozen=True, kw_only=True):
    """How much is kept."""

    file_bytes: int
    workspace_bytes: int
    workspace_files: int


class Occupied(Struct, frozen=True):
    """What a workspace keeps."""

    files: int
    size_bytes: int
