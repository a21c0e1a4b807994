"""Background tasks that are never lost: referenced, named, counted and drained on shutdown."""

import asyncio
from collections.abc import Coroutine

import structlog

_log = structlog.get_logger("trunkline.tasks")


class TaskSet:
    """Owns tasks that outlive the request that began them (draining an upstream, settling, refreshing).

    A task's failure is logged with its name; it never vanishes. `drain` waits for all, bounded.
    """

    __slots__ = ("_tasks",)

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    def start(self, coroutine: Coroutine[object, object, None], name: str) -> asyncio.Task[None]:
        """Run `coroutine` as a task of this set."""
        task = asyncio.get_running_loop().create_task(coroutine, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("background task failed", task=task.get_name(), error=repr(error))

    async def drain(self, timeout_s: float) -> int:
        """Wait up to `timeout_s` for the tasks to end, then cancel the rest. Returns how many were cancelled."""
        if not self._tasks:
            return 0
        _, pending = await asyncio.wait(tuple(self._tasks), timeout=timeout_s)
        for task in pending:
            task.cancel()
        if pending:
            await asyncio.wait(pending, timeout=1.0)
        return len(pending)
