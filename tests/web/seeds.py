"""What the instance under test has: models whose prices are easy to reckon with, and traffic that nobody sent.

Measurements are written as the statistics write them; the pages read them as they would real ones.
"""

import sqlite3
from pathlib import Path

from trunkline.statistics import sketch

HOUR_S = 3600
DAY_S = 86_400
MODEL = "acme/rocket-1"
ENDPOINT = f"{MODEL}|acme"
GOOD_HOURS = 70

CONFIGURATION = """
[sandbox]
mode = "always"
first_token_seconds = 0

[[endpoints]]
model = "acme/rocket-1"
provider = "acme"
base_url = "http://127.0.0.1:9/v1"
api_key = "none"
upstream_model = "rocket"
context_length = 400000
pricing = { prompt = "0.00000075", completion = "0.0000045", overrides = [
    { min_prompt_tokens = 200000, prompt = "0.0000015", completion = "0.000009" },
] }
"""

_MEASURED = (
    "successes, failures, rate_limited, forbidden, tool_requests, tool_errors, structured_requests, structured_errors, "
    "latency_ms, throughput_tps"
)


def seed(database: Path, now_s: int) -> None:
    """One endpoint: 72 hours, good ones, one of 80 %, one without data; 60 days, one of 95 % and one of 60 %. And a
    month of one model and one app."""
    with sqlite3.connect(database, timeout=30) as connection:
        hour = now_s // HOUR_S
        for back in range(GOOD_HOURS + 2):
            if back != 5:
                _measure(connection, "hour", hour - back, (16, 4) if back == 9 else (20, 0))
        for back in range(60):
            counts = (19, 1) if back == 12 else (12, 8) if back == 30 else (20, 0)
            _measure(connection, "day", now_s // DAY_S - back, counts)
        for back in range(30):
            day = now_s // DAY_S - back
            connection.execute(
                "INSERT INTO model_days VALUES (?, ?, 1, 0, ?, 40, ?, ?, ?, 1000000)",
                (day, MODEL, MODEL, 50_000 + back, 20_000, 5_000),
            )
            connection.execute(
                "INSERT INTO app_days VALUES (?, 1, ?, ?, 40, ?, 20000, 5000)", (day, MODEL, MODEL, 50_000 + back)
            )
        connection.execute(
            "INSERT INTO apps (id, origin, title, categories, created_at_ms) VALUES (1, ?, ?, ?, ?)",
            ("launchpad.example", "Launchpad", "cli-agent", now_s * 1000),
        )
    connection.close()


def _measure(connection: sqlite3.Connection, unit: str, at: int, counts: tuple[int, int]) -> None:
    bins = {sketch.bin_of(420.0): 15, sketch.bin_of(900.0): 5}
    speeds = {sketch.bin_of(80.0): 20}
    connection.execute(
        f"INSERT INTO endpoint_{unit}s ({unit}, endpoint_id, {_MEASURED}) VALUES (?, ?, ?, ?, 0, 0, 12, 1, 0, 0, ?, ?)",
        (at, ENDPOINT, *counts, sketch.encode(bins), sketch.encode(speeds)),
    )
