"""Rollups as so many generations would have left them, written straight into the tables."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, insert

from trunkline.core.calendar import DAY_MS
from trunkline.statistics import sketch
from trunkline.statistics.counting import ENDPOINT_ROLLUPS, USAGE_ROLLUPS
from trunkline.storage.engine import open_engine, parse_url
from trunkline.storage.schema import migrate
from trunkline.storage.tables import accounts
from trunkline.storage.tables import apps as apps_table

NOW_MS = 1_795_348_800_000
TODAY = NOW_MS // DAY_MS
DAYS = 90
HISTORY_DAYS = 365
ACCOUNTS, KEYS, APPS, MODELS, PROVIDERS = 20, 200, 60, 120, 3
ROWS_AT_ONCE = 5_000
"""Of one insert."""

Row = dict[str, Any]


class Filler:
    """Makes the rows of `generations` generations over ninety days, the same each time."""

    def __init__(self, generations: int) -> None:
        self._dice = random.Random(42)
        self._per_day = generations // DAYS
        # Every key uses a few models by one app; half of the traffic is one account's.
        self._habits = [
            (f"user_{0 if key % 2 else key % ACCOUNTS}", f"{key:064x}", key % APPS + 1, self._models())
            for key in range(KEYS)
        ]

    def _models(self) -> list[int]:
        return sorted({min(MODELS - 1, int(self._dice.expovariate(0.06))) for _ in range(12)})

    def fill(self, connection: Connection) -> dict[str, int]:
        """Write everything; rows by table."""
        connection.execute(insert(accounts), [_account(number) for number in range(ACCOUNTS)])
        connection.execute(insert(apps_table), [_app(number) for number in range(1, APPS + 1)])
        tables = {**USAGE_ROLLUPS, **ENDPOINT_ROLLUPS}
        made = {
            "usage_days": self._usage_days(),
            "usage_hours": self._usage_hours(),
            "model_days": self._model_days(),
            "app_days": self._app_days(),
            "task_days": self._task_days(),
            "endpoint_hours": self._endpoint_rows("hour", range((TODAY - 7) * 24, TODAY * 24)),
            "endpoint_days": self._endpoint_rows("day", range(TODAY - 90, TODAY)),
        }
        return {name: _write(connection, tables[name], rows) for name, rows in made.items()}

    def _uses(self) -> Iterator[tuple[str, str, int, str, str]]:
        for account, key, app, models in self._habits:
            for model in models:
                for provider in range(PROVIDERS):
                    yield account, key, app, f"acme/model-{model:03}", f"acme/model-{model:03}|p{provider}"

    def _usage(self, share: int) -> Row:
        requests = max(1, self._per_day // share)
        return {
            "permaslug": "acme/model", "provider_name": "P", "generations": requests, "requests": requests,
            "failures": 0, "prompt_tokens": requests * 900, "completion_tokens": requests * 300,
            "reasoning_tokens": requests * 50, "cached_tokens": requests * 100, "byok_nanousd": 0,
            "usage_nanousd": requests * 1_234_567,
        }  # fmt: skip

    def _usage_days(self) -> Iterator[Row]:
        uses = list(self._uses())
        for account, key, app, model, endpoint in uses:
            for day in range(TODAY - DAYS, TODAY):
                row = {"account_id": account, "day": day, "model": model, "endpoint_id": endpoint}
                yield {**row, "workspace_id": f"w{app % 4}", "key_hash": key, "app_id": app, **self._usage(len(uses))}

    def _usage_hours(self) -> Iterator[Row]:
        uses = list(self._uses())
        for account, key, app, model, endpoint in uses:
            for hour in range((TODAY - 7) * 24, TODAY * 24):
                row = {"account_id": account, "hour": hour, "model": model, "endpoint_id": endpoint}
                usage = self._usage(24 * len(uses))
                yield {**row, "workspace_id": f"w{app % 4}", "key_hash": key, "app_id": app, **usage}

    def _model_days(self) -> Iterator[Row]:
        for day in range(TODAY - HISTORY_DAYS, TODAY):
            for model in range(MODELS):
                for bucket in range(4):
                    for tools in (False, True):
                        tokens = self._dice.randrange(1, 10**7)
                        yield {
                            "day": day, "model": f"acme/model-{model:03}", "context_bucket": bucket,
                            "used_tools": tools, "permaslug": f"acme/model-{model:03}", "requests": 10,
                            "prompt_tokens": tokens, "completion_tokens": tokens // 3, "reasoning_tokens": 5,
                            "usage_nanousd": tokens,
                        }  # fmt: skip

    def _app_days(self) -> Iterator[Row]:
        for day in range(TODAY - HISTORY_DAYS, TODAY):
            for app in range(1, APPS + 1):
                for model in range(0, MODELS, 6):
                    tokens = self._dice.randrange(1, 10**7)
                    yield {
                        "day": day, "app_id": app, "model": f"acme/model-{model:03}", "requests": 10,
                        "permaslug": f"acme/model-{model:03}", "prompt_tokens": tokens, "completion_tokens": tokens,
                        "reasoning_tokens": 0,
                    }  # fmt: skip

    def _task_days(self) -> Iterator[Row]:
        for day in range(TODAY - 30, TODAY):
            for task in ("code:debugging", "code:general_impl", "math", "translation", "agent:web_search"):
                for model in range(MODELS):
                    yield {
                        "day": day, "task": task, "model": f"acme/model-{model:03}", "permaslug": "m", "requests": 10,
                        "prompt_tokens": 1000, "completion_tokens": 300, "usage_nanousd": 10**6,
                    }  # fmt: skip

    def _endpoint_rows(self, bucket: str, buckets: range) -> Iterator[Row]:
        bins = sketch.encode({sketch.bin_of(self._dice.lognormvariate(6, 1)): 3 for _ in range(60)})
        for at in buckets:
            for model in range(MODELS):
                for provider in range(PROVIDERS):
                    yield {
                        bucket: at, "endpoint_id": f"acme/model-{model:03}|p{provider}", "successes": 99,
                        "failures": 1, "rate_limited": 0, "forbidden": 0, "tool_requests": 9, "tool_errors": 1,
                        "structured_requests": 0, "structured_errors": 0, "latency_ms": bins, "throughput_tps": bins,
                    }  # fmt: skip


def _account(number: int) -> Row:
    return {"id": f"user_{number}", "name": "A", "created_at_ms": NOW_MS}


def _app(number: int) -> Row:
    values = {"id": number, "origin": f"app-{number}.example", "title": f"App {number}", "created_at_ms": NOW_MS}
    return {**values, "categories": "cli-agent" if number % 3 else "game"}


def _write(connection: Connection, table: Table, rows: Iterator[Row]) -> int:
    count, part = 0, list[Row]()
    for row in rows:
        part.append(row)
        if len(part) == ROWS_AT_ONCE:
            connection.execute(insert(table), part)
            count, part = count + len(part), list[Row]()
    if part:
        connection.execute(insert(table), part)
    return count + len(part)


def filled(path: Path, generations: int) -> tuple[str, dict[str, int]]:
    """The URL of a new SQLite database with such rollups, and their rows."""
    url = f"sqlite:///{path}"
    migrate(url)
    engine = open_engine(parse_url(url), "writer")
    with engine.begin() as connection:
        rows = Filler(generations).fill(connection)
    engine.dispose()
    return url, rows
