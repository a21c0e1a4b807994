"""The three first steps on the page that a sign-in leads to: something to pay with, an API key, a first request
(site.md AUTH-05). They are shown until they are skipped or finished."""

from msgspec import Struct
from starlette.responses import Response
from starlette.routing import Route

from trunkline.accounts import first_steps
from trunkline.accounts.types import KeyWithSpend
from trunkline.core import json
from trunkline.core.money import NanoUsd
from trunkline.web.context import WebContext
from trunkline.web.guard import Sent, for_members_forms, see

ADDRESS = "/settings/first-steps"


class FirstSteps(Struct, frozen=True, kw_only=True):
    """How far the account is. `body` is that of a request that can be sent from the page; empty: no model answers."""

    needs_credits: bool
    has_means: bool
    has_key: bool
    has_asked: bool
    body: str

    @property
    def is_done(self) -> bool:
        return self.has_means and self.has_key and self.has_asked


async def first_steps_of(
    context: WebContext, account_id: str, keys: list[KeyWithSpend], balance: NanoUsd
) -> FirstSteps | None:
    """None: they are over, or the database does not say."""
    if await context.tried(context.database.read(first_steps.are_over, account_id)) is not False:
        return None
    needs_credits = context.settings.billing.mode == "prepaid"
    stored, total = await context.accounts.credentials.page(
        account_id, workspace_id=None, provider=None, offset=0, limit=1
    )
    world = context.world()
    model = next(
        (
            row.model.id
            for row in context.rows()
            if row.model.operation == "chat" and any(world.is_callable(endpoint) for endpoint in row.model.endpoints)
        ),
        None,
    )
    body = {"model": model, "messages": [{"role": "user", "content": "Say hello."}], "max_tokens": 50}
    return FirstSteps(
        needs_credits=needs_credits,
        has_means=bool(stored and total) or balance > 0 or not needs_credits,
        has_key=bool(keys),
        has_asked=any(item.last_used_at_ms is not None for item in keys),
        body="" if model is None else json.encode(body).decode(),
    )


def actions(context: WebContext) -> list[Route]:
    """Skip them, or say that they are done."""

    async def over(sent: Sent) -> Response:
        await context.database.write(first_steps.end, sent.visitor.account_id)
        return see("/settings/keys")

    return [Route(ADDRESS, for_members_forms(context, over), methods=["POST"])]
