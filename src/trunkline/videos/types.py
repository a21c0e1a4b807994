"""A video job (inference.md 25)."""

from typing import Final, Literal

from msgspec import Struct

from trunkline.core.money import NanoUsd

JobStatus = Literal["pending", "in_progress", "completed", "failed", "cancelled", "expired"]
TERMINAL: Final[frozenset[JobStatus]] = frozenset({"completed", "failed", "cancelled", "expired"})


class VideoJob(Struct, frozen=True, kw_only=True):
    """A row of `video_jobs`. Times in milliseconds, money in nano-dollars."""

    id: str
    account_id: str
    key_hash: str
    generation_id: str
    status: JobStatus
    model: str
    endpoint_id: str
    protocol: str
    upstream_model: str
    upstream_id: str
    """What the provider calls the job."""
    created_at_ms: int
    expires_at_ms: int
    """When it is given up."""
    due_at_ms: int | None
    """When there is something to do for it: ask the provider, or tell the callback; None: never again."""
    lease_until_ms: int = 0
    """Until then one process works on it."""
    polls: int = 0
    cost_nanousd: NanoUsd
    """What it costs once it is completed."""
    charged: bool
    """False: nobody pays (Sandbox)."""
    credential_id: str | None = None
    """The caller's own provider key that it runs on; None: the operator's."""
    record: str
    """Its generation's record as JSON, as far as it was known at the submission."""
    contents: str = "[]"
    """JSON list of what the films are found by."""
    error: str | None = None
    callback_url: str | None = None
    callback_attempts: int = 0

    @property
    def is_over(self) -> bool:
        return self.status in TERMINAL
