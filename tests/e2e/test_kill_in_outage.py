"""Killed while the database is away: what clients received is in the books once both are back (OP-42, OP-44)."""

import asyncio
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from tests.e2e.test_kill_nine import CONFIG, Seen, client, one_answer, one_stream
from tests.fakes.openai_chat import usage
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import answer, stream
from tests.instance import KEY
from tests.outages import Outage
from tests.process import ServeProcess

CLIENTS = 6


@pytest.mark.timeout(180)
async def test_no_answer_of_an_outage_is_lost_or_booked_twice_by_a_kill(
    tmp_path: Path, database_url: str, outage: Outage
) -> None:
    async with FakeProvider() as provider:
        paced = stream([f"w{number} " for number in range(5)], used=usage(20, 5), pause_s=0.01)
        provider.always(answer(used=usage(20, 5)))
        provider.when(lambda request: request.json.get("stream") is True, paced)
        server = ServeProcess(tmp_path / "home", CONFIG.format(database=database_url, upstream=provider.url))
        await server.start()
        assert (await server.run("credits", "add", "1000"))[0] == 0
        seen = Seen()
        async with httpx.AsyncClient(base_url=server.base_url, headers={"Authorization": f"Bearer {KEY}"}) as http:
            await one_answer(http, seen)  # from here on the key is known
            outage.begin()
            http.timeout = httpx.Timeout(30)  # SQLite waits for the lock before the first record goes to the journal
            await one_stream(http, seen)
            assert len(seen.finished) == 2
        load = [asyncio.get_running_loop().create_task(client(server, seen, 0.5)) for _ in range(CLIENTS)]
        await seen.another(2 * CLIENTS)
        await server.kill()
        await asyncio.gather(*load)
        outage.end()
        await server.start()
        async with httpx.AsyncClient(base_url=server.base_url, headers={"Authorization": f"Bearer {KEY}"}) as http:
            for generation_id in seen.begun | seen.finished.keys():
                response = await http.get("/generation", params={"id": generation_id})
                assert response.status_code == 200, f"{generation_id} is not visible"
                if generation_id in seen.finished:
                    record = response.json()["data"]
                    assert Decimal(str(record["total_cost"])) == seen.finished[generation_id]
                    assert record["finish_reason"] == "stop"
        status, output = await server.run("audit")
        assert status == 0, output
        assert list((server.home / "journal").glob("refused.jsonl")) == []
        assert await server.terminate() == 0
        assert list((server.home / "journal").iterdir()) == []
