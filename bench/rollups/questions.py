"""What pages ask of the rollups, one by one."""

import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from bench.rollups.filler import PROVIDERS, TODAY
from trunkline.statistics import activity, apps, history, rankings, tasks
from trunkline.statistics.activity import ActivityQuery


def _activity(**changes: Any) -> ActivityQuery:
    values: dict[str, Any] = {
        "account_id": "user_0",
        "first_day": TODAY - 30,
        "last_day": TODAY - 1,
        "default_workspace_id": "w0",
    }
    return ActivityQuery(**{**values, **changes})


ENDPOINTS = [f"acme/model-001|p{provider}" for provider in range(PROVIDERS)]

QUESTIONS: dict[str, Callable[[Connection], object]] = {
    "activity, 30 days": lambda c: activity.list_activity(c, _activity()),
    "activity, one day": lambda c: activity.list_activity(c, _activity(first_day=TODAY - 1)),
    "activity, one key": lambda c: activity.list_activity(c, _activity(key_hash=f"{3:064x}")),
    "activity by workspace": lambda c: activity.list_activity(c, _activity(by_workspace=True)),
    "popularity, 7 days": lambda c: rankings.tokens_by_model(c, TODAY - 6),
    "rankings, 30 days": lambda c: rankings.rank_models(c, TODAY - 31, TODAY - 1),
    "rankings, weeks of 90 days": lambda c: rankings.rank_models(c, TODAY - 90, TODAY - 1, period="week"),
    "rankings, one bucket": lambda c: rankings.rank_models(c, TODAY - 31, TODAY - 1, context_bucket="10K"),
    "a model's days, 90": lambda c: rankings.days_of_model(c, "acme/model-001", TODAY - 90, TODAY - 1),
    "popular apps, 30 days": lambda c: apps.rank_apps(c, TODAY - 31, TODAY - 1),
    "trending apps, 7 days": lambda c: apps.rank_apps(c, TODAY - 7, TODAY - 1, sort="trending"),
    "top apps of a model": lambda c: apps.rank_apps(c, TODAY - 31, TODAY - 1, model="acme/model-006"),
    "an app's days, 30": lambda c: apps.use_of_app(c, 7, TODAY - 30, TODAY - 1),
    "tasks, 7 days": lambda c: tasks.task_uses(c, TODAY - 7, TODAY - 1),
    "uptime bars, 3 days": lambda c: history.measured(c, "hours", ENDPOINTS, (TODAY - 3) * 24),
    "performance, 30 days": lambda c: history.measured(c, "days", ENDPOINTS, TODAY - 30),
    "status, 90 days": lambda c: history.days_of_all(c, TODAY - 90),
}


def timed(
    connection: Connection, ask: Callable[[Connection], object], clock_s: Callable[[], float] = time.perf_counter
) -> float:
    """Milliseconds of the better of three askings, by a clock of the wall or of the processor."""

    def once() -> float:
        began_s = clock_s()
        assert ask(connection)
        return (clock_s() - began_s) * 1000

    return min(once() for _ in range(3))
