"""SQL of video jobs. Every lookup on a caller's behalf is scoped by account in its WHERE (XT-01)."""

import msgspec
from sqlalchemy import Connection, insert, select, update

from trunkline.storage.tables import generations, video_jobs
from trunkline.videos.types import VideoJob

_COLUMNS = tuple(video_jobs.c[field] for field in VideoJob.__struct_fields__)


def insert_job(connection: Connection, job: VideoJob) -> None:
    """A job that a provider has taken on."""
    connection.execute(insert(video_jobs).values(**msgspec.structs.asdict(job)))


def find(connection: Connection, account_id: str, job_id: str) -> VideoJob | None:
    """The job, if the account has it: one lookup for unknown and foreign ids alike."""
    query = select(*_COLUMNS).where(video_jobs.c.id == job_id, video_jobs.c.account_id == account_id)
    row = connection.execute(query).mappings().first()
    return None if row is None else msgspec.convert(row, VideoJob)


def claim(connection: Connection, now_ms: int, lease_until_ms: int, limit: int) -> list[VideoJob]:
    """Up to `limit` jobs that are due and that nobody works on: from now on they are the caller's.

    Of two processes that see the same row, the one whose update finds the old lease has it.
    """
    query = select(*_COLUMNS).where(video_jobs.c.due_at_ms <= now_ms, video_jobs.c.lease_until_ms <= now_ms)
    rows = connection.execute(query.order_by(video_jobs.c.due_at_ms).limit(limit)).mappings().all()
    return [
        msgspec.structs.replace(job, lease_until_ms=lease_until_ms)
        for job in (msgspec.convert(row, VideoJob) for row in rows)
        if _take(connection, job, lease_until_ms)
    ]


def _take(connection: Connection, job: VideoJob, lease_until_ms: int) -> bool:
    statement = update(video_jobs).where(video_jobs.c.id == job.id, video_jobs.c.lease_until_ms == job.lease_until_ms)
    return connection.execute(statement.values(lease_until_ms=lease_until_ms)).rowcount == 1


def save(connection: Connection, job: VideoJob, held_until_ms: int) -> bool:
    """Write what became of a claimed job and give it back. False: the lease had lapsed, and another has it."""
    values = msgspec.structs.asdict(job)
    values["lease_until_ms"] = 0
    statement = update(video_jobs).where(video_jobs.c.id == job.id, video_jobs.c.lease_until_ms == held_until_ms)
    return connection.execute(statement.values(**values)).rowcount == 1


def is_recorded(connection: Connection, generation_id: str) -> bool:
    """Whether the job's generation is settled already, by a process that died before it could say so."""
    query = select(generations.c.id).where(generations.c.id == generation_id)
    return connection.execute(query).first() is not None
