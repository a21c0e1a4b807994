"""`/settings/credits`: balance, movements, and grants by the owner of the instance (site.md 16)."""

import re

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.accounts.repository import any_account
from trunkline.billing.service import Statement
from trunkline.billing.types import BillingMode
from trunkline.core import ids
from trunkline.core.errors import InvalidRequest, PermissionDenied
from trunkline.core.money import parse_amount
from trunkline.web.context import WebContext
from trunkline.web.guard import Sent, for_members, for_members_forms, moved, see
from trunkline.web.pages.account.form_page import FormPage
from trunkline.web.rendering import Document
from trunkline.web.visitors import Visitor

ADDRESS = "/settings/credits"
PAGE = 25
NOTE_MAX = 200
_FORM_ID = re.compile(r"[0-9a-f-]{36}", re.ASCII)
_PAGE_NUMBER = re.compile(r"[1-9]\d{0,5}", re.ASCII)


class CreditsView(Struct, frozen=True, kw_only=True):
    """What the page shows. Only the owner of the instance may book."""

    statement: Statement
    number: int
    pages: int
    may_book: bool
    mode: BillingMode
    form_id: str
    problem: str


class _Credits(FormPage):
    __slots__ = ()

    async def book(self, sent: Sent) -> Response:
        """Add to the balance or correct it. One form is booked once, however often it is sent."""
        if not await self._may_book(sent.visitor):
            raise PermissionDenied("Only the owner of the instance books credits.")
        note, form_id = sent.text("note"), sent.text("form_id")
        if len(note) > NOTE_MAX or (note and not note.isprintable()):
            raise InvalidRequest(f"A note has at most {NOTE_MAX} printable characters.", field="note")
        if _FORM_ID.fullmatch(form_id) is None:
            raise InvalidRequest("The form is incomplete. Open the page again.", field="form_id")
        try:
            amount = parse_amount(sent.text("amount").removeprefix("$"))
        except ValueError as error:
            raise InvalidRequest(f"Amount: {error}.", field="amount") from None
        await self._context.accounts.credits.grant(sent.visitor.account_id, amount, reference=form_id, note=note)
        return see(ADDRESS)

    async def _may_book(self, visitor: Visitor) -> bool:
        return await self._context.database.read(any_account) == visitor.account_id

    async def _page(self, request: Request, visitor: Visitor, problem: str, status: int) -> Response:
        asked = request.query_params.get("page", "1")
        number = int(asked) if _PAGE_NUMBER.fullmatch(asked) else 1
        statement = await self._context.accounts.credits.statement(
            visitor.account_id, offset=(number - 1) * PAGE, limit=PAGE
        )
        view = CreditsView(
            statement=statement,
            number=number,
            pages=max(1, -(-statement.entries_total // PAGE)),
            may_book=await self._may_book(visitor),
            mode=self._context.settings.billing.mode,
            form_id=ids.uuid4(),
            problem=problem,
        )
        document = Document(
            template="account/credits.html",
            title="Credits",
            page=view,
            status=status,
            is_indexed=False,
            is_private=True,
        )
        return await self._context.respond(request, document)


def routes(context: WebContext) -> list[Route]:
    """The page."""
    return [moved("/credits", ADDRESS), Route(ADDRESS, for_members(context, _Credits(context).show))]


def actions(context: WebContext) -> list[Route]:
    """What its form does."""
    credits = _Credits(context)
    return [Route(ADDRESS, for_members_forms(context, credits.book, credits.refuse), methods=["POST"])]
