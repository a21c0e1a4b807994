"""SQL of passkeys."""

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, delete, func, insert, select, update

from trunkline.storage.tables import passkeys


class Passkey(Struct, frozen=True, kw_only=True):
    """A public key that signs an account in. Its private half never leaves the authenticator."""

    id: str
    credential_id: bytes
    account_id: str
    name: str
    credential: bytes
    """Its id and COSE key, as WebAuthn's `attestedCredentialData` has them."""
    sign_count: int
    """What the authenticator counted last; 0 where it does not count."""
    created_at_ms: int
    last_used_at_ms: int | None


_COLUMNS = tuple(passkeys.c[field] for field in Passkey.__struct_fields__)


def insert_passkey(connection: Connection, passkey: Passkey) -> None:
    """A new one."""
    connection.execute(insert(passkeys).values(**msgspec.structs.asdict(passkey)))


def passkey_of_credential(connection: Connection, credential_id: bytes) -> Passkey | None:
    """Whoever it belongs to."""
    row = connection.execute(select(*_COLUMNS).where(passkeys.c.credential_id == credential_id)).mappings().first()
    return None if row is None else msgspec.convert(row, Passkey)


def passkeys_of(connection: Connection, account_id: str) -> list[Passkey]:
    """All of an account, oldest first."""
    query = select(*_COLUMNS).where(passkeys.c.account_id == account_id)
    rows = connection.execute(query.order_by(passkeys.c.created_at_ms, passkeys.c.id)).mappings()
    return [msgspec.convert(row, Passkey) for row in rows]


def count_of(connection: Connection, account_id: str) -> int:
    """How many an account has."""
    return connection.execute(select(func.count()).where(passkeys.c.account_id == account_id)).scalar_one()


def used(connection: Connection, passkey_id: str, sign_count: int, now_ms: int) -> None:
    """It signed somebody in."""
    connection.execute(
        update(passkeys).where(passkeys.c.id == passkey_id).values(sign_count=sign_count, last_used_at_ms=now_ms)
    )


def delete_passkey(connection: Connection, account_id: str, passkey_id: str) -> bool:
    """Whether the account had it."""
    gone = connection.execute(delete(passkeys).where(passkeys.c.id == passkey_id, passkeys.c.account_id == account_id))
    return gone.rowcount == 1
