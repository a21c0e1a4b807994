"""What a person changes of the own account: name, e-mail address, password (site.md 12, AUTH-03)."""

import re

from sqlalchemy import Connection

from trunkline.accounts import audit, session_repository
from trunkline.accounts import profile_repository as repository
from trunkline.accounts.attempts import Attempts
from trunkline.accounts.passwords import Passwords
from trunkline.accounts.session_types import Profile, Session, SignedIn
from trunkline.accounts.sessions import SessionService
from trunkline.accounts.types import Actor
from trunkline.core.calendar import MINUTE_MS
from trunkline.core.clock import Clock
from trunkline.core.errors import Conflict, InvalidRequest, NotFound, PermissionDenied
from trunkline.storage.interface import Database

NAME_MAX = 100
EMAIL_MAX = 254
LINK_IS_FRESH_MS = 15 * MINUTE_MS
"""Who has just come by a one-time link may set a new password without the old one: it may be forgotten."""
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class ProfileService:
    """Raises InvalidRequest, Conflict, NotFound, PermissionDenied, RateLimited, and StorageUnavailable."""

    __slots__ = ("_attempts", "_clock", "_database", "_passwords", "_sessions")

    def __init__(
        self, database: Database, attempts: Attempts, clock: Clock, sessions: SessionService, passwords: Passwords
    ) -> None:
        self._database = database
        self._attempts = attempts
        self._clock = clock
        self._sessions = sessions
        self._passwords = passwords

    async def find(self, account_id: str) -> Profile | None:
        """None when the account is gone."""
        return await self._database.read(repository.find_profile, account_id)

    async def change(self, actor: Actor, name: str, email: str) -> None:
        """Give the account a name and an address; an empty address takes it away."""
        name, email = name.strip(), normal_email(email)
        if not name or len(name) > NAME_MAX or _CONTROL.search(name):
            raise InvalidRequest(f"A name has 1 to {NAME_MAX} printable characters.", field="name")
        if email and (len(email) > EMAIL_MAX or _EMAIL.fullmatch(email) is None or _CONTROL.search(email)):
            raise InvalidRequest("That is no e-mail address.", field="email")
        await self._database.write(_change, actor, name, email or None, self._clock.now_ms())

    def may_skip_password(self, session: Session) -> bool:
        """Whether a new password needs no old one: the session is fresh from a one-time link."""
        return session.method == "link" and self._clock.now_ms() - session.created_at_ms < LINK_IS_FRESH_MS

    async def set_password(self, actor: Actor, session: Session, current: str, new: str) -> SignedIn:
        """Another password: the session goes on with a new token, all others of the account end."""
        stored = await self._database.read(repository.password_hash, actor.account_id)
        if stored is not None and not self.may_skip_password(session):
            await self._attempts.count_account(actor.account_id)
            if not await self._passwords.is_right(stored, current):
                raise PermissionDenied("That is not your current password. A new sign-in link lets you in without it.")
        hashed = await self._passwords.hash(new)
        return await self._database.write(self._store, actor, session, hashed, self._clock.now_ms())

    def _store(self, connection: Connection, actor: Actor, session: Session, hashed: str, now_ms: int) -> SignedIn:
        renewed = self._sessions.renew(connection, session)
        repository.store_password(connection, actor.account_id, hashed, now_ms)
        session_repository.delete_other_sessions(connection, actor.account_id, session.id)
        audit.record(connection, actor, "password.change", actor.account_id, now_ms)
        return renewed


def normal_email(text: str) -> str:
    """As addresses are stored and looked up."""
    return text.strip().lower()


def _change(connection: Connection, actor: Actor, name: str, email: str | None, now_ms: int) -> None:
    before = repository.find_profile(connection, actor.account_id)
    if before is None:
        raise NotFound("The account is gone.")
    if email is not None:
        taken = repository.profile_of_email(connection, email)
        if taken is not None and taken.id != actor.account_id:
            raise Conflict("Another account has that address.")
    repository.update_profile(connection, actor.account_id, name, email)
    detail = {"before": {"name": before.name, "email": before.email}, "after": {"name": name, "email": email}}
    audit.record(connection, actor, "account.update", actor.account_id, now_ms, detail)
