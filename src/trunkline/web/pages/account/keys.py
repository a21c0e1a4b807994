"""`/settings/keys` and `/keys/{hash}`: the account's API keys (site.md 14)."""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.accounts.limits import limit_remaining
from trunkline.accounts.types import ApiKey, KeyPatch, KeyWithSpend, NewKey
from trunkline.core import ids
from trunkline.core.calendar import DAY_MS, HOUR_MS, date_text, day_of
from trunkline.core.errors import InvalidRequest, TrunklineError
from trunkline.core.money import NanoUsd
from trunkline.web.context import WebContext
from trunkline.web.guard import Sent, for_members, for_members_forms, moved, see
from trunkline.web.pages.account.first_steps import FirstSteps, first_steps_of
from trunkline.web.pages.account.key_fields import key_expiry_ms, key_limit, key_name, key_reset, require_typed
from trunkline.web.rendering import Document
from trunkline.web.visitors import Visitor

FORM_KEPT_MS = HOUR_MS
"""How long it is known that a form made a key, so that sending it again makes no second one."""
EXPIRES_SOON_MS = 7 * DAY_MS

KeyStatus = Literal["enabled", "disabled", "expiring", "expired"]
STATUSES: tuple[KeyStatus, ...] = ("enabled", "disabled", "expiring", "expired")


class KeyRow(Struct, frozen=True, kw_only=True):
    """A key in the list. `remaining` and `used_percent` are None without a limit."""

    item: KeyWithSpend
    status: KeyStatus
    remaining: NanoUsd | None
    used_percent: float | None


class KeysView(Struct, frozen=True, kw_only=True):
    """What the list shows. `form_id` tells one sending of the form from another."""

    rows: list[KeyRow]
    shown: str
    total: int
    form_id: str
    problem: str
    today: str
    balance: NanoUsd
    first_steps: FirstSteps | None
    """None once they are over."""


class NewKeyView(Struct, frozen=True, kw_only=True):
    """The one page that shows a secret."""

    key: ApiKey
    secret: str
    sample: str


class KeyView(Struct, frozen=True, kw_only=True):
    """One key's page."""

    row: KeyRow
    balance: NanoUsd
    problem: str


CHOSEN = "key-"
"""What the name of a ticked key's box begins with; its hash follows."""
OVERLAPS_MS: Mapping[str, int] = {"now": 0, "1h": HOUR_MS, "1d": DAY_MS, "7d": 7 * DAY_MS}
"""How long a secret that is replaced goes on."""


class _Keys:
    __slots__ = ("_context",)

    def __init__(self, context: WebContext) -> None:
        self._context = context

    async def show(self, request: Request, visitor: Visitor) -> Response:
        return await self._list(request, visitor, "", 200)

    async def refuse(self, request: Request, visitor: Visitor, error: TrunklineError) -> Response:
        """The list, with what was wrong with the form."""
        return await self._list(request, visitor, error.message, error.http_status)

    async def create(self, sent: Sent) -> Response:
        """Make a key and show its secret, once. The same form sent again leads to the list."""
        accounts, now_ms = self._context.accounts, self._context.facts.now_ms()
        new = NewKey(
            name=key_name(sent),
            limit_nanousd=key_limit(sent),
            limit_reset=key_reset(sent),
            include_byok_in_limit=sent.text("include_byok") == "on",
            expires_at_ms=key_expiry_ms(sent, now_ms),
            creator_user_id=sent.visitor.account_id,
        )
        form = f"key_form:{sent.visitor.account_id}:{sent.text('form_id')[:64]}"
        if await accounts.shared.recall(form, now_ms) is not None:
            return see("/settings/keys")
        await accounts.shared.remember(form, "sent", now_ms + FORM_KEPT_MS)
        key, secret = await accounts.keys.create(sent.actor, new)
        view = NewKeyView(key=key, secret=secret, sample=f"export TRUNKLINE_API_KEY={secret}")
        return await self._respond(sent.request, "account/key_created.html", f"Key {key.name}", view)

    async def show_one(self, request: Request, visitor: Visitor) -> Response:
        return await self._one(request, visitor, "", 200)

    async def refuse_one(self, request: Request, visitor: Visitor, error: TrunklineError) -> Response:
        """The key's page, with what was wrong with the form."""
        return await self._one(request, visitor, error.message, error.http_status)

    async def change(self, sent: Sent) -> Response:
        """Save, disable, enable or delete, as the form's `do` says."""
        keys = self._context.accounts.keys
        key_hash: str = sent.request.path_params["hash"]
        match sent.text("do"):
            case "save":
                patch = KeyPatch(
                    name=key_name(sent),
                    limit_nanousd=key_limit(sent),
                    limit_reset=key_reset(sent),
                    include_byok_in_limit=sent.text("include_byok") == "on",
                )
                await keys.change(sent.actor, key_hash, patch)
            case "disable" | "enable" as wanted:
                await keys.change(sent.actor, key_hash, KeyPatch(disabled=wanted == "disable"))
            case "delete":
                item = await keys.get(sent.visitor.account_id, key_hash)
                require_typed(sent, item.key.name)
                await keys.delete(sent.actor, key_hash)
            case "rotate":
                return await self._rotate(sent, key_hash)
            case _:
                raise InvalidRequest("The form does not say what to do.", field="do")
        self._context.accounts.directory.forget(key_hash)
        return see("/settings/keys" if sent.text("do") == "delete" else f"/keys/{key_hash}")

    async def change_chosen(self, sent: Sent) -> Response:
        """Disable or delete every key that is ticked in the list (KP-01)."""
        accounts = self._context.accounts
        chosen = [name.removeprefix(CHOSEN) for name in sent.form if name.startswith(CHOSEN)]
        if not chosen:
            raise InvalidRequest("No key is ticked.", field="do")
        if sent.text("do") == "delete":
            require_typed(sent, "delete")
        for key_hash in chosen:
            if sent.text("do") == "delete":
                await accounts.keys.delete(sent.actor, key_hash)
            else:
                await accounts.keys.change(sent.actor, key_hash, KeyPatch(disabled=True))
            accounts.directory.forget(key_hash)
        return see("/settings/keys")

    async def _rotate(self, sent: Sent, key_hash: str) -> Response:
        """Show the new secret, once; the old one ends after the overlap that was chosen."""
        context = self._context
        overlap_ms = OVERLAPS_MS.get(sent.text("overlap"))
        if overlap_ms is None:
            raise InvalidRequest(f"Overlap: choose one of {', '.join(OVERLAPS_MS)}.", field="overlap")
        key, secret = await context.accounts.keys.rotate(sent.actor, key_hash, overlap_ms)
        context.accounts.directory.forget(key_hash)
        view = NewKeyView(key=key, secret=secret, sample=f"export TRUNKLINE_API_KEY={secret}")
        return await self._respond(sent.request, "account/key_created.html", f"Key {key.name}", view)

    async def _list(self, request: Request, visitor: Visitor, problem: str, status: int) -> Response:
        accounts, now_ms = self._context.accounts, self._context.facts.now_ms()
        found = await accounts.keys.page(visitor.account_id, workspace_id=None, include_disabled=True, offset=0)
        rows = [_row(item, now_ms) for item in found]
        shown = request.query_params.get("status", "")
        statement = await accounts.credits.statement(visitor.account_id, offset=0, limit=0)
        view = KeysView(
            rows=[row for row in rows if shown not in STATUSES or row.status == shown],
            shown=shown if shown in STATUSES else "",
            total=len(rows),
            form_id=ids.uuid4(),
            problem=problem,
            today=date_text(day_of(now_ms)),
            balance=statement.balance,
            first_steps=await first_steps_of(self._context, visitor.account_id, found, statement.balance),
        )
        return await self._respond(request, "account/keys.html", "API keys", view, status)

    async def _one(self, request: Request, visitor: Visitor, problem: str, status: int) -> Response:
        accounts = self._context.accounts
        item = await accounts.keys.get(visitor.account_id, request.path_params["hash"])
        statement = await accounts.credits.statement(visitor.account_id, offset=0, limit=0)
        row = _row(item, self._context.facts.now_ms())
        view = KeyView(row=row, balance=statement.balance, problem=problem)
        return await self._respond(request, "account/key.html", item.key.name, view, status)

    async def _respond(self, request: Request, template: str, title: str, view: object, status: int = 200) -> Response:
        document = Document(template=template, title=title, page=view, status=status, is_indexed=False, is_private=True)
        return await self._context.respond(request, document)


def routes(context: WebContext) -> list[Route]:
    """The list, and a page for each key under the hash that programs compute (KEY-02)."""
    keys = _Keys(context)
    return [
        moved("/keys", "/settings/keys"),
        Route("/settings/keys", for_members(context, keys.show)),
        Route("/keys/{hash}", for_members(context, keys.show_one)),
    ]


def actions(context: WebContext) -> list[Route]:
    """Create, change one, change several."""
    keys = _Keys(context)
    return [
        Route("/settings/keys", for_members_forms(context, keys.create, keys.refuse), methods=["POST"]),
        Route("/settings/keys/chosen", for_members_forms(context, keys.change_chosen, keys.refuse), methods=["POST"]),
        Route("/keys/{hash}", for_members_forms(context, keys.change, keys.refuse_one), methods=["POST"]),
    ]


def _row(item: KeyWithSpend, now_ms: int) -> KeyRow:
    key = item.key
    remaining = limit_remaining(key, item.spend)
    used = None
    if key.limit_nanousd is not None and remaining is not None:
        used = 100.0 * (key.limit_nanousd - remaining) / key.limit_nanousd if key.limit_nanousd else 100.0
    return KeyRow(item=item, status=_status(key, now_ms), remaining=remaining, used_percent=used)


def _status(key: ApiKey, now_ms: int) -> KeyStatus:
    if key.disabled:
        return "disabled"
    if key.expires_at_ms is None or key.expires_at_ms - now_ms > EXPIRES_SOON_MS:
        return "enabled"
    return "expiring" if key.expires_at_ms > now_ms else "expired"
