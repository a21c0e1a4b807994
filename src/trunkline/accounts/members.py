"""People who call the API from pages of this site: their session instead of a key (API-04, site.md CHAT-23).

Everything that governs a key governs them too, because each person has one in each workspace: a hidden key of the kind
`session`, made when it is first needed. Nobody knows a secret for it, lists do not show it, and its hash comes from the
instance's own secret, so that every process finds the same row without asking who made it.

Money may be spent this way, so the cookie alone is not enough: what browsers say of the request's origin must be right,
and the page must send the token that only pages made for this session know.
"""

import hmac
from collections.abc import Mapping

from sqlalchemy import Connection

from trunkline.accounts import audit, repository
from trunkline.accounts.browsers import is_form_token, is_own_page, session_cookie_name
from trunkline.accounts.directory import Directory
from trunkline.accounts.sessions import SessionService
from trunkline.accounts.types import Actor, ApiKey, Principal
from trunkline.core.clock import Clock
from trunkline.core.errors import InvalidRequest, PermissionDenied, Unauthenticated
from trunkline.storage.interface import Database

KEY_NAME = "Signed in"
"""What lists of keys that spent something call the hidden key."""
TOKEN_HEADER = b"x-form-token"
WORKSPACE_HEADER = b"x-trunkline-workspace"
_READING = ("GET", "HEAD")
_WORKSPACE_CHARACTERS_MAX = 36
_OVER = "Your session is over. Sign in again."


class Members:
    """Who is signed in, as a caller of the API. `secret` is the instance's, for hidden keys only."""

    __slots__ = ("_clock", "_cookie", "_database", "_directory", "_secret", "_sessions")

    def __init__(
        self,
        database: Database,
        clock: Clock,
        directory: Directory,
        sessions: SessionService,
        *,
        public_url: str,
        secret: bytes,
    ) -> None:
        self._database = database
        self._clock = clock
        self._directory = directory
        self._sessions = sessions
        self._cookie = session_cookie_name(public_url)
        self._secret = secret

    async def resolve(self, method: str, headers: Mapping[bytes, bytes]) -> Principal | None:
        """The person behind a request without a key; None when it brings no session either.

        `headers`: names in lower case. Raises PermissionDenied for one that no page of this site sent, Unauthenticated
        when the session is over, InvalidRequest for a workspace that is not theirs, and StorageUnavailable.
        """
        token = cookie(headers.get(b"cookie", b""), self._cookie)
        if not token:
            return None
        _require_own_page(method, headers, token)
        session = await self._sessions.find(token)
        if session is None:
            raise Unauthenticated(_OVER)
        asked = _text(headers.get(WORKSPACE_HEADER))
        workspace_id = await self._database.read(workspace_of, session.account_id, asked)
        key_hash = self._key_hash(session.account_id, workspace_id)
        principal = await self._directory.of_hash(key_hash)
        if principal is None:
            key = self._new_key(key_hash, session.account_id, workspace_id)
            await self._database.write(_insert, key, Actor(account_id=session.account_id, name=f"session {session.id}"))
            principal = await self._directory.of_hash(key_hash)
        if principal is None:  # the row was there a moment ago: somebody deletes rows by hand
            raise Unauthenticated(_OVER)
        return principal

    def _key_hash(self, account_id: str, workspace_id: str) -> str:
        return hmac.digest(self._secret, f"{account_id} {workspace_id}".encode(), "sha256").hex()

    def _new_key(self, key_hash: str, account_id: str, workspace_id: str) -> ApiKey:
        return ApiKey(
            hash=key_hash,
            account_id=account_id,
            workspace_id=workspace_id,
            kind="session",
            label=KEY_NAME,
            name=KEY_NAME,
            disabled=False,
            limit_nanousd=None,
            limit_reset=None,
            include_byok_in_limit=False,
            expires_at_ms=None,
            creator_user_id=account_id,
            created_at_ms=self._clock.now_ms(),
            updated_at_ms=None,
        )


def workspace_of(connection: Connection, account_id: str, asked: str | None) -> str:
    """The workspace that somebody asks for by id, or the account's default one.

    Raises InvalidRequest; another account's is as unknown as any (XT-01).
    """
    if asked is not None:
        found = len(asked) <= _WORKSPACE_CHARACTERS_MAX and repository.has_workspace(connection, account_id, asked)
        if not found:
            raise InvalidRequest("`workspace` is no workspace of yours.", field="workspace")
        return asked
    default = repository.default_workspace_id(connection, account_id)
    if default is None:
        raise InvalidRequest("You have no default workspace: name one.", field="workspace")
    return default


def cookie(header: bytes, name: str) -> str:
    """The value of a cookie, the first of that name; empty when there is none."""
    for part in header.decode("latin-1").split(";"):
        key, _, value = part.strip().partition("=")
        if key == name:
            return value
    return ""


def _require_own_page(method: str, headers: Mapping[bytes, bytes], token: str) -> None:
    is_own = is_own_page(
        _text(headers.get(b"sec-fetch-site")),
        _text(headers.get(b"origin")),
        _text(headers.get(b"host")),
        allows_typed=False,
        allows_silence=method in _READING,
    )
    if not is_own or not is_form_token(_text(headers.get(TOKEN_HEADER)) or "", token):
        raise PermissionDenied(
            "A session counts only for this site's own pages. Open the page again, or call with an API key."
        )


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")


def _insert(connection: Connection, key: ApiKey, actor: Actor) -> None:
    if repository.insert_key_once(connection, key):
        audit.record_key_change(connection, actor, "key.create", key.created_at_ms, before=None, after=key)
