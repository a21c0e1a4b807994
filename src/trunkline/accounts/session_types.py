"""A person's browser and how it got in."""

from typing import Literal

from msgspec import Struct

SignInMethod = Literal["link", "password", "passkey"]
LinkState = Literal["good", "used", "expired", "unknown"]


class Session(Struct, frozen=True, kw_only=True):
    """A browser that is signed in. The browser has the token, we its SHA-256."""

    id: str
    token_hash: str
    account_id: str
    method: SignInMethod
    created_at_ms: int
    last_used_at_ms: int
    """To five minutes."""
    expires_at_ms: int
    """The end, however much it is used."""
    address: str | None
    user_agent: str | None


class Browser(Struct, frozen=True, kw_only=True):
    """Who asks to be let in: for the list of sessions, the audit log and the limit of attempts."""

    address: str | None = None
    user_agent: str | None = None
    request_id: str | None = None


class SignedIn(Struct, frozen=True):
    """A new session, and the token that only the browser gets."""

    session: Session
    token: str


class Profile(Struct, frozen=True, kw_only=True):
    """A person's account as its owner sees it."""

    id: str
    name: str
    email: str | None
    created_at_ms: int
    password_changed_at_ms: int | None
    """None: there is no password."""
