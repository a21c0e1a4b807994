"""SQL of what a person may say of the own account: name, e-mail address, password."""

from sqlalchemy import ColumnElement, Connection, select, update

from trunkline.accounts.session_types import Profile
from trunkline.storage.tables import accounts, passwords
from trunkline.storage.upsert import insert_into


def find_profile(connection: Connection, account_id: str) -> Profile | None:
    """The account, None when it is gone."""
    return _find(connection, accounts.c.id == account_id)


def profile_of_email(connection: Connection, email: str) -> Profile | None:
    """Whose address that is; addresses are stored in small letters."""
    return _find(connection, accounts.c.email == email)


def _find(connection: Connection, which: ColumnElement[bool]) -> Profile | None:
    row = connection.execute(
        select(accounts.c.id, accounts.c.name, accounts.c.email, accounts.c.created_at_ms, passwords.c.changed_at_ms)
        .join_from(accounts, passwords, accounts.c.id == passwords.c.account_id, isouter=True)
        .where(which)
    ).first()
    if row is None:
        return None
    return Profile(
        id=row.id,
        name=row.name,
        email=row.email,
        created_at_ms=row.created_at_ms,
        password_changed_at_ms=row.changed_at_ms,
    )


def update_profile(connection: Connection, account_id: str, name: str, email: str | None) -> None:
    """Store both."""
    connection.execute(update(accounts).where(accounts.c.id == account_id).values(name=name, email=email))


def password_hash(connection: Connection, account_id: str) -> str | None:
    """None: the account has no password."""
    return connection.execute(select(passwords.c.hash).where(passwords.c.account_id == account_id)).scalar()


def store_password(connection: Connection, account_id: str, hashed: str, now_ms: int) -> None:
    """In place of the old one, if there is one."""
    values = {"hash": hashed, "changed_at_ms": now_ms}
    connection.execute(
        insert_into(connection.dialect, passwords)
        .values(account_id=account_id, **values)
        .on_conflict_do_update(index_elements=["account_id"], set_=values)
    )
