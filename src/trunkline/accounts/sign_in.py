"""Who comes in: by one-time link or by password (site.md 12).

Attempts are limited for each address and for each account before anything is looked up. A refusal tells nothing of
which accounts exist: an unknown address is answered like a wrong password, after as long a computation.
"""

from collections.abc import Mapping

from sqlalchemy import Connection

from trunkline.accounts import audit, profile_repository, secrets
from trunkline.accounts import repository as accounts
from trunkline.accounts import session_repository as repository
from trunkline.accounts.attempts import Attempts
from trunkline.accounts.bootstrap import SIGN_IN_LINK_MS
from trunkline.accounts.passwords import Passwords
from trunkline.accounts.profiles import normal_email
from trunkline.accounts.session_types import Browser, LinkState, SignedIn
from trunkline.accounts.sessions import TOKEN_CHARACTERS_MAX, SessionService
from trunkline.accounts.types import Actor
from trunkline.core.clock import Clock
from trunkline.core.errors import Unauthenticated
from trunkline.storage.interface import Database

_WRONG_PASSWORD = "The address or the password is wrong."  # noqa: S105 -- a sentence
LINK_REFUSALS: Mapping[LinkState, str] = {
    "used": "This link was used already. Each one works once.",
    "expired": "This link has expired. It worked for 24 hours.",
    "unknown": "This link is not one of this instance. Check that it was copied whole.",
}


class SignInService:
    """Raises Unauthenticated, RateLimited, and StorageUnavailable."""

    __slots__ = ("_attempts", "_clock", "_database", "_passwords", "_sessions")

    def __init__(
        self, database: Database, attempts: Attempts, clock: Clock, sessions: SessionService, passwords: Passwords
    ) -> None:
        self._database = database
        self._attempts = attempts
        self._clock = clock
        self._sessions = sessions
        self._passwords = passwords

    async def link_state(self, token: str) -> LinkState:
        """What would come of a link's token, which stays as it is: pages that are only looked at use nothing up."""
        if len(token) > TOKEN_CHARACTERS_MAX:
            return "unknown"
        return await self._database.read(repository.link_state, secrets.hash_secret(token), self._clock.now_ms())

    async def by_link(self, token: str, browser: Browser) -> SignedIn:
        """Use a one-time link's token up."""
        await self._attempts.count_address(browser.address)
        token_hash = secrets.hash_secret(token[: TOKEN_CHARACTERS_MAX + 1])
        signed_in = await self._database.write(self._use_link, token_hash, browser)
        if signed_in is None:
            raise Unauthenticated(LINK_REFUSALS.get(await self.link_state(token), LINK_REFUSALS["unknown"]))
        return signed_in

    async def by_password(self, email: str, password: str, browser: Browser) -> SignedIn:
        """Prove who one is by an account's e-mail address and password."""
        email = normal_email(email)
        await self._attempts.count_address(browser.address)
        await self._attempts.count_account(email)
        profile = await self._database.read(profile_repository.profile_of_email, email)
        stored = None
        if profile is not None:
            stored = await self._database.read(profile_repository.password_hash, profile.id)
        is_right = await self._passwords.is_right(stored, password)
        if profile is None or not is_right:
            if profile is not None:
                await self._database.write(self._record_failure, profile.id, browser)
            raise Unauthenticated(_WRONG_PASSWORD)
        return await self._database.write(self._sessions.open, profile.id, "password", browser)

    def _use_link(self, connection: Connection, token_hash: str, browser: Browser) -> SignedIn | None:
        account_id = repository.use_link(connection, token_hash, self._clock.now_ms())
        return None if account_id is None else self._sessions.open(connection, account_id, "link", browser)

    def _record_failure(self, connection: Connection, account_id: str, browser: Browser) -> None:
        actor = Actor(account_id=account_id, name="unknown", address=browser.address, request_id=browser.request_id)
        audit.record(connection, actor, "session.refused", account_id, self._clock.now_ms(), {"method": "password"})


async def issue_link(database: Database, clock: Clock, account_id: str) -> str:
    """The token of a new one-time link for an account; only its hash is kept."""
    token = secrets.mint_token()
    await database.write(_issue_link, secrets.hash_secret(token), account_id, clock.now_ms())
    return token


def _issue_link(connection: Connection, token_hash: str, account_id: str, now_ms: int) -> None:
    repository.delete_expired_links(connection, now_ms - SIGN_IN_LINK_MS)
    accounts.insert_sign_in_link(connection, token_hash, account_id, now_ms + SIGN_IN_LINK_MS)
    actor = Actor(account_id=account_id, name="operator")
    audit.record(connection, actor, "sign_in_link.create", account_id, now_ms)
