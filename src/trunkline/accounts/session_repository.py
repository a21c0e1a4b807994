"""SQL of sessions and one-time links. A token is never here, only its hash."""

import msgspec
from sqlalchemy import Connection, delete, insert, or_, select, update

from trunkline.accounts.session_types import LinkState, Session
from trunkline.storage.tables import sessions, sign_in_links

_COLUMNS = tuple(sessions.c[field] for field in Session.__struct_fields__)


def insert_session(connection: Connection, session: Session) -> None:
    """A browser that signed in."""
    connection.execute(insert(sessions).values(**msgspec.structs.asdict(session)))


def session_of_token(connection: Connection, token_hash: str) -> Session | None:
    """The session with this token, whether or not it has expired."""
    row = connection.execute(select(*_COLUMNS).where(sessions.c.token_hash == token_hash)).mappings().first()
    return None if row is None else msgspec.convert(row, Session)


def sessions_of(connection: Connection, account_id: str) -> list[Session]:
    """All of an account, most recently used first."""
    query = select(*_COLUMNS).where(sessions.c.account_id == account_id)
    rows = connection.execute(query.order_by(sessions.c.last_used_at_ms.desc(), sessions.c.id)).mappings()
    return [msgspec.convert(row, Session) for row in rows]


def touch_session(connection: Connection, session_id: str, now_ms: int) -> None:
    """It was used."""
    connection.execute(update(sessions).where(sessions.c.id == session_id).values(last_used_at_ms=now_ms))


def replace_token(connection: Connection, session_id: str, token_hash: str) -> bool:
    """Give a session another token; False when it is gone."""
    changed = connection.execute(update(sessions).where(sessions.c.id == session_id).values(token_hash=token_hash))
    return changed.rowcount == 1


def delete_session(connection: Connection, account_id: str, session_id: str) -> bool:
    """Whether the account had that session."""
    gone = connection.execute(delete(sessions).where(sessions.c.id == session_id, sessions.c.account_id == account_id))
    return gone.rowcount == 1


def delete_other_sessions(connection: Connection, account_id: str, kept_id: str | None) -> int:
    """All of an account except one (None: all of them); how many there were."""
    query = delete(sessions).where(sessions.c.account_id == account_id)
    if kept_id is not None:
        query = query.where(sessions.c.id != kept_id)
    return connection.execute(query).rowcount


def delete_expired_sessions(connection: Connection, account_id: str, now_ms: int, unused_since_ms: int) -> None:
    """Those of an account that nobody can use again."""
    connection.execute(
        delete(sessions).where(
            sessions.c.account_id == account_id,
            or_(sessions.c.expires_at_ms <= now_ms, sessions.c.last_used_at_ms <= unused_since_ms),
        )
    )


def link_state(connection: Connection, token_hash: str, now_ms: int) -> LinkState:
    """What would come of using the link."""
    row = connection.execute(select(sign_in_links).where(sign_in_links.c.token_hash == token_hash)).first()
    if row is None:
        return "unknown"
    if row.used_at_ms is not None:
        return "used"
    return "expired" if row.expires_at_ms <= now_ms else "good"


def use_link(connection: Connection, token_hash: str, now_ms: int) -> str | None:
    """Mark the link as used, and return its account; None when it cannot be used. Of two at once only one succeeds."""
    return connection.execute(
        update(sign_in_links)
        .where(
            sign_in_links.c.token_hash == token_hash,
            sign_in_links.c.used_at_ms.is_(None),
            sign_in_links.c.expires_at_ms > now_ms,
        )
        .values(used_at_ms=now_ms)
        .returning(sign_in_links.c.account_id)
    ).scalar_one_or_none()


def delete_expired_links(connection: Connection, before_ms: int) -> None:
    """Links that ended before then; until then, whoever uses one is told why it does not work."""
    connection.execute(delete(sign_in_links).where(sign_in_links.c.expires_at_ms < before_ms))
