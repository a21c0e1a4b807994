"""A page of the site in somebody's browser: what its scripts send carries all that the server asks for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from tests.instance import Instance
from tests.integration.test_sign_in import HTML, form_token
from trunkline.accounts import repository
from trunkline.accounts.sign_in import issue_link
from trunkline.accounts.types import Account, Workspace
from trunkline.core.clock import SystemClock

OTHER = "user_other"
OTHERS_WORKSPACE = "22222222-2222-4222-8222-222222222222"


@asynccontextmanager
async def member_page(instance: Instance, account_id: str | None = None) -> AsyncIterator[httpx.AsyncClient]:
    """A page of the owner (None) or of another account."""
    if account_id is None:
        assert instance.app.first_start is not None
        account_id = instance.app.first_start.account_id
    link = await issue_link(instance.app._database, SystemClock(), account_id)
    async with httpx.AsyncClient(base_url=instance.origin, headers=HTML, timeout=30) as browser:
        asked = await browser.get("/sign-in", params={"token": link})
        signed_in = await browser.post("/sign-in", data={"form_token": form_token(asked), "token": link})
        assert signed_in.status_code == 303, signed_in.text
        token = form_token(await browser.get("/settings/account"))
        browser.headers.update(
            {
                "accept": "application/json",
                "sec-fetch-site": "same-origin",
                "origin": instance.origin,
                "x-form-token": token,
            }
        )
        yield browser


async def add_neighbour(instance: Instance) -> None:
    """Somebody else, with an account and a workspace."""
    now_ms, database = SystemClock().now_ms(), instance.app._database
    await database.write(repository.insert_account, Account(id=OTHER, name="Other", created_at_ms=now_ms))
    workspace = Workspace(
        id=OTHERS_WORKSPACE,
        account_id=OTHER,
        name="Default",
        slug="default",
        is_default=True,
        created_at_ms=now_ms,
    )
    await database.write(repository.insert_workspace, workspace)
