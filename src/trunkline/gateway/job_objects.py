"""Video jobs as clients and callbacks read them (inference.md 25.1, 25.2, 25.5)."""

from datetime import UTC, datetime, timedelta

import msgspec

from trunkline.core import json
from trunkline.core.money import usd_number
from trunkline.videos.types import VideoJob

_contents = msgspec.json.Decoder(tuple[str, ...])
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def contents_of(job: VideoJob) -> tuple[str, ...]:
    """What the films are found by."""
    return _contents.decode(job.contents)


def submitted(job: VideoJob, public_url: str) -> bytes:
    """The answer to the submission."""
    return json.encode({"id": job.id, "polling_url": _url(job, public_url), "status": job.status})


def job_object(job: VideoJob, public_url: str) -> dict[str, object]:
    """A job as it stands."""
    members: dict[str, object] = {
        "id": job.id,
        "polling_url": _url(job, public_url),
        "status": job.status,
        "generation_id": job.generation_id,
    }
    return members | _outcome(job, public_url)


def event_of(job: VideoJob, public_url: str, now_ms: int) -> dict[str, object]:
    """What a callback is told at the end."""
    created_at = (_EPOCH + timedelta(milliseconds=now_ms)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    data: dict[str, object] = {
        "id": job.id,
        "status": job.status,
        "generation_id": job.generation_id,
        "model": job.model,
    }
    return {
        "type": f"video.generation.{job.status}",
        "created_at": created_at,
        "data": data | _outcome(job, public_url),
    }


def _outcome(job: VideoJob, public_url: str) -> dict[str, object]:
    if job.status == "completed":
        urls = [f"{_url(job, public_url)}/content?index={index}" for index in range(len(contents_of(job)))]
        return {"unsigned_urls": urls, "usage": {"cost": usd_number(job.cost_nanousd), "is_byok": False}}
    return {"error": job.error or ""} if job.is_over else {}


def _url(job: VideoJob, public_url: str) -> str:
    return f"{public_url}/api/v1/videos/{job.id}"
