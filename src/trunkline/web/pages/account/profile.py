"""`/settings/account`: name, e-mail address, password, passkeys, and the browsers that are signed in (site.md 12,
AUTH-03)."""

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.accounts.passkey_repository import Passkey
from trunkline.accounts.passkeys import PasskeyService
from trunkline.accounts.passwords import CHARACTERS_MIN
from trunkline.accounts.session_types import Profile, Session
from trunkline.core.errors import InvalidRequest, PermissionDenied
from trunkline.web.context import WebContext
from trunkline.web.guard import Sent, for_members, for_members_forms, moved, see
from trunkline.web.headers import PRIVATE
from trunkline.web.pages.account.form_page import FormPage
from trunkline.web.rendering import Document
from trunkline.web.visitors import Visitor

ADDRESS = "/settings/account"
_DONE = {
    "profile": "Saved.",
    "password": "The password is set. All other browsers are signed out.",
    "passkey": "The passkey is added. It signs you in from now on.",
}


class ProfileView(Struct, frozen=True, kw_only=True):
    """What the page shows."""

    profile: Profile
    has_passkeys: bool
    passkeys: list[Passkey]
    sessions: list[Session]
    current_id: str
    has_passwords: bool
    needs_password: bool
    """Whether a new password asks for the old one."""
    characters_min: int
    done: str
    problem: str


class _Account(FormPage):
    __slots__ = ()

    async def change(self, sent: Sent) -> Response:
        """Save the profile, set a password, add or remove a passkey, or sign browsers out, as the form's `do` says."""
        accounts = self._context.accounts
        match sent.text("do"):
            case "profile":
                await accounts.profiles.change(sent.actor, sent.text("name"), sent.text("email"))
                return see(f"{ADDRESS}?done=profile")
            case "password":
                return await self._set_password(sent)
            case "passkey_add":
                answer = sent.form.get("credential", "")
                await self._passkeys().add(sent.actor, sent.visitor.session.id, sent.text("name"), answer)
                return see(f"{ADDRESS}?done=passkey#passkeys")
            case "passkey_remove":
                await self._passkeys().remove(sent.actor, sent.text("passkey"))
                return see(f"{ADDRESS}#passkeys")
            case "end":
                await accounts.sessions.end(sent.actor, sent.text("session"))
                return see(ADDRESS)
            case "end_others":
                await accounts.sessions.end_others(sent.actor, sent.visitor.session.id)
                return see(ADDRESS)
            case "end_all":
                await accounts.sessions.end_others(sent.actor, None)
                response = see("/")
                accounts.visitors.let_out(response)
                return response
            case _:
                raise InvalidRequest("The form does not say what to do.", field="do")

    async def ask_passkey(self, sent: Sent) -> Response:
        """What the browser is to ask its authenticator for."""
        question = await self._passkeys().ask_new(sent.visitor.profile, sent.visitor.session.id)
        return Response(question, media_type="application/json", headers={"cache-control": PRIVATE})

    def _passkeys(self) -> PasskeyService:
        passkeys = self._context.accounts.passkeys
        if passkeys is None:
            raise PermissionDenied("Nobody signs in with a passkey here.")
        return passkeys

    async def _set_password(self, sent: Sent) -> Response:
        accounts = self._context.accounts
        if not self._context.settings.auth.password_sign_in:
            raise PermissionDenied("Nobody signs in with a password here.")
        if sent.visitor.profile.email is None:
            raise InvalidRequest("Give yourself an e-mail address first: you sign in with both.", field="email")
        # As typed: spaces at its ends belong to a password.
        new = sent.form.get("password", "")
        if new != sent.form.get("again", ""):
            raise InvalidRequest("The two new passwords differ.", field="again")
        current = sent.form.get("current", "")
        renewed = await accounts.profiles.set_password(sent.actor, sent.visitor.session, current, new)
        response = see(f"{ADDRESS}?done=password")
        accounts.visitors.let_in(response, renewed, self._context.facts.now_ms())
        return response

    async def _page(self, request: Request, visitor: Visitor, problem: str, status: int) -> Response:
        accounts = self._context.accounts
        profile = await accounts.profiles.find(visitor.account_id) or visitor.profile
        has_password = profile.password_changed_at_ms is not None
        view = ProfileView(
            profile=profile,
            has_passkeys=accounts.passkeys is not None,
            passkeys=[] if accounts.passkeys is None else await accounts.passkeys.of_account(visitor.account_id),
            sessions=await accounts.sessions.of_account(visitor.account_id),
            current_id=visitor.session.id,
            has_passwords=self._context.settings.auth.password_sign_in,
            needs_password=has_password and not accounts.profiles.may_skip_password(visitor.session),
            characters_min=CHARACTERS_MIN,
            done="" if problem else _DONE.get(request.query_params.get("done", ""), ""),
            problem=problem,
        )
        document = Document(
            template="account/profile.html",
            title="Account",
            page=view,
            status=status,
            is_indexed=False,
            is_private=True,
        )
        return await self._context.respond(request, document)


def routes(context: WebContext) -> list[Route]:
    """The page."""
    return [moved("/settings", ADDRESS), Route(ADDRESS, for_members(context, _Account(context).show))]


def actions(context: WebContext) -> list[Route]:
    """What its forms do."""
    account = _Account(context)
    return [
        Route(ADDRESS, for_members_forms(context, account.change, account.refuse), methods=["POST"]),
        Route(f"{ADDRESS}/passkey", for_members_forms(context, account.ask_passkey), methods=["POST"]),
    ]
