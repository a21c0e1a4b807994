"""Two processes on one PostgreSQL that see the same job as due: one has it (inference.md 25.6)."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, create_engine, text

from tests.databases import PostgresServer
from trunkline.core.money import NanoUsd
from trunkline.videos import repository
from trunkline.videos.types import VideoJob

NOW_MS = 1_700_000_000_000
WAITS = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


def job(number: int) -> VideoJob:
    return VideoJob(
        id=f"job-{number}",
        account_id="user_1",
        key_hash="k",
        generation_id=f"gen-{number}",
        status="pending",
        model="acme/film",
        endpoint_id="acme/film|acme",
        protocol="openai-videos",
        upstream_model="film",
        upstream_id=f"up-{number}",
        created_at_ms=NOW_MS,
        expires_at_ms=NOW_MS + 1,
        due_at_ms=NOW_MS,
        cost_nanousd=NanoUsd(1),
        charged=True,
        record="{}",
    )


@pytest.fixture
def engine(postgres: PostgresServer) -> Iterator[Engine]:
    opened = create_engine(postgres.new_database().replace("postgresql://", "postgresql+psycopg://"))
    with opened.begin() as connection:
        connection.execute(text("SET session_replication_role = replica"))  # the jobs' accounts do not matter here
        for number in range(3):
            repository.insert_job(connection, job(number))
    yield opened
    opened.dispose()


def test_of_two_claims_at_once_one_has_the_jobs(engine: Engine) -> None:
    def claim() -> list[str]:
        with engine.begin() as connection:
            return [one.id for one in repository.claim(connection, NOW_MS, NOW_MS + 60_000, 9)]

    with ThreadPoolExecutor(1) as other, engine.begin() as mine:
        first = [one.id for one in repository.claim(mine, NOW_MS, NOW_MS + 60_000, 9)]
        second = other.submit(claim)
        deadline = time.monotonic() + 20
        while True:  # the other has seen the same rows, and waits for what becomes of them
            with engine.connect() as watcher:
                if watcher.execute(WAITS).scalar():
                    break
            assert time.monotonic() < deadline and not second.done()
        mine.commit()
        assert (sorted(first), second.result(20)) == (["job-0", "job-1", "job-2"], [])
