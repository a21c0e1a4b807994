"""A second account in an instance's database, for tests of what one tenant may see and do to another."""

from sqlalchemy import Connection, update

from tests.instance import Instance
from trunkline.accounts import repository, secrets
from trunkline.accounts.service import issue_key
from trunkline.accounts.types import Account, KeyKind, NewKey, Workspace
from trunkline.storage.database import SqlDatabase
from trunkline.storage.tables import accounts

STRANGER = "user_stranger"
WORKSPACE = "5d1f0c9e-8a43-4a5e-9f0b-6c2b7f4d2e10"


async def add_stranger(instance: Instance, *, credits_nanousd: int = 0) -> dict[KeyKind, str]:
    """The account, its default workspace and one key of each kind; returns the secrets."""
    made: dict[KeyKind, str] = {"inference": secrets.mint_secret(), "management": secrets.mint_secret()}
    await database_of(instance).write(_insert, made, credits_nanousd)
    return made


async def fund(instance: Instance, account_credits_nanousd: int) -> None:
    """Give every account that there is so much, before anybody has called."""
    await database_of(instance).write(_fund, account_credits_nanousd)


def _fund(connection: Connection, credits_nanousd: int) -> None:
    connection.execute(update(accounts).values(credits_nanousd=credits_nanousd))


def database_of(instance: Instance) -> SqlDatabase:
    database = instance.app._database
    assert isinstance(database, SqlDatabase)
    return database


def _insert(connection: Connection, made: dict[KeyKind, str], credits_nanousd: int) -> None:
    repository.insert_account(connection, Account(id=STRANGER, name="Stranger", created_at_ms=1))
    workspace = Workspace(
        id=WORKSPACE, account_id=STRANGER, name="Theirs", slug="default", is_default=True, created_at_ms=1
    )
    repository.insert_workspace(connection, workspace)
    for kind, secret in made.items():
        place = WORKSPACE if kind == "inference" else None
        new = NewKey(name=f"{kind} of a stranger", creator_user_id=STRANGER)
        repository.insert_key(connection, issue_key(STRANGER, place, kind, new, 1, secret))
    connection.execute(update(accounts).where(accounts.c.id == STRANGER).values(credits_nanousd=credits_nanousd))
