"""The pages of signed-in people over HTTP: whose things they show, forms sent twice, passwords (site.md 13 to 18)."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.instance import KEY, Instance
from tests.integration.test_sign_in import HTML, form_token, sign_in
from trunkline.accounts import repository, secrets
from trunkline.accounts.sign_in import issue_link
from trunkline.accounts.types import Account
from trunkline.core.clock import SystemClock
from trunkline.settings import Auth

PAGES = (
    "/settings/keys",
    "/settings/management-keys",
    "/settings/credits",
    "/settings/account",
    "/settings/privacy",
    "/workspaces/default/routing",
    "/activity",
    "/activity.csv",
    "/logs",
    "/keys/" + secrets.hash_secret(KEY),
)
MODEL = "openai/gpt-5.4-mini"


@pytest.fixture
async def instance(tmp_path: Path) -> AsyncIterator[Instance]:
    async with Instance(tmp_path, auth=Auth(password_sign_in=True)) as instance:
        yield instance


@pytest.fixture
async def member(instance: Instance) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=instance.origin, headers=HTML) as client:
        await sign_in(instance, client)
        yield client


@pytest.fixture
async def neighbour(instance: Instance) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody else with an account of the same instance."""
    other = Account(id="user_neighbour", name="Neighbour", created_at_ms=SystemClock().now_ms())
    database = instance.app._database
    await database.write(repository.insert_account, other)
    token = await issue_link(database, SystemClock(), other.id)
    async with httpx.AsyncClient(base_url=instance.origin, headers=HTML) as client:
        page = await client.get("/sign-in", params={"token": token})
        await client.post("/sign-in", data={"form_token": form_token(page), "token": token})
        yield client


async def test_strangers_sign_in_first_and_nothing_keeps_a_copy(instance: Instance, member: httpx.AsyncClient) -> None:
    async with httpx.AsyncClient(base_url=instance.origin, headers=HTML) as stranger:
        for path in PAGES:
            sent_away = await stranger.get(path)
            assert (sent_away.status_code, sent_away.headers["location"].partition("?")[0]) == (303, "/sign-in"), path
            shown = await member.get(path)
            assert shown.status_code == 200, path
            assert shown.headers["cache-control"] == "private, no-store", path


async def test_what_is_another_account_s_is_as_unknown_as_any(
    instance: Instance, member: httpx.AsyncClient, neighbour: httpx.AsyncClient
) -> None:
    generation_id = (await instance.chat(MODEL))["id"]
    key_hash = secrets.hash_secret(KEY)
    await instance.app._database.barrier()
    for path in (f"/keys/{key_hash}", f"/logs/{generation_id}", f"/logs?api_key_hash={key_hash}"):
        assert (await member.get(path)).status_code == 200, path
        refused = await neighbour.get(path)
        assert refused.status_code == 404, path
        assert "There is nothing here" in refused.text
    assert generation_id in (await member.get("/logs")).text
    assert generation_id not in (await neighbour.get("/logs")).text
    token = form_token(await neighbour.get("/settings/account"))
    for action in ("disable", "save", "delete"):
        form = {"form_token": token, "do": action, "name": "Mine", "typed": "First inference key"}
        assert (await neighbour.post(f"/keys/{key_hash}", data=form)).status_code == 404
    assert (await instance.post(MODEL)).status_code == 200


async def test_only_the_owner_of_the_instance_books_credits(
    member: httpx.AsyncClient, neighbour: httpx.AsyncClient
) -> None:
    page = await neighbour.get("/settings/credits")
    assert "Add credits" not in page.text
    form = {"form_token": form_token(page), "form_id": "0" * 36, "amount": "5"}
    assert (await neighbour.post("/settings/credits", data=form)).status_code == 403
    assert "Add credits" in (await member.get("/settings/credits")).text


async def test_a_form_that_is_sent_twice_acts_once(instance: Instance, member: httpx.AsyncClient) -> None:
    page = await member.get("/settings/credits")
    form_id = re.search(r'name="form_id" value="([^"]+)"', page.text)
    assert form_id is not None
    form = {"form_token": form_token(page), "form_id": form_id[1], "amount": "5"}
    for _ in range(2):
        assert (await member.post("/settings/credits", data=form)).status_code == 303
    assert (await instance.management.get("/credits")).json()["data"]["total_credits"] == 5
    new = {"form_token": form["form_token"], "form_id": "twice", "name": "Twice"}
    first, second = [await member.post("/settings/keys", data=new) for _ in range(2)]
    assert (first.status_code, second.status_code) == (200, 303)
    names = [key["name"] for key in (await instance.management.get("/keys")).json()["data"]]
    assert names.count("Twice") == 1


async def test_forms_without_the_token_make_no_key(instance: Instance, member: httpx.AsyncClient) -> None:
    for token in ("", "0" * 64):
        refused = await member.post("/settings/keys", data={"form_token": token, "form_id": "x", "name": "Forged"})
        assert refused.status_code == 403
    names = [key["name"] for key in (await instance.management.get("/keys")).json()["data"]]
    assert "Forged" not in names


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"><img src=x>', "=cmd()"])
async def test_a_hostile_name_is_shown_as_text(member: httpx.AsyncClient, name: str) -> None:
    token = form_token(await member.get("/settings/keys"))
    await member.post("/settings/keys", data={"form_token": token, "form_id": name, "name": name})
    page = (await member.get("/settings/keys")).text
    assert "<script>alert" not in page
    assert "<img src=x" not in page


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"name": "x" * 300}, {"limit": "-1"}, {"limit": "1e99"}, {"limit_reset": "hourly"},
     {"expires": "2020-01-01"}, {"expires": "tomorrow"}, {"name": "a\x00b"}],
)  # fmt: skip
async def test_what_is_wrong_with_a_key_is_said_on_its_page(member: httpx.AsyncClient, wrong: dict[str, str]) -> None:
    token = form_token(await member.get("/settings/keys"))
    refused = await member.post("/settings/keys", data={"form_token": token, "form_id": "w", "name": "N", **wrong})
    assert refused.status_code == 400
    assert 'role="alert"' in refused.text
    assert "Create a key" in refused.text


async def test_a_password_is_set_and_signs_in_and_other_browsers_are_out(
    instance: Instance, member: httpx.AsyncClient
) -> None:
    async with httpx.AsyncClient(base_url=instance.origin, headers=HTML) as other:
        await sign_in(instance, other)
        token = form_token(await member.get("/settings/account"))
        secret = {"do": "password", "password": "correct horse battery", "again": "correct horse battery"}
        assert (await member.post("/settings/account", data={"form_token": token, **secret})).status_code == 400
        profile = {"do": "profile", "name": "Ada", "email": "ada@example.org"}
        assert (await member.post("/settings/account", data={"form_token": token, **profile})).status_code == 303
        before = member.cookies["trunkline_session"]
        assert (await member.post("/settings/account", data={"form_token": token, **secret})).status_code == 303
        assert member.cookies["trunkline_session"] != before
        assert (await member.get("/settings/account")).status_code == 200
        assert (await other.get("/settings/account")).status_code == 303
        page = await other.get("/sign-in")
        form = {"form_token": form_token(page), "email": "Ada@example.org", "password": "correct horse battery"}
        assert (await other.post("/sign-in", data=form)).status_code == 303
        assert "Ada" in (await other.get("/settings/account")).text


async def test_a_browser_in_the_list_is_signed_out(instance: Instance, member: httpx.AsyncClient) -> None:
    async with httpx.AsyncClient(base_url=instance.origin, headers=HTML) as other:
        await sign_in(instance, other)
        page = await member.get("/settings/account")
        session = re.search(r'name="session" value="([^"]+)"', page.text)
        assert session is not None
        form = {"form_token": form_token(page), "do": "end", "session": session[1]}
        assert (await member.post("/settings/account", data=form)).status_code == 303
        assert (await other.get("/logs")).status_code == 303
        assert (await member.get("/logs")).status_code == 200
