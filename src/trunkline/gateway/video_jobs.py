"""Video jobs: written down when a provider has taken them on, asked after until they end, billed and told then.

Every process works on them; a lease in the row keeps two from working on the same one, and a job whose process died is
taken up by another when its lease lapses (inference.md 25.6).
"""

import asyncio
from collections.abc import Iterable
from typing import Final

import msgspec
import structlog
from msgspec import structs

from trunkline.core import ids, json
from trunkline.core.clock import Clock
from trunkline.core.errors import NotFound
from trunkline.core.money import NanoUsd
from trunkline.gateway.callbacks import Callbacks, retry_at_ms
from trunkline.gateway.exchange import Exchange
from trunkline.gateway.job_calls import JobCalls
from trunkline.gateway.job_objects import event_of, submitted
from trunkline.gateway.settlement import Settlement
from trunkline.generations.types import Generation, GenerationStatus
from trunkline.protocols.media_use import MediaUse
from trunkline.protocols.videos.codec import CONTENTS_MAX, JobState
from trunkline.protocols.videos.upstreams import VIDEOS
from trunkline.providers.upstream import UpstreamFailed
from trunkline.settings import Settings
from trunkline.storage.interface import Database, StorageRefused, StorageUnavailable
from trunkline.storage.shared.interface import HoldRequest, SharedState
from trunkline.videos import repository
from trunkline.videos.types import JobStatus, VideoJob

TICK_S: Final = 1.0
AT_ONCE: Final = 16
"""Jobs that one process works on together."""
CALL_S_MAX: Final = 60.0
"""And half of the lease at most: what a call tells must be written down before another process may ask."""
HOLD_S: Final = 900
STATE_BYTES_MAX: Final = 64 * 1024 * 1024
"""Vertex answers with the film itself."""
BACKOFF: Final = 1.25
BACKOFF_MAX: Final = 6.0
SANDBOX_POLL_S: Final = 1.0
GONE: Final = "The provider no longer knows this job"
EXPIRED: Final = "Job exceeded maximum time to live"
_log = structlog.get_logger("trunkline.videos")
_generation = msgspec.json.Decoder(Generation)


class VideoJobs:
    """The jobs of this instance, as one process sees them."""

    def __init__(
        self,
        *,
        settings: Settings,
        clock: Clock,
        database: Database,
        shared: SharedState,
        settlement: Settlement,
        callbacks: Callbacks,
        calls: JobCalls,
    ) -> None:
        self._settings = settings.videos
        self._lease_ms = round(settings.videos.lease_seconds * 1000)
        self._public_url = settings.public_url
        self._clock = clock
        self._database = database
        self._shared = shared
        self._settlement = settlement
        self._callbacks = callbacks
        self._calls = calls

    async def take_on(
        self, exchange: Exchange, protocol: str, upstream_id: str, used: Iterable[MediaUse], callback_url: str | None
    ) -> bytes:
        """Write down what a provider has taken on; the body for its caller. Raises StorageUnavailable."""
        assert exchange.candidate is not None and exchange.runtime is not None
        endpoint, now_ms = exchange.candidate.endpoint, self._clock.now_ms()
        record = await self._settlement.begin_job(exchange, used)
        job = VideoJob(
            id=ids.job_id(),
            account_id=record.account_id,
            key_hash=record.key_hash,
            generation_id=record.id,
            status="pending",
            model=record.model,
            endpoint_id=endpoint.id,
            protocol=protocol,
            upstream_model=endpoint.upstream_model,
            upstream_id=upstream_id,
            created_at_ms=record.created_at_ms,
            expires_at_ms=now_ms + self._settings.expire_hours * 3_600_000,
            due_at_ms=now_ms + self._wait_ms(0, in_process=exchange.runtime.in_process),
            cost_nanousd=record.cost_nanousd,
            charged=record.charged,
            credential_id=record.credential_id,
            record=json.encode(record).decode(),
            callback_url=callback_url or self._settings.callback_url,
        )
        await self._database.write(repository.insert_job, job)
        return submitted(job, self._public_url)

    async def find(self, account_id: str, job_id: str) -> VideoJob:
        """A job of the account. Raises NotFound for all others."""
        job = await self._database.read(repository.find, account_id, job_id)
        if job is None:
            raise NotFound(f"There is no video job {job_id[:64]}.")
        return job

    async def run(self) -> None:
        """Work for ever: what fails is logged and tried again."""
        while True:
            await asyncio.sleep(TICK_S)
            try:
                await self.work()
            except (StorageUnavailable, StorageRefused) as error:
                _log.warning("video jobs wait for the database", reason=str(error))
            except Exception:  # noqa: BLE001 -- the boundary of a loop that must not end
                _log.exception("working on video jobs failed; the next round is in a second")

    async def work(self) -> None:
        """One round over the jobs that are due."""
        now_ms = self._clock.now_ms()
        jobs = await self._database.write(repository.claim, now_ms, now_ms + self._lease_ms, AT_ONCE)
        await asyncio.gather(*(self._advance(job) for job in jobs))

    async def _advance(self, job: VideoJob) -> None:
        held_until_ms = job.lease_until_ms
        advanced = await (self._tell(job) if job.is_over else self._ask(job))
        await self._database.write(repository.save, advanced, held_until_ms)

    async def _ask(self, job: VideoJob) -> VideoJob:
        """Ask the provider, and settle what it says has ended."""
        now_ms = self._clock.now_ms()
        if now_ms >= job.expires_at_ms:
            return await self._end(job, "expired", EXPIRED)
        await self._keep_hold(job, now_ms)
        state = await self._state(job)
        if state is None or state.status in ("pending", "in_progress"):
            polls = job.polls + 1
            wait_ms = self._wait_ms(polls, in_process=not job.charged)  # only the Sandbox charges nobody
            status: JobStatus = job.status if state is None else state.status
            return structs.replace(job, status=status, polls=polls, due_at_ms=self._clock.now_ms() + wait_ms)
        contents = json.encode(state.contents[:CONTENTS_MAX]).decode()
        return await self._end(structs.replace(job, contents=contents), state.status, state.error)

    async def _state(self, job: VideoJob) -> JobState | None:
        """What the provider says; None: nothing this time."""
        codec = VIDEOS[job.protocol]
        try:
            async with asyncio.timeout(min(CALL_S_MAX, self._lease_ms / 2000)):
                response = await self._calls.open(job, codec.ask(job.upstream_id, job.upstream_model))
                if response is None:
                    return None
                try:
                    if response.status == 200:
                        return codec.state(await response.read_all(STATE_BYTES_MAX))
                finally:
                    response.cancel()
        except (TimeoutError, UpstreamFailed) as failure:
            _log.warning("a provider could not be asked after a video job", job=job.id, reason=str(failure))
            return None
        return JobState(status="failed", error=GONE) if response.status in (404, 410) else None

    async def _end(self, job: VideoJob, status: JobStatus, error: str | None) -> VideoJob:
        """Record and bill, once; a job that failed costs nothing."""
        now_ms, completed = self._clock.now_ms(), status == "completed"
        record = _generation.decode(job.record)
        told: GenerationStatus = "completed" if completed else "cancelled" if status == "cancelled" else "failed"
        record = structs.replace(
            record,
            status=told,
            finished_at_ms=now_ms,
            generation_time_ms=now_ms - record.created_at_ms,
            cost_nanousd=record.cost_nanousd if completed else NanoUsd(0),
            upstream_cost_nanousd=record.upstream_cost_nanousd if completed else NanoUsd(0),
            num_media_completion=1 if completed else None,
            finish_reason="stop" if completed else "error",
            error_type=None if completed else "provider_unavailable",
            error_code=None if completed else 502,
        )
        is_new = not await self._database.read(repository.is_recorded, job.generation_id)
        await self._settlement.finish_job(record, is_new=is_new)
        message = None if completed else error or f"The provider's job is {status}"
        due_at_ms = now_ms if job.callback_url is not None else None
        return structs.replace(job, status=status, error=message, due_at_ms=due_at_ms)

    async def _tell(self, job: VideoJob) -> VideoJob:
        """Deliver the callback, or plan the next delivery."""
        assert job.callback_url is not None
        now_ms = self._clock.now_ms()
        event = event_of(job, self._public_url, now_ms)
        if await self._callbacks.tell(job.callback_url, f"{job.id}-{job.status}", event, now_ms):
            return structs.replace(job, due_at_ms=None)
        attempts = job.callback_attempts + 1
        return structs.replace(job, callback_attempts=attempts, due_at_ms=retry_at_ms(attempts, now_ms))

    async def _keep_hold(self, job: VideoJob, now_ms: int) -> None:
        """The money stays reserved while the job runs, also in a process that did not begin it."""
        await self._shared.hold(
            HoldRequest(
                hold_id=job.generation_id,
                account_id=job.account_id,
                key_hash=job.key_hash,
                amount_nanousd=job.cost_nanousd if job.charged else NanoUsd(0),
                expires_at_ms=now_ms + HOLD_S * 1000,
                enforce_balance=False,
                key_limit_nanousd=None,
                key_window_start_day=0,
                include_byok_in_limit=False,
            )
        )

    def _wait_ms(self, polls: int, *, in_process: bool) -> int:
        if in_process:
            return round(min(SANDBOX_POLL_S, self._settings.poll_seconds) * 1000)
        return round(self._settings.poll_seconds * 1000 * min(BACKOFF_MAX, BACKOFF ** min(polls, 32)))
