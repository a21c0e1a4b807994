"""Sessions of the site (operating.md OP-52): an opaque token in a cookie, its hash in the database.

A session ends when it was not used for `auth.session_idle_days`, after `auth.session_days` in any case, when its owner
signs out, here or everywhere, and when the password changes elsewhere. A token is made when somebody signs in, never
taken from a browser, and made anew when what the session may do changes.
"""

import msgspec
from sqlalchemy import Connection

from trunkline.accounts import audit, secrets
from trunkline.accounts import session_repository as repository
from trunkline.accounts.session_types import Browser, Session, SignedIn, SignInMethod
from trunkline.accounts.types import Actor
from trunkline.core import ids
from trunkline.core.calendar import DAY_MS, MINUTE_MS
from trunkline.core.clock import Clock
from trunkline.core.errors import NotFound
from trunkline.settings import Auth
from trunkline.storage.interface import Database

TOKEN_CHARACTERS_MAX = 128
TOUCHED_EVERY_MS = 5 * MINUTE_MS
"""How exactly it is known when a session was last used: not every page is worth a write."""
SESSIONS_MAX = 50
"""Of one account; signing in once more ends the one that was not used for longest."""
_USER_AGENT_MAX = 300


class SessionService:
    """The sessions of all accounts. Raises NotFound, and StorageUnavailable when the database is away."""

    __slots__ = ("_auth", "_clock", "_database")

    def __init__(self, database: Database, clock: Clock, auth: Auth) -> None:
        self._database = database
        self._clock = clock
        self._auth = auth

    async def find(self, token: str) -> Session | None:
        """The live session of a cookie's token, which thereby counts as used."""
        if not token or len(token) > TOKEN_CHARACTERS_MAX:
            return None
        now_ms = self._clock.now_ms()
        token_hash = secrets.hash_secret(token)
        session = await self._database.read(repository.session_of_token, token_hash)
        if session is None or not secrets.same_hash(token_hash, session.token_hash) or not self._is_live(session):
            return None
        if now_ms - session.last_used_at_ms >= TOUCHED_EVERY_MS:
            await self._database.write(repository.touch_session, session.id, now_ms)
        return session

    async def of_account(self, account_id: str) -> list[Session]:
        """The live ones, most recently used first."""
        found = await self._database.read(repository.sessions_of, account_id)
        return [session for session in found if self._is_live(session)]

    async def end(self, actor: Actor, session_id: str) -> None:
        """Sign one browser out; a session that is not the actor's is as unknown as any."""
        if not await self._database.write(_end, actor, session_id, self._clock.now_ms()):
            raise NotFound("There is no such session: it has ended already.")

    async def end_others(self, actor: Actor, kept_id: str | None) -> int:
        """Sign all browsers out except one (None: every one); how many they were."""
        return await self._database.write(_end_others, actor, kept_id, self._clock.now_ms())

    def open(self, connection: Connection, account_id: str, method: SignInMethod, browser: Browser) -> SignedIn:
        """A new session, in the transaction that proved who signs in."""
        now_ms = self._clock.now_ms()
        token = secrets.mint_token()
        session = Session(
            id=ids.uuid4(),
            token_hash=secrets.hash_secret(token),
            account_id=account_id,
            method=method,
            created_at_ms=now_ms,
            last_used_at_ms=now_ms,
            expires_at_ms=now_ms + self._auth.session_days * DAY_MS,
            address=browser.address,
            user_agent=None if browser.user_agent is None else browser.user_agent[:_USER_AGENT_MAX],
        )
        repository.delete_expired_sessions(connection, account_id, now_ms, now_ms - self._idle_ms)
        for oldest in repository.sessions_of(connection, account_id)[SESSIONS_MAX - 1 :]:
            repository.delete_session(connection, account_id, oldest.id)
        repository.insert_session(connection, session)
        actor = Actor(account_id=account_id, name="person", address=browser.address, request_id=browser.request_id)
        audit.record(connection, actor, "session.create", session.id, now_ms, {"method": method})
        return SignedIn(session, token)

    def renew(self, connection: Connection, session: Session) -> SignedIn:
        """The same session with another token: whoever knew the old one is out. Raises NotFound when it has ended."""
        token = secrets.mint_token()
        token_hash = secrets.hash_secret(token)
        if not repository.replace_token(connection, session.id, token_hash):
            raise NotFound("The session has ended. Sign in again.")
        return SignedIn(msgspec.structs.replace(session, token_hash=token_hash), token)

    @property
    def _idle_ms(self) -> int:
        return self._auth.session_idle_days * DAY_MS

    def _is_live(self, session: Session) -> bool:
        now_ms = self._clock.now_ms()
        return now_ms < session.expires_at_ms and now_ms < session.last_used_at_ms + self._idle_ms


def _end(connection: Connection, actor: Actor, session_id: str, now_ms: int) -> bool:
    if not repository.delete_session(connection, actor.account_id, session_id):
        return False
    audit.record(connection, actor, "session.end", session_id, now_ms)
    return True


def _end_others(connection: Connection, actor: Actor, kept_id: str | None, now_ms: int) -> int:
    count = repository.delete_other_sessions(connection, actor.account_id, kept_id)
    if count:
        audit.record(connection, actor, "session.end_others", kept_id or "", now_ms, {"count": count})
    return count
