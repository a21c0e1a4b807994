"""`/settings/management-keys`: keys that manage the account and run no models (site.md 15)."""

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.accounts.types import KeyPatch, KeyWithSpend, NewKey
from trunkline.core import ids
from trunkline.core.errors import InvalidRequest, TrunklineError
from trunkline.web.context import WebContext
from trunkline.web.guard import Sent, for_members, for_members_forms, see
from trunkline.web.pages.account.key_fields import key_expiry_ms, key_name, require_typed
from trunkline.web.pages.account.keys import FORM_KEPT_MS, NewKeyView
from trunkline.web.rendering import Document
from trunkline.web.visitors import Visitor

ADDRESS = "/settings/management-keys"


class ManagementKeysView(Struct, frozen=True, kw_only=True):
    """What the page shows."""

    rows: list[KeyWithSpend]
    form_id: str
    problem: str


class _ManagementKeys:
    __slots__ = ("_context",)

    def __init__(self, context: WebContext) -> None:
        self._context = context

    async def show(self, request: Request, visitor: Visitor) -> Response:
        return await self._list(request, visitor, "", 200)

    async def refuse(self, request: Request, visitor: Visitor, error: TrunklineError) -> Response:
        """The list, with what was wrong with the form."""
        return await self._list(request, visitor, error.message, error.http_status)

    async def change(self, sent: Sent) -> Response:
        """Create, rename or delete, as the form's `do` says."""
        accounts, key_hash = self._context.accounts, sent.text("hash")
        match sent.text("do"):
            case "create":
                return await self._create(sent)
            case "rename":
                await accounts.keys.change(sent.actor, key_hash, KeyPatch(name=key_name(sent)), "management")
            case "delete":
                item = await accounts.keys.get(sent.visitor.account_id, key_hash, "management")
                require_typed(sent, item.key.name)
                await accounts.keys.delete(sent.actor, key_hash, "management")
            case _:
                raise InvalidRequest("The form does not say what to do.", field="do")
        accounts.directory.forget(key_hash)
        return see(ADDRESS)

    async def _create(self, sent: Sent) -> Response:
        accounts, now_ms = self._context.accounts, self._context.facts.now_ms()
        new = NewKey(
            name=key_name(sent),
            expires_at_ms=key_expiry_ms(sent, now_ms),
            creator_user_id=sent.visitor.account_id,
        )
        form = f"key_form:{sent.visitor.account_id}:{sent.text('form_id')[:64]}"
        if await accounts.shared.recall(form, now_ms) is not None:
            return see(ADDRESS)
        await accounts.shared.remember(form, "sent", now_ms + FORM_KEPT_MS)
        key, secret = await accounts.keys.create(sent.actor, new, "management")
        view = NewKeyView(key=key, secret=secret, sample=f"export TRUNKLINE_MANAGEMENT_KEY={secret}")
        return await self._respond(sent.request, "account/key_created.html", f"Key {key.name}", view)

    async def _list(self, request: Request, visitor: Visitor, problem: str, status: int) -> Response:
        rows = await self._context.accounts.keys.management_keys(visitor.account_id)
        view = ManagementKeysView(rows=rows, form_id=ids.uuid4(), problem=problem)
        return await self._respond(request, "account/management_keys.html", "Management keys", view, status)

    async def _respond(self, request: Request, template: str, title: str, view: object, status: int = 200) -> Response:
        document = Document(template=template, title=title, page=view, status=status, is_indexed=False, is_private=True)
        return await self._context.respond(request, document)


def routes(context: WebContext) -> list[Route]:
    """The page."""
    return [Route(ADDRESS, for_members(context, _ManagementKeys(context).show))]


def actions(context: WebContext) -> list[Route]:
    """What its forms do."""
    keys = _ManagementKeys(context)
    return [Route(ADDRESS, for_members_forms(context, keys.change, keys.refuse), methods=["POST"])]
