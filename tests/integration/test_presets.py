"""Presets over real sockets (routing-and-catalog.md 15)."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fakes.provider import FakeProvider
from tests.fakes.replies import answer
from tests.instance import Instance, endpoint

MODEL = "acme/rocket"
CONFIG = {"model": MODEL, "temperature": 0.25, "max_tokens": 9}
SYSTEM = {"role": "system", "content": "You count."}


class Acme:
    """An instance with one model, and what its provider was sent."""

    def __init__(self, instance: Instance, provider: FakeProvider) -> None:
        self.instance, self.provider = instance, provider

    async def create(self, slug: str = "fast", **members: Any) -> httpx.Response:
        return await self.instance.client.post(f"/presets/{slug}/chat/completions", json={**CONFIG, **members})

    async def sent(self, **members: Any) -> dict[str, Any]:
        """The upstream body of a request that must be answered."""
        body = {"messages": [{"role": "user", "content": "Hi"}], **members}
        response = await self.instance.client.post("/chat/completions", json=body)
        assert response.status_code == 200, response.text
        return json.loads(self.provider.requests[-1].body)


@pytest.fixture
async def acme(tmp_path: Path) -> AsyncIterator[Acme]:
    async with AsyncExitStack() as stack:
        provider = await stack.enter_async_context(FakeProvider())
        provider.always(answer("Hi"))
        instance = await stack.enter_async_context(Instance(tmp_path, endpoints=[endpoint(MODEL, provider)]))
        yield Acme(instance, provider)


async def test_all_three_spellings_give_the_same_upstream_body(acme: Acme) -> None:
    await acme.create(messages=[SYSTEM])
    bodies = [
        await acme.sent(model="@preset/fast"),
        await acme.sent(model=MODEL, preset="fast"),
        await acme.sent(model=f"{MODEL}@preset/fast"),
    ]
    assert bodies[0] == bodies[1] == bodies[2]
    assert (bodies[0]["temperature"], bodies[0]["max_tokens"]) == (0.25, 9)
    assert bodies[0]["messages"] == [SYSTEM, {"role": "user", "content": "Hi"}]


async def test_a_requests_own_temperature_wins_and_other_members_persist(acme: Acme) -> None:
    await acme.create()
    body = await acme.sent(model="@preset/fast", temperature=1.5)
    assert (body["temperature"], body["max_tokens"]) == (1.5, 9)


async def test_a_second_post_is_version_two_and_used_at_once(acme: Acme) -> None:
    first, second = await acme.create(), await acme.create(temperature=0.5)
    versions = [made.json()["data"]["designated_version"]["version"] for made in (first, second)]
    assert versions == [1, 2]
    assert (await acme.sent(model="@preset/fast"))["temperature"] == 0.5
    listed = (await acme.instance.client.get("/presets/fast/versions")).json()
    assert [version["version"] for version in listed["data"]] == [1, 2]
    assert listed["total_count"] == 2
    old = (await acme.instance.client.get("/presets/fast/versions/1")).json()["data"]
    assert old["config"] == CONFIG


async def test_the_answer_has_the_members_of_the_published_example(acme: Acme) -> None:
    made = (await acme.create(messages=[SYSTEM])).json()["data"]
    version = made.pop("designated_version")
    assert made.keys() == {
        "id",
        "creator_user_id",
        "workspace_id",
        "name",
        "slug",
        "description",
        "status",
        "status_updated_at",
        "designated_version_id",
        "created_at",
        "updated_at",
    }
    assert (made["name"], made["slug"], made["status"]) == ("fast", "fast", "active")
    assert made["designated_version_id"] == version["id"]
    assert version["preset_id"] == made["id"]
    assert (version["config"], version["system_prompt"], version["version"]) == (CONFIG, "You count.", 1)


async def test_reading_lists_most_recent_first_and_pages(acme: Acme) -> None:
    for slug in ("a", "b", "c"):
        await acme.create(slug)
    await asyncio.sleep(0.002)
    await acme.create("a")
    listed = (await acme.instance.client.get("/presets", params={"limit": 2})).json()
    assert (listed["data"][0]["slug"], len(listed["data"]), listed["total_count"]) == ("a", 2, 3)


async def test_the_record_names_the_preset(acme: Acme) -> None:
    made = (await acme.create()).json()["data"]
    answered = await acme.instance.chat("@preset/fast")
    record = await acme.instance.generation(answered["id"])
    assert record["preset_id"] == made["id"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/presets/nobody", 404),
        ("/presets/nobody/versions", 404),
        ("/presets/fast/versions/7", 404),
        ("/presets/fast/versions/x", 400),
        ("/presets?limit=0", 400),
        ("/presets?limit=101", 400),
        ("/presets?offset=-1", 400),
    ],
)
async def test_bad_reads_are_refused(acme: Acme, path: str, status: int) -> None:
    await acme.create()
    assert (await acme.instance.client.get(path)).status_code == status


async def test_bad_creations_are_refused_and_make_nothing(acme: Acme) -> None:
    refused = [
        await acme.create("Bad-Slug"),
        await acme.create(temperature=9),
        await acme.create(model="@preset/other"),
        await acme.instance.client.post("/presets/x/chat/completions", content=b"{"),
        await acme.instance.connect(None).post("/presets/x/chat/completions", json=CONFIG),
    ]
    assert [response.status_code for response in refused] == [400, 400, 400, 400, 401]
    assert (await acme.instance.client.get("/presets")).json()["total_count"] == 0


async def test_an_unknown_preset_is_404_before_anything_is_called(acme: Acme) -> None:
    response = await acme.instance.post("@preset/nobody")
    assert response.status_code == 404
    assert "nobody" in response.json()["error"]["message"]
    two = await acme.instance.post("x/y@preset/one", preset="two")
    assert two.status_code == 400
    assert acme.provider.requests == []


async def test_many_writers_at_once_make_as_many_versions_as_were_accepted(acme: Acme) -> None:
    made = await asyncio.gather(*(acme.create(temperature=n / 10) for n in range(8)))
    accepted = [response for response in made if response.status_code == 200]
    assert {response.status_code for response in made} <= {200, 409}
    numbers = sorted(response.json()["data"]["designated_version"]["version"] for response in accepted)
    assert numbers == list(range(1, len(accepted) + 1))


async def test_a_preset_made_from_chat_serves_messages_and_responses_too(acme: Acme) -> None:
    await acme.create(messages=[SYSTEM])
    asked: dict[str, dict[str, Any]] = {
        "/messages": {"messages": [{"role": "user", "content": "Hi"}]},
        "/responses": {"input": "Hi"},
    }
    for path, body in asked.items():
        response = await acme.instance.client.post(path, json={"model": "@preset/fast", **body})
        assert response.status_code == 200, response.text
        sent = json.loads(acme.provider.requests[-1].body)
        assert sent["temperature"] == 0.25
        assert 9 in (sent.get("max_tokens"), sent.get("max_completion_tokens"))
        assert [message["role"] for message in sent["messages"]] == ["system", "user"]


async def test_a_preset_made_from_messages_serves_chat(acme: Acme) -> None:
    body = {"model": MODEL, "system": "You count.", "stop_sequences": ["x"], "max_tokens": 7}
    made = await acme.instance.client.post("/presets/claude/messages", json=body)
    assert made.status_code == 200, made.text
    sent = await acme.sent(model="@preset/claude")
    assert (sent["stop"], sent["max_tokens"], sent["messages"][0]) == (["x"], 7, SYSTEM)
