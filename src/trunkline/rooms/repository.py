"""SQL of rooms and shares. Every lookup on a person's behalf is scoped by account (XT-01)."""

import msgspec
from sqlalchemy import Connection, delete, func, insert, select, update

from trunkline.rooms.types import RoomRow, SealedRoom, ShareRow
from trunkline.storage.tables import chat_rooms, chat_shares
from trunkline.storage.upsert import insert_into

_HEAD = tuple(chat_rooms.c[field] for field in RoomRow.__struct_fields__)
_SHARE = tuple(chat_shares.c[field] for field in ShareRow.__struct_fields__)


def rooms_of(connection: Connection, account_id: str, workspace_id: str) -> list[RoomRow]:
    """All of a person's in one workspace, the last changed first."""
    query = select(*_HEAD).where(chat_rooms.c.account_id == account_id, chat_rooms.c.workspace_id == workspace_id)
    rows = connection.execute(query.order_by(chat_rooms.c.updated_at_ms.desc(), chat_rooms.c.id)).mappings()
    return [msgspec.convert(row, RoomRow) for row in rows]


def find_head(connection: Connection, account_id: str, room_id: str) -> RoomRow | None:
    """A room of the person, without its document."""
    query = select(*_HEAD).where(chat_rooms.c.account_id == account_id, chat_rooms.c.id == room_id)
    row = connection.execute(query).mappings().first()
    return None if row is None else msgspec.convert(row, RoomRow)


def find_room(connection: Connection, account_id: str, room_id: str) -> SealedRoom | None:
    """A room of the person."""
    head = find_head(connection, account_id, room_id)
    query = select(chat_rooms.c.document).where(chat_rooms.c.account_id == account_id, chat_rooms.c.id == room_id)
    document = connection.execute(query).scalar_one_or_none()
    return None if head is None or document is None else SealedRoom(head, bytes(document))


def count_and_bytes(connection: Connection, account_id: str) -> tuple[int, int]:
    """How many rooms the person has, and the size of all their documents."""
    query = select(func.count(), func.coalesce(func.sum(chat_rooms.c.size_bytes), 0))
    count, size = connection.execute(query.where(chat_rooms.c.account_id == account_id)).one()
    return int(count), int(size)


def insert_room(connection: Connection, account_id: str, room: SealedRoom) -> bool:
    """A new room; False when the person has one of this id."""
    values = {**msgspec.structs.asdict(room.row), "account_id": account_id, "document": room.document}
    statement = insert_into(connection.dialect, chat_rooms).values(**values)
    statement = statement.on_conflict_do_nothing(index_elements=["account_id", "id"]).returning(chat_rooms.c.id)
    return connection.execute(statement).scalar_one_or_none() is not None


def replace_room(connection: Connection, account_id: str, room: SealedRoom, *, was_version: int) -> bool:
    """Another state of a room; False when it is no longer at that version."""
    row = room.row
    changed = connection.execute(
        update(chat_rooms)
        .where(chat_rooms.c.account_id == account_id, chat_rooms.c.id == row.id, chat_rooms.c.version == was_version)
        .values(
            version=row.version,
            title=row.title,
            is_pinned=row.is_pinned,
            size_bytes=row.size_bytes,
            updated_at_ms=row.updated_at_ms,
            document=room.document,
        )
    )
    return changed.rowcount == 1


def delete_room(connection: Connection, account_id: str, room_id: str) -> None:
    """Nothing when there is none."""
    connection.execute(delete(chat_rooms).where(chat_rooms.c.account_id == account_id, chat_rooms.c.id == room_id))


def insert_share(connection: Connection, share: ShareRow, content: bytes) -> None:
    """A new snapshot."""
    connection.execute(insert(chat_shares).values(**msgspec.structs.asdict(share), content=content))


def count_shares(connection: Connection, account_id: str) -> int:
    """How many the person has."""
    query = select(func.count()).select_from(chat_shares).where(chat_shares.c.account_id == account_id)
    return connection.execute(query).scalar_one()


def shares_of(connection: Connection, account_id: str, room_id: str | None) -> list[ShareRow]:
    """The person's, of one room or (None) of all, newest first."""
    query = select(*_SHARE).where(chat_shares.c.account_id == account_id)
    if room_id is not None:
        query = query.where(chat_shares.c.room_id == room_id)
    rows = connection.execute(query.order_by(chat_shares.c.created_at_ms.desc(), chat_shares.c.id)).mappings()
    return [msgspec.convert(row, ShareRow) for row in rows]


def shared_content(connection: Connection, token_hash: str) -> bytes | None:
    """What is shared under a token, of whomever: the token is the proof."""
    query = select(chat_shares.c.content).where(chat_shares.c.token_hash == token_hash)
    content = connection.execute(query).scalar_one_or_none()
    return None if content is None else bytes(content)


def delete_share(connection: Connection, account_id: str, share_id: str) -> bool:
    """Whether the person had that share."""
    gone = connection.execute(
        delete(chat_shares).where(chat_shares.c.id == share_id, chat_shares.c.account_id == account_id)
    )
    return gone.rowcount == 1
