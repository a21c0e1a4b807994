"""`/sign-in` and `/sign-out` (site.md 12).

A one-time link leads here and is used up by the button, not by being looked at: programs that preview links must not
spend it. The forms of strangers are tied to a cookie of this page, so that another site cannot sign a visitor in as
somebody else.
"""

from collections.abc import Mapping

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from trunkline.accounts.session_types import SignedIn
from trunkline.accounts.sign_in import LINK_REFUSALS
from trunkline.core.errors import InvalidRequest, PermissionDenied, RateLimited, TrunklineError, Unauthenticated
from trunkline.web.context import WebContext
from trunkline.web.forms import form_token, own_path, read_form, require_token
from trunkline.web.guard import Sent, for_members_forms, see
from trunkline.web.headers import PRIVATE
from trunkline.web.rendering import REQUEST_ID, Document
from trunkline.web.visitors import new_strangers_secret

HOME = "/settings/keys"
"""Where who came for nothing in particular is led."""
_NO_PASSKEYS = "Nobody signs in with a passkey here; ask the operator for a sign-in link."


class SignInView(Struct, frozen=True, kw_only=True):
    """What the page shows. `link_token` is that of a link that works; `problem` a sentence."""

    form_token: str
    next: str
    link_token: str
    problem: str
    has_passwords: bool
    has_passkeys: bool
    email: str


class _SignIn:
    __slots__ = ("_context", "_is_with_passwords")

    def __init__(self, context: WebContext) -> None:
        self._context = context
        self._is_with_passwords = context.settings.auth.password_sign_in

    async def show(self, request: Request) -> Response:
        """The page, for a link, a password or neither. Who is signed in already goes on, unless there is a link."""
        token, back = request.query_params.get("token", ""), _back(request.query_params)
        if not token and await self._context.accounts.visitors.find(request) is not None:
            return RedirectResponse(back, 303)
        problem = ""
        if token:
            state = await self._context.accounts.sign_in.link_state(token)
            problem = LINK_REFUSALS.get(state, "")
        return await self._page(request, back, link_token="" if problem else token, problem=problem)

    async def sign_in(self, request: Request) -> Response:
        """Take a link's token, a passkey's answer or a password, and give a session for it."""
        form = await read_form(request)
        back = _back(form)
        try:
            secret = self._require_form(request, form)
            signed_in = await self._let_in(request, form, secret)
        except RateLimited as refused:
            minutes = -(-(refused.retry_after_s or 60) // 60)
            problem = f"Too many attempts. Try again in {minutes:.0f} minute{'s' if minutes > 1 else ''}."
            return await self._page(request, back, problem=problem, status=429, email=form.get("email", ""))
        except (Unauthenticated, PermissionDenied, InvalidRequest) as refused:
            return await self._refuse(request, back, refused, form.get("email", ""))
        response = see(back)
        self._context.accounts.visitors.let_in(response, signed_in, self._context.facts.now_ms())
        return response

    async def ask_passkey(self, request: Request) -> Response:
        """What the browser is to ask its authenticator. Raises PermissionDenied and RateLimited."""
        passkeys, visitors = self._context.accounts.passkeys, self._context.accounts.visitors
        secret = self._require_form(request, await read_form(request))
        if passkeys is None:
            raise PermissionDenied(_NO_PASSKEYS)
        question = await passkeys.ask_who(visitors.browser(request, request.scope[REQUEST_ID]), secret)
        return Response(question, media_type="application/json", headers={"cache-control": PRIVATE})

    async def sign_out(self, sent: Sent) -> Response:
        """End this browser's session."""
        await self._context.accounts.sessions.end(sent.actor, sent.visitor.session.id)
        response = see("/")
        self._context.accounts.visitors.let_out(response)
        return response

    def _require_form(self, request: Request, form: Mapping[str, str]) -> str:
        """The secret that a stranger's form is tied to. Raises PermissionDenied for a form that is not ours."""
        secret = self._context.accounts.visitors.strangers_secret(request)
        if secret is None:
            raise PermissionDenied("Signing in needs a cookie, and your browser sent none. Try again.")
        require_token(form, form_token(secret))
        return secret

    async def _let_in(self, request: Request, form: Mapping[str, str], secret: str) -> SignedIn:
        accounts = self._context.accounts
        before = await accounts.visitors.find(request)
        browser = accounts.visitors.browser(request, request.scope[REQUEST_ID])
        if token := form.get("token"):
            signed_in = await accounts.sign_in.by_link(token, browser)
        elif answer := form.get("credential"):
            if accounts.passkeys is None:
                raise PermissionDenied(_NO_PASSKEYS)
            signed_in = await accounts.passkeys.sign_in(browser, secret, answer)
        elif self._is_with_passwords:
            signed_in = await accounts.sign_in.by_password(form.get("email", ""), form.get("password", ""), browser)
        else:
            raise PermissionDenied("Nobody signs in with a password here; ask the operator for a sign-in link.")
        if before is not None:
            actor = accounts.visitors.actor(request, before, request.scope[REQUEST_ID])
            await accounts.sessions.end(actor, before.session.id)
        return signed_in

    async def _refuse(self, request: Request, back: str, refused: TrunklineError, email: str) -> Response:
        return await self._page(request, back, problem=refused.message, status=refused.http_status, email=email)

    async def _page(
        self,
        request: Request,
        back: str,
        *,
        link_token: str = "",
        problem: str = "",
        status: int = 200,
        email: str = "",
    ) -> Response:
        visitors = self._context.accounts.visitors
        secret = visitors.strangers_secret(request) or new_strangers_secret()
        view = SignInView(
            form_token=form_token(secret),
            next=back,
            link_token=link_token,
            problem=problem,
            has_passwords=self._is_with_passwords,
            has_passkeys=self._context.accounts.passkeys is not None,
            email=email[:254],
        )
        document = Document(
            template="sign_in.html", title="Sign in", page=view, status=status, is_indexed=False, is_private=True
        )
        response = await self._context.respond(request, document)
        visitors.give_strangers_secret(response, secret)
        return response


def routes(context: WebContext) -> list[Route]:
    """The page."""
    return [Route("/sign-in", _SignIn(context).show)]


def actions(context: WebContext) -> list[Route]:
    """Coming and going."""
    pages = _SignIn(context)
    return [
        Route("/sign-in", pages.sign_in, methods=["POST"]),
        Route("/sign-in/passkey", pages.ask_passkey, methods=["POST"]),
        Route("/sign-out", for_members_forms(context, pages.sign_out), methods=["POST"]),
    ]


def _back(given: Mapping[str, str]) -> str:
    """Where to go afterwards: a path of this site (AUTH-02), and not the form itself again."""
    path = own_path(given.get("next", HOME))
    return HOME if path == "/" or path.startswith("/sign-") else path
