"""What an account says on its pages about privacy and routing is what its next requests follow (site.md 21, 24)."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from tests.fakes.provider import FakeProvider
from tests.fakes.replies import answer
from tests.instance import Instance, endpoint
from tests.integration.test_sign_in import HTML, form_token, sign_in

MODEL = "acme/rocket"
PRIVACY, ROUTING = "/settings/privacy", "/workspaces/default/routing"
SHUT = {"data_policy": {"training": False, "zdr": True, "can_publish": False, "retains_prompts": False}}


class World:
    """A provider that trains and one that keeps nothing, and somebody who is signed in."""

    def __init__(self, instance: Instance, member: httpx.AsyncClient) -> None:
        self.instance, self.member = instance, member

    async def send(self, path: str, **fields: str) -> httpx.Response:
        """Fill in the page's form and send it."""
        token = form_token(await self.member.get(path))
        return await self.member.post(path, data={"form_token": token, **fields})

    async def providers(self) -> set[str]:
        return {(await self.instance.chat(MODEL))["provider"] for _ in range(12)}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        provider = await stack.enter_async_context(FakeProvider())
        provider.always(answer("Hi"))
        endpoints = [endpoint(MODEL, provider, "trainer"), endpoint(MODEL, provider, "keeper", **SHUT)]
        instance = await stack.enter_async_context(Instance(tmp_path, endpoints=endpoints))
        member = await stack.enter_async_context(httpx.AsyncClient(base_url=instance.origin, headers=HTML))
        await sign_in(instance, member)
        yield World(instance, member)


def remaining(page: httpx.Response) -> list[int]:
    """Models left, models, endpoints left, endpoints."""
    told = re.search(r"(\d+) of (\d+) models, (\d+) of (\d+) endpoints remain", page.text)
    assert told is not None, page.text
    return [int(number) for number in told.groups()]


async def test_what_is_saved_about_privacy_holds_for_the_next_request_and_is_only_shown_before(world: World) -> None:
    assert remaining(await world.member.get(PRIVACY)) == [1, 1, 2, 2]
    shown = await world.send(PRIVACY, do="preview", zdr_other="1", paid_training="1")
    assert remaining(shown) == [1, 1, 1, 2]
    assert await world.providers() == {"Trainer", "Keeper"}, "nothing is saved yet"
    assert (await world.send(PRIVACY, do="save", zdr_other="1", paid_training="1")).status_code == 303
    assert await world.providers() == {"Keeper"}
    saved = await world.member.get(PRIVACY)
    assert re.search(r'name="zdr_other" value="1" checked', saved.text)
    assert not re.search(r'name="free_training" value="1" checked', saved.text)


async def test_lists_of_names_are_checked_kept_as_typed_when_wrong_and_saved_by_slug(world: World) -> None:
    refused = await world.send(PRIVACY, do="save", ignored_providers="Trainer, nobody")
    assert (refused.status_code, "nobody is no provider" in refused.text) == (400, True)
    assert "Trainer, nobody" in refused.text
    await world.send(PRIVACY, do="save", paid_training="1", ignored_providers="Trainer", allowed_models="ACME/rocket")
    saved = await world.member.get(PRIVACY)
    assert re.search(r"<textarea[^>]*name=.ignored_providers.[^>]*>trainer</textarea>", saved.text)
    assert await world.providers() == {"Keeper"}


async def test_the_workspaces_defaults_are_set_on_its_page_and_wrong_ones_are_refused(world: World) -> None:
    wrong = await world.send(ROUTING, default_text_model="acme/nothing")
    assert (wrong.status_code, "acme/nothing is no model" in wrong.text) == (400, True)
    assert (await world.send(ROUTING, default_text_model=MODEL, default_provider_sort="price")).status_code == 303
    asked = {"messages": [{"role": "user", "content": "Hi"}]}
    served = (await world.instance.client.post("/chat/completions", json=asked)).json()
    assert (served["model"], served["provider"]) == (MODEL, "Keeper")
    page = await world.member.get(ROUTING)
    assert '<option value="price" selected>' in page.text
    short = await world.member.get("/settings/routing")
    assert (short.status_code, short.headers["location"]) == (308, ROUTING)
