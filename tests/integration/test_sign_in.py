"""Coming in and going out over HTTP: cookies, forms from elsewhere, forged addresses (operating.md OP-52)."""

import re
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.instance import Instance
from tests.serving import command, environment
from trunkline.accounts.sign_in import issue_link
from trunkline.core.clock import SystemClock
from trunkline.settings import Auth, Server
from trunkline.web.pages.sign_in import HOME

HTML = {"accept": "text/html,*/*;q=0.8"}
_TOKEN = re.compile(r'name="form_token" value="([0-9a-f]{64})"')
"""The last one of a page is that of its own form; the header has another."""


@pytest.fixture
async def instance(tmp_path: Path) -> AsyncIterator[Instance]:
    async with Instance(tmp_path, auth=Auth(password_sign_in=True)) as instance:
        yield instance


@pytest.fixture
async def visitor(instance: Instance) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=instance.origin, headers=HTML) as client:
        yield client


def form_token(page: httpx.Response) -> str:
    found = _TOKEN.findall(page.text)
    assert found, page.text
    return found[-1]


async def new_link(instance: Instance) -> str:
    assert instance.app.first_start is not None
    return await issue_link(instance.app._database, SystemClock(), instance.app.first_start.account_id)


async def sign_in(instance: Instance, visitor: httpx.AsyncClient, **fields: str) -> httpx.Response:
    token = await new_link(instance)
    page = await visitor.get("/sign-in", params={"token": token})
    return await visitor.post("/sign-in", data={"form_token": form_token(page), "token": token, **fields})


async def test_the_printed_link_signs_in_once(instance: Instance, visitor: httpx.AsyncClient) -> None:
    assert instance.app.first_start is not None
    link = {"token": instance.app.first_start.sign_in_token}
    for _ in range(3):  # looking at it uses nothing up
        page = await visitor.get("/sign-in", params=link)
        assert page.status_code == 200
    assert page.headers["cache-control"] == "private, no-store"
    done = await visitor.post("/sign-in", data={"form_token": form_token(page), **link})
    assert (done.status_code, done.headers["location"]) == (303, HOME)
    assert "Sign out" in (await visitor.get("/models")).text
    async with httpx.AsyncClient(base_url=instance.origin, headers=HTML) as other:
        assert "used already" in (await other.get("/sign-in", params=link)).text
        token = form_token(await other.get("/sign-in"))
        refused = await other.post("/sign-in", data={"form_token": token, **link})
        assert refused.status_code == 401
        assert "used already" in refused.text
        assert "trunkline_session" not in str(refused.headers)


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(
    instance: Instance, visitor: httpx.AsyncClient
) -> None:
    done = await sign_in(instance, visitor)
    cookie = next(value for value in done.headers.get_list("set-cookie") if value.startswith("trunkline_session="))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


async def test_over_https_the_cookie_is_secure_and_bound_to_the_host(tmp_path: Path) -> None:
    server = Server(public_url="https://ai.example")
    async with (
        Instance(tmp_path, server=server) as instance,
        httpx.AsyncClient(base_url=instance.origin, headers=HTML) as visitor,
    ):
        token = await new_link(instance)
        page = await visitor.get("/sign-in", params={"token": token})
        strangers = page.headers["set-cookie"]
        assert strangers.startswith("__Host-trunkline_form=")
        cookie = {"cookie": strangers.partition(";")[0]}
        done = await visitor.post("/sign-in", data={"form_token": form_token(page), "token": token}, headers=cookie)
        assert done.headers["set-cookie"].startswith("__Host-trunkline_session=")
        assert "Secure" in done.headers["set-cookie"]


async def test_a_session_that_a_browser_brought_along_is_never_taken_over(
    instance: Instance, visitor: httpx.AsyncClient
) -> None:
    visitor.cookies.set("trunkline_session", "planted", domain="127.0.0.1", path="/")
    await sign_in(instance, visitor)
    first = visitor.cookies["trunkline_session"]
    assert first != "planted"
    await sign_in(instance, visitor)
    assert visitor.cookies["trunkline_session"] != first
    async with httpx.AsyncClient(base_url=instance.origin, cookies={"trunkline_session": first}) as other:
        assert "Sign out" not in (await other.get("/")).text  # signing in anew ended it


async def test_forms_from_elsewhere_change_nothing(instance: Instance, visitor: httpx.AsyncClient) -> None:
    await sign_in(instance, visitor)
    own = form_token(await visitor.get("/"))
    for headers in (
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
    ):
        refused = await visitor.post("/sign-out", data={"form_token": own}, headers=headers)
        assert refused.status_code == 403
    for token in ("", "0" * 64, own[:-1], "💥"):
        assert (await visitor.post("/sign-out", data={"form_token": token})).status_code == 403
    assert (await visitor.post("/sign-out")).status_code == 403
    assert "Sign out" in (await visitor.get("/")).text
    gone = await visitor.post("/sign-out", data={"form_token": own})
    assert (gone.status_code, gone.headers["location"]) == (303, "/")
    assert "Sign out" not in (await visitor.get("/")).text


async def test_the_token_of_one_browser_is_worth_nothing_in_another(
    instance: Instance, visitor: httpx.AsyncClient
) -> None:
    """Otherwise another site could sign a visitor in as its own owner."""
    token = await new_link(instance)
    strangers = form_token(await visitor.get("/sign-in"))
    async with httpx.AsyncClient(base_url=instance.origin, headers=HTML) as victim:
        refused = await victim.post("/sign-in", data={"form_token": strangers, "token": token})
        assert refused.status_code == 403
        await victim.get("/sign-in")
        assert (await victim.post("/sign-in", data={"form_token": strangers, "token": token})).status_code == 403


@pytest.mark.parametrize(
    "forged",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "/x\r\nSet-Cookie: trunkline_session=planted",
        " //evil.example",
        "/sign-in?next=/sign-in",
        "http:evil.example",
        "///evil.example",
        "https:/evil.example",
    ],
)
async def test_a_forged_way_back_leads_home(instance: Instance, visitor: httpx.AsyncClient, forged: str) -> None:
    done = await sign_in(instance, visitor, next=forged)
    assert done.status_code == 303
    assert done.headers["location"] == HOME
    assert "planted" not in str(done.headers)
    again = await visitor.get("/sign-in", params={"next": forged})
    assert again.headers["location"] == HOME


async def test_a_stranger_comes_back_to_the_page_that_was_asked_for(
    instance: Instance, visitor: httpx.AsyncClient
) -> None:
    done = await sign_in(instance, visitor, next="/logs?model=acme%2Frocket")
    assert done.headers["location"] == "/logs?model=acme%2Frocket"


async def test_too_many_attempts_are_told_when_to_come_again(visitor: httpx.AsyncClient) -> None:
    form = {"form_token": form_token(await visitor.get("/sign-in")), "email": "a@b.example", "password": "x"}
    statuses = [(await visitor.post("/sign-in", data=form)).status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429]
    assert "Try again in 15 minutes" in (await visitor.post("/sign-in", data=form)).text


async def test_without_the_setting_nobody_signs_in_with_a_password(tmp_path: Path) -> None:
    async with (
        Instance(tmp_path) as instance,
        httpx.AsyncClient(base_url=instance.origin, headers=HTML) as visitor,
    ):
        page = await visitor.get("/sign-in")
        assert 'type="password"' not in page.text
        token = await new_link(instance)
        form = form_token(await visitor.get("/sign-in", params={"token": token}))
        refused = await visitor.post("/sign-in", data={"form_token": form, "email": "a@b.example", "password": "x"})
        assert refused.status_code == 403


def test_the_command_prints_a_link_that_the_page_takes(tmp_path: Path) -> None:
    run = {"cwd": tmp_path, "env": environment(tmp_path), "text": True, "capture_output": True}
    none = subprocess.run(command("sign-in-link"), **run)
    assert none.returncode == 1
    assert "start `trunkline serve` once" in none.stderr
