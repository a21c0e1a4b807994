"""Who looks at a page: the cookie, and the session behind it (operating.md OP-52)."""

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from trunkline.accounts import secrets
from trunkline.accounts.browsers import session_cookie_name
from trunkline.accounts.client_address import client_address
from trunkline.accounts.profiles import ProfileService
from trunkline.accounts.session_types import Browser, Profile, Session, SignedIn
from trunkline.accounts.sessions import SessionService
from trunkline.accounts.types import Actor
from trunkline.settings import Settings
from trunkline.web.forms import form_token

_FOUND = "trunkline.visitor"
"""Scope key of the visitor, once looked up."""
_FORM_COOKIE_S = 3600


class Visitor(Struct, frozen=True, kw_only=True):
    """Somebody who is signed in."""

    profile: Profile
    session: Session
    form_token: str

    @property
    def account_id(self) -> str:
        return self.profile.id


class Visitors:
    """Reads and writes the two cookies: the session's, and the one that forms of strangers are tied to.

    Over https both names begin with `__Host-`: no other host, no subdomain and no plain connection can set them.
    """

    __slots__ = ("_form_cookie", "_is_secure", "_profiles", "_session_cookie", "_sessions", "_trusted_proxies")

    def __init__(self, settings: Settings, sessions: SessionService, profiles: ProfileService) -> None:
        self._is_secure = settings.public_url.startswith("https://")
        self._session_cookie = session_cookie_name(settings.public_url)
        self._form_cookie = f"{'__Host-' if self._is_secure else ''}trunkline_form"
        self._sessions = sessions
        self._profiles = profiles
        self._trusted_proxies = settings.server.trusted_proxies

    async def find(self, request: Request) -> Visitor | None:
        """Who is signed in, None for a stranger. Raises StorageUnavailable."""
        if _FOUND not in request.scope:
            request.scope[_FOUND] = await self._look_up(request.cookies.get(self._session_cookie, ""))
        found: Visitor | None = request.scope[_FOUND]
        return found

    async def _look_up(self, token: str) -> Visitor | None:
        session = await self._sessions.find(token)
        profile = None if session is None else await self._profiles.find(session.account_id)
        if session is None or profile is None:
            return None
        return Visitor(profile=profile, session=session, form_token=form_token(token))

    def let_in(self, response: Response, signed_in: SignedIn, now_ms: int) -> None:
        """Give the browser its session, in place of any that it had."""
        age_s = (signed_in.session.expires_at_ms - now_ms) // 1000
        self._set(response, self._session_cookie, signed_in.token, age_s)

    def let_out(self, response: Response) -> None:
        """Take the session from the browser."""
        response.delete_cookie(self._session_cookie, secure=self._is_secure, httponly=True, samesite="lax")

    def strangers_secret(self, request: Request) -> str | None:
        """What the forms of somebody who is not signed in are tied to."""
        return request.cookies.get(self._form_cookie) or None

    def give_strangers_secret(self, response: Response, secret: str) -> None:
        """Tie the forms of the page to this browser."""
        self._set(response, self._form_cookie, secret, _FORM_COOKIE_S)

    def browser(self, request: Request, request_id: str) -> Browser:
        """Where the request comes from."""
        return Browser(
            address=self._address(request),
            user_agent=request.headers.get("user-agent"),
            request_id=request_id,
        )

    def actor(self, request: Request, visitor: Visitor, request_id: str) -> Actor:
        """The person, as the audit log names them."""
        return Actor(
            account_id=visitor.account_id,
            name=f"session {visitor.session.id}",
            address=self._address(request),
            request_id=request_id,
        )

    def _address(self, request: Request) -> str | None:
        peer = None if request.client is None else request.client.host
        return client_address(peer, request.headers.get("x-forwarded-for"), self._trusted_proxies)

    def _set(self, response: Response, name: str, value: str, age_s: int) -> None:
        response.set_cookie(name, value, age_s, httponly=True, secure=self._is_secure, samesite="lax")


def new_strangers_secret() -> str:
    """For a browser that has none."""
    return secrets.mint_token()
