"""A whole instance whose database goes away while it serves (operating.md OP-44)."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from msgspec import structs

from tests.fakes.openai_chat import usage
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import answer, stream
from tests.instance import Instance, endpoint
from tests.outages import Outage
from tests.records import NOW_MS, a_generation
from trunkline.gateway.flights import Flight
from trunkline.generations.service import to_row
from trunkline.settings import Telemetry
from trunkline.storage.backlog import Backlog, JournalPlace
from trunkline.storage.database import SqlDatabase
from trunkline.storage.flights import FlightRecorder
from trunkline.storage.journal import Journal

QUIET = Telemetry(log_level="off")


def backlog_of(instance: Instance) -> Backlog:
    database = instance.app._database
    assert isinstance(database, SqlDatabase)
    assert database.backlog is not None
    return database.backlog


async def replayed(instance: Instance) -> None:
    async with asyncio.timeout(10):
        while backlog_of(instance).size_bytes:
            await asyncio.sleep(0.01)


async def metric(instance: Instance, name: str) -> float:
    async with httpx.AsyncClient() as client:
        text = (await client.get(f"{instance.origin}/metrics")).text
    return next(float(line.split()[1]) for line in text.splitlines() if line.startswith(f"{name} "))


async def ready(instance: Instance) -> int:
    async with httpx.AsyncClient() as client:
        return (await client.get(f"{instance.origin}/readyz")).status_code


@pytest.fixture
def provider_of_both() -> FakeProvider:
    provider = FakeProvider()
    provider.always(answer(used=usage(20, 5)))
    provider.when(lambda request: request.json.get("stream") is True, stream(["a", "b"], used=usage(20, 2)))
    return provider


async def test_answers_end_well_during_an_outage_and_their_records_are_there_afterwards(
    tmp_path: Path, database_url: str, outage: Outage, provider_of_both: FakeProvider
) -> None:
    async with provider_of_both as provider:
        served = [endpoint("acme/rocket", provider)]
        async with Instance(
            tmp_path / "home", endpoints=served, database_url=database_url, telemetry=QUIET
        ) as instance:
            before = await instance.chat("acme/rocket")
            outage.begin()
            told: dict[str, Any] = {before["id"]: before["usage"]["cost"]}
            for _ in range(3):
                whole, streamed = await asyncio.gather(instance.chat("acme/rocket"), instance.stream("acme/rocket"))
                assert streamed.is_done
                assert streamed.error is None
                told |= {whole["id"]: whole["usage"]["cost"], streamed.id: streamed.usage["cost"]}
                hidden = await instance.client.get("/generation", params={"id": whole["id"]})
                assert hidden.status_code == 503
                assert hidden.headers["retry-after"]
            assert await ready(instance) == 503
            assert await metric(instance, "trunkline_database_away") == 1
            assert await metric(instance, "trunkline_journal_records") == 6
            outage.end()
            await replayed(instance)
            for generation_id, cost in told.items():
                record = await instance.generation(generation_id)
                assert record["total_cost"] == cost
                assert record["finish_reason"] == "stop"
            assert await instance.usage() == pytest.approx(sum(told.values()))
            assert await instance.audit() == []
            assert await ready(instance) == 200
            assert await metric(instance, "trunkline_database_away") == 0
            assert await metric(instance, "trunkline_journal_replayed_total") == 6
            assert await metric(instance, "trunkline_flights_open") == 0


async def test_a_first_request_of_an_app_is_not_held_up_by_an_outage(
    tmp_path: Path, database_url: str, outage: Outage, provider_of_both: FakeProvider
) -> None:
    async with provider_of_both as provider:
        served = [endpoint("acme/rocket", provider)]
        async with Instance(
            tmp_path / "home", endpoints=served, database_url=database_url, telemetry=QUIET
        ) as instance:
            await instance.chat("acme/rocket")
            outage.begin()
            body = {"model": "acme/rocket", "messages": [{"role": "user", "content": "Hi"}]}
            headers = {"HTTP-Referer": "https://app.example"}
            first = await instance.client.post("/chat/completions", json=body, headers=headers)
            assert first.status_code == 200
            outage.end()
            await replayed(instance)
            assert (await instance.generation(first.json()["id"]))["origin"] == "app.example"
            second = await instance.client.post("/chat/completions", json=body, headers=headers)
            assert (await instance.generation(second.json()["id"]))["app_id"] is not None


async def test_new_requests_are_refused_once_the_journal_is_full(
    tmp_path: Path, database_url: str, outage: Outage, provider_of_both: FakeProvider
) -> None:
    async with provider_of_both as provider:
        served = [endpoint("acme/rocket", provider)]
        async with Instance(
            tmp_path / "home", endpoints=served, database_url=database_url, telemetry=QUIET
        ) as instance:
            await instance.chat("acme/rocket")
            backlog_of(instance)._place = JournalPlace(tmp_path / "home", bytes_max=1)
            outage.begin()
            kept = await instance.chat("acme/rocket")
            refused = await instance.post("acme/rocket")
            assert refused.status_code == 503
            assert int(refused.headers["retry-after"]) > 0
            assert "database.journal_limit_mb" in refused.json()["error"]["message"]
            assert len(provider.requests) == 2
            outage.end()
            await replayed(instance)
            await instance.chat("acme/rocket")
            assert (await instance.generation(kept["id"]))["finish_reason"] == "stop"
            assert await instance.audit() == []


async def test_a_journaled_record_stands_although_its_flight_had_not_ended(
    tmp_path: Path, provider_of_both: FakeProvider
) -> None:
    """The process died between the two: its successor must not call the request interrupted."""
    home = tmp_path / "home"
    async with provider_of_both as provider:
        served = [endpoint("acme/rocket", provider)]
        async with Instance(home, endpoints=served) as instance:
            assert instance.app.first_start is not None
            account_id = instance.app.first_start.account_id
        generation = structs.replace(a_generation(), account_id=account_id, finish_reason="stop")
        journal = Journal.create(home)
        journal.append(to_row(generation))
        journal.close()
        flights = FlightRecorder(home)
        flights.begin(
            msgspec.msgpack.encode(
                Flight(generation.id, "req-1", account_id, None, generation.key_hash, "acme/rocket", NOW_MS, True)
            )
        )
        flights.close()
        async with Instance(home, endpoints=served) as instance:
            assert (await instance.generation(generation.id))["finish_reason"] == "stop"
            assert await instance.audit() == []
