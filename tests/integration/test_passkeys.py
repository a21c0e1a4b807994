"""Signing in with a passkey over HTTP (site.md 12, AUTH-01): only the key that was added, only once, only this browser.

The authenticator is software; in tests/web/test_passkeys.py it is Chromium's.
"""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fakes.authenticator import PRESENT, Authenticator
from tests.instance import Instance
from trunkline.accounts.browsers import form_token as token_of
from trunkline.accounts.sign_in import issue_link
from trunkline.core.clock import SystemClock
from trunkline.settings import Auth, Server

ORIGIN = "http://localhost:8080"
HTML = {"accept": "text/html,*/*;q=0.8"}
TOKEN = re.compile(r'name="form_token" value="([0-9a-f]{64})"')
GONE = "The question to your passkey is too old."
FALSE = "answer is not genuine"


@pytest.fixture
async def instance(tmp_path: Path) -> AsyncIterator[Instance]:
    async with Instance(tmp_path, server=Server(public_url=ORIGIN)) as instance:
        yield instance


@pytest.fixture
async def member(instance: Instance) -> AsyncIterator[httpx.AsyncClient]:
    """The browser of somebody who came by a link."""
    async with httpx.AsyncClient(base_url=instance.origin, headers=HTML) as client:
        assert instance.app.first_start is not None
        link = await issue_link(instance.app._database, SystemClock(), instance.app.first_start.account_id)
        page = await client.get("/sign-in", params={"token": link})
        await client.post("/sign-in", data={"form_token": form_token(page), "token": link})
        yield client


@pytest.fixture
async def stranger(instance: Instance) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=instance.origin, headers=HTML) as client:
        yield client


@pytest.fixture
async def authenticator(member: httpx.AsyncClient) -> Authenticator:
    """One whose key was added to the account."""
    authenticator = Authenticator("localhost", ORIGIN)
    added = await add(member, authenticator)
    assert (added.status_code, added.headers["location"]) == (303, "/settings/account?done=passkey#passkeys")
    return authenticator


def form_token(page: httpx.Response) -> str:
    found = TOKEN.findall(page.text)
    assert found, page.text
    return found[-1]


async def add(member: httpx.AsyncClient, authenticator: Authenticator, name: str = "Laptop") -> httpx.Response:
    token = form_token(await member.get("/settings/account"))
    question = await member.post("/settings/account/passkey", data={"form_token": token})
    form = {"form_token": token, "do": "passkey_add", "name": name, "credential": authenticator.create(question.json())}
    return await member.post("/settings/account", data=form)


async def ask(browser: httpx.AsyncClient) -> tuple[str, dict[str, Any]]:
    """A form's token, and the question for the authenticator."""
    token = form_token(await browser.get("/sign-in"))
    question = await browser.post("/sign-in/passkey", data={"form_token": token})
    assert question.headers["cache-control"] == "private, no-store"
    return token, question.json()


async def answer(browser: httpx.AsyncClient, token: str, said: str) -> httpx.Response:
    return await browser.post("/sign-in", data={"form_token": token, "credential": said, "next": "/logs"})


async def test_a_key_that_was_added_lets_its_owner_in(
    stranger: httpx.AsyncClient, member: httpx.AsyncClient, authenticator: Authenticator
) -> None:
    token, question = await ask(stranger)
    assert question["rpId"] == "localhost"
    assert question["userVerification"] == "required"
    done = await answer(stranger, token, authenticator.get(question))
    assert (done.status_code, done.headers["location"]) == (303, "/logs")
    account = await stranger.get("/settings/account")
    assert "by passkey" in account.text
    assert "last used" in (await member.get("/settings/account")).text


async def test_an_answer_is_good_once(stranger: httpx.AsyncClient, authenticator: Authenticator) -> None:
    token, question = await ask(stranger)
    said = authenticator.get(question)
    assert (await answer(stranger, token, said)).status_code == 303
    stranger.cookies.delete("trunkline_session")
    again = await answer(stranger, form_token(await stranger.get("/sign-in")), said)
    assert again.status_code == 400
    assert GONE in again.text


async def test_an_answer_from_another_browser_is_refused(
    instance: Instance, stranger: httpx.AsyncClient, authenticator: Authenticator
) -> None:
    _, question = await ask(stranger)
    async with httpx.AsyncClient(base_url=instance.origin, headers=HTML) as thief:
        token = form_token(await thief.get("/sign-in"))
        refused = await answer(thief, token, authenticator.get(question))
    assert refused.status_code == 400
    assert GONE in refused.text


async def test_a_key_that_nobody_added_is_refused(stranger: httpx.AsyncClient, authenticator: Authenticator) -> None:
    token, question = await ask(stranger)
    other = Authenticator("localhost", ORIGIN)
    refused = await answer(stranger, token, other.get(question))
    assert refused.status_code == 401
    assert "not known here" in refused.text


@pytest.mark.parametrize("lie", ["another site's page", "nobody proved who they are", "another key's id", "nonsense"])
async def test_what_is_not_genuine_is_refused(
    stranger: httpx.AsyncClient, authenticator: Authenticator, lie: str
) -> None:
    token, question = await ask(stranger)
    match lie:
        case "another site's page":
            authenticator.origin = "http://localhost.example"
            said = authenticator.get(question)
        case "nobody proved who they are":
            authenticator.flags = PRESENT
            said = authenticator.get(question)
        case "another key's id":
            other = Authenticator("localhost", ORIGIN)
            other._id = authenticator._id
            said = other.get(question)
        case _:
            said = '{"id":"AAAA","rawId":"AAAA","type":"public-key","response":{}}'
    refused = await answer(stranger, token, said)
    assert refused.status_code == 400
    assert FALSE in refused.text
    assert "trunkline_session" not in stranger.cookies


async def test_a_copied_key_is_noticed(stranger: httpx.AsyncClient, authenticator: Authenticator) -> None:
    """Of two copies, the one that counts behind gives the copying away (WebAuthn 6.1.1)."""
    token, question = await ask(stranger)
    assert (await answer(stranger, token, authenticator.get(question))).status_code == 303
    stranger.cookies.delete("trunkline_session")
    authenticator.count = 0
    token, question = await ask(stranger)
    refused = await answer(stranger, token, authenticator.get(question))
    assert refused.status_code == 401
    assert "copied" in refused.text


async def test_a_removed_key_lets_nobody_in(
    stranger: httpx.AsyncClient, member: httpx.AsyncClient, authenticator: Authenticator
) -> None:
    page = await member.get("/settings/account")
    passkey = re.search(r'data-passkey="([0-9a-f-]{36})"', page.text)
    assert passkey is not None
    form = {"form_token": form_token(page), "do": "passkey_remove", "passkey": passkey[1]}
    assert (await member.post("/settings/account", data=form)).status_code == 303
    token, question = await ask(stranger)
    assert (await answer(stranger, token, authenticator.get(question))).status_code == 401


async def test_one_key_is_added_once(member: httpx.AsyncClient, authenticator: Authenticator) -> None:
    again = await add(member, authenticator)
    assert again.status_code == 409
    assert "known here already" in again.text


async def test_questions_are_only_for_pages_of_this_site(stranger: httpx.AsyncClient) -> None:
    await stranger.get("/sign-in")
    refused = await stranger.post("/sign-in/passkey", data={"form_token": "0" * 64})
    assert refused.status_code == 403


@pytest.mark.parametrize(
    ("public_url", "passkeys"), [("http://192.0.2.1:8080", True), ("http://gateway.example", True), (ORIGIN, False)]
)
async def test_where_browsers_or_the_operator_forbid_it_nobody_is_offered_one(
    tmp_path: Path, public_url: str, passkeys: bool
) -> None:
    settings = {"server": Server(public_url=public_url), "auth": Auth(passkeys=passkeys)}
    async with (
        Instance(tmp_path, **settings) as instance,
        httpx.AsyncClient(base_url=instance.origin, headers=HTML) as browser,
    ):
        page = await browser.get("/sign-in")
        assert "passkey" not in page.text
        refused = await answer(browser, token_of(browser.cookies["trunkline_form"]), "{}")
        assert refused.status_code == 403
