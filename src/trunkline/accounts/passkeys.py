"""Signing in with a passkey (site.md 12, AUTH-01): a key pair in a person's authenticator, whose public half we have.

Two ceremonies of two steps each: we send a challenge, the authenticator signs it. A challenge is good once, for five
minutes, and for the browser that asked for it: it is tied to that browser's cookie.
"""

import secrets as random_bytes

from fido2.utils import websafe_encode
from sqlalchemy import Connection

from trunkline.accounts import audit, secrets
from trunkline.accounts import passkey_repository as repository
from trunkline.accounts.attempts import Attempts
from trunkline.accounts.passkey_repository import Passkey
from trunkline.accounts.session_types import Browser, Profile, SignedIn
from trunkline.accounts.sessions import SessionService
from trunkline.accounts.types import Actor
from trunkline.accounts.webauthn import NewCredential, WebAuthn
from trunkline.core import ids
from trunkline.core.calendar import MINUTE_MS
from trunkline.core.clock import Clock
from trunkline.core.errors import Conflict, InvalidRequest, NotFound, Unauthenticated
from trunkline.storage.interface import Database
from trunkline.storage.shared.interface import SharedState

CHALLENGE_BYTES = 32
CHALLENGE_MS = 5 * MINUTE_MS
PASSKEYS_MAX = 20
"""Of one account: more are forgotten ones."""
NAME_MAX = 100
_UNKNOWN = "This passkey is not known here. Sign in another way, then add it to your account."
_STALE = "The question to your passkey is too old. Try again."


class PasskeyService:
    """Raises InvalidRequest, Conflict, NotFound, Unauthenticated, RateLimited, and StorageUnavailable."""

    __slots__ = ("_attempts", "_clock", "_database", "_sessions", "_shared", "_webauthn")

    def __init__(
        self,
        database: Database,
        shared: SharedState,
        attempts: Attempts,
        clock: Clock,
        sessions: SessionService,
        webauthn: WebAuthn,
    ) -> None:
        self._database = database
        self._shared = shared
        self._attempts = attempts
        self._clock = clock
        self._sessions = sessions
        self._webauthn = webauthn

    async def of_account(self, account_id: str) -> list[Passkey]:
        """Oldest first."""
        return await self._database.read(repository.passkeys_of, account_id)

    async def ask_new(self, profile: Profile, browser_secret: str) -> bytes:
        """What the browser of a signed-in person is to ask its authenticator for: JSON."""
        others = await self.of_account(profile.id)
        challenge = await self._challenge(browser_secret)
        return self._webauthn.ask_new(
            challenge, profile.id, profile.email or profile.name, [other.credential for other in others]
        )

    async def add(self, actor: Actor, browser_secret: str, name: str, answer: str) -> None:
        """Keep what the authenticator made."""
        name = name.strip()
        if not name or len(name) > NAME_MAX or not name.isprintable():
            raise InvalidRequest(f"A passkey's name has 1 to {NAME_MAX} printable characters.", field="name")
        challenge, response = self._webauthn.read_new(answer)
        await self._use_up(challenge, browser_secret)
        made = self._webauthn.check_new(challenge, response)
        await self._database.write(_insert, actor, name, made, self._clock.now_ms())

    async def remove(self, actor: Actor, passkey_id: str) -> None:
        """It signs nobody in from now on."""
        if not await self._database.write(_delete, actor, passkey_id, self._clock.now_ms()):
            raise NotFound("There is no such passkey: it is gone already.")

    async def ask_who(self, browser: Browser, browser_secret: str) -> bytes:
        """What a stranger's browser is to ask its authenticator: JSON."""
        await self._attempts.count_address(browser.address)
        return self._webauthn.ask_who(await self._challenge(browser_secret))

    async def sign_in(self, browser: Browser, browser_secret: str, answer: str) -> SignedIn:
        """Let in whoever's passkey signed the challenge."""
        presented = self._webauthn.read_who(answer)
        await self._use_up(presented.challenge, browser_secret)
        passkey = await self._database.read(repository.passkey_of_credential, presented.credential_id)
        if passkey is None:
            raise Unauthenticated(_UNKNOWN)
        count = self._webauthn.check_who(presented, passkey.credential)
        if 0 < count <= passkey.sign_count:
            # An authenticator that counts never counts backwards: somebody has a copy (WebAuthn 6.1.1).
            raise Unauthenticated(
                "This passkey was used elsewhere since: it may have been copied. Sign in another way."
            )
        return await self._database.write(self._open, passkey, count, browser)

    def _open(self, connection: Connection, passkey: Passkey, count: int, browser: Browser) -> SignedIn:
        repository.used(connection, passkey.id, count, self._clock.now_ms())
        return self._sessions.open(connection, passkey.account_id, "passkey", browser)

    async def _challenge(self, browser_secret: str) -> bytes:
        challenge = random_bytes.token_bytes(CHALLENGE_BYTES)
        until_ms = self._clock.now_ms() + CHALLENGE_MS
        await self._shared.remember(_fact(challenge), secrets.hash_secret(browser_secret), until_ms)
        return challenge

    async def _use_up(self, challenge: bytes, browser_secret: str) -> None:
        """Raises InvalidRequest unless this browser was sent the challenge, lately, and has not answered it yet."""
        now_ms = self._clock.now_ms()
        asked = await self._shared.recall(_fact(challenge), now_ms)
        if asked is None or not secrets.same_hash(asked, secrets.hash_secret(browser_secret)):
            raise InvalidRequest(_STALE, field="credential")
        await self._shared.remember(_fact(challenge), "", now_ms)


def _fact(challenge: bytes) -> str:
    return f"passkey:{websafe_encode(challenge[:CHALLENGE_BYTES])}"


def _insert(connection: Connection, actor: Actor, name: str, made: NewCredential, now_ms: int) -> None:
    if repository.passkey_of_credential(connection, made.credential_id) is not None:
        raise Conflict("This passkey is known here already.")
    if repository.count_of(connection, actor.account_id) >= PASSKEYS_MAX:
        raise InvalidRequest(f"An account has at most {PASSKEYS_MAX} passkeys. Remove one first.", field="credential")
    passkey = Passkey(
        id=ids.uuid4(),
        credential_id=made.credential_id,
        account_id=actor.account_id,
        name=name,
        credential=made.credential,
        sign_count=made.sign_count,
        created_at_ms=now_ms,
        last_used_at_ms=None,
    )
    repository.insert_passkey(connection, passkey)
    audit.record(connection, actor, "passkey.create", passkey.id, now_ms, {"name": name})


def _delete(connection: Connection, actor: Actor, passkey_id: str, now_ms: int) -> bool:
    if not repository.delete_passkey(connection, actor.account_id, passkey_id):
        return False
    audit.record(connection, actor, "passkey.delete", passkey_id, now_ms)
    return True
