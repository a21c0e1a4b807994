"""First start: an owner, a default workspace, first keys, a way into the site (operating.md OP-11, MK-06)."""

from msgspec import Struct
from sqlalchemy import Connection

from trunkline.accounts import audit, repository, secrets
from trunkline.accounts.service import issue_key
from trunkline.accounts.types import Account, Actor, KeyKind, NewKey, Workspace
from trunkline.core import ids
from trunkline.core.calendar import DAY_MS
from trunkline.core.clock import Clock
from trunkline.storage.interface import Database

SIGN_IN_LINK_MS = DAY_MS
"""How long a one-time link works."""
BOOTSTRAP_KEY = "TRUNKLINE_BOOTSTRAP_KEY"
BOOTSTRAP_MANAGEMENT_KEY = "TRUNKLINE_BOOTSTRAP_MANAGEMENT_KEY"


class FirstStart(Struct, frozen=True, kw_only=True):
    """What the terminal shows once and nobody can read again."""

    account_id: str
    api_key: str
    management_key: str
    sign_in_token: str
    """Goes into the one-time sign-in link; valid for 24 hours."""


class MalformedBootstrapKey(ValueError):
    """The given first key has not the format of a key; nothing was created."""


async def ensure_owner(
    database: Database, clock: Clock, bootstrap_key: str | None, bootstrap_management_key: str | None = None
) -> FirstStart | None:
    """Create the owner unless there is an account already (then None).

    The two keys are those of the environment, None to mint them: automation that knows both can call the gateway and,
    with the second, `/keys` and `/credits`. Raises MalformedBootstrapKey before anything is created, also when an
    account exists already: a wrong setting is wrong at every start.
    """
    for name, given in ((BOOTSTRAP_KEY, bootstrap_key), (BOOTSTRAP_MANAGEMENT_KEY, bootstrap_management_key)):
        if given is not None and not secrets.is_secret(given):
            raise MalformedBootstrapKey(f"{name} must be {secrets.PREFIX} followed by 64 lowercase hex digits.")
    if bootstrap_key is not None and bootstrap_key == bootstrap_management_key:
        raise MalformedBootstrapKey(f"{BOOTSTRAP_KEY} and {BOOTSTRAP_MANAGEMENT_KEY} must differ.")
    first = FirstStart(
        account_id=ids.user_id(),
        api_key=bootstrap_key or secrets.mint_secret(),
        management_key=bootstrap_management_key or secrets.mint_secret(),
        sign_in_token=secrets.mint_token(),
    )
    created = await database.write(_create_owner, first, clock.now_ms())
    return first if created else None


def _create_owner(connection: Connection, first: FirstStart, now_ms: int) -> bool:
    if repository.any_account(connection) is not None:
        return False
    workspace = Workspace(
        id=ids.uuid4(),
        account_id=first.account_id,
        name="Default",
        slug="default",
        is_default=True,
        created_at_ms=now_ms,
    )
    repository.insert_account(connection, Account(id=first.account_id, name="Owner", created_at_ms=now_ms))
    repository.insert_workspace(connection, workspace)
    _insert_key(connection, first, workspace.id, "inference", first.api_key, now_ms)
    _insert_key(connection, first, None, "management", first.management_key, now_ms)
    repository.insert_sign_in_link(
        connection, secrets.hash_secret(first.sign_in_token), first.account_id, now_ms + SIGN_IN_LINK_MS
    )
    return True


def _insert_key(
    connection: Connection, first: FirstStart, workspace_id: str | None, kind: KeyKind, secret: str, now_ms: int
) -> None:
    new = NewKey(name=f"First {kind} key", creator_user_id=first.account_id)
    key = issue_key(first.account_id, workspace_id, kind, new, now_ms, secret)
    repository.insert_key(connection, key)
    actor = Actor(account_id=first.account_id, name="system")
    audit.record_key_change(connection, actor, "key.create", now_ms, before=None, after=key)
