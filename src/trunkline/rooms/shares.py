"""Snapshots of conversations that anybody may read who has the link (beside site.md CHAT-02).

A share is what its owner saw at that moment: what is said later is not in it, and deleting the room does not end it.
"""

import asyncio

import msgspec
from sqlalchemy import Connection

from trunkline.accounts import audit, secrets
from trunkline.accounts.types import Actor
from trunkline.core import ids, json
from trunkline.core.clock import Clock
from trunkline.core.errors import InvalidRequest, NotFound
from trunkline.rooms import repository
from trunkline.rooms.service import TITLE_MAX
from trunkline.rooms.types import Share, ShareContent, ShareRow
from trunkline.storage.interface import Database
from trunkline.storage.sealing import Sealer

SHARES_MAX = 200
"""Of one person."""
SHARE_BYTES_MAX = 2 * 1024 * 1024
MESSAGES_MAX = 500
TOKEN_CHARACTERS_MAX = 64
ROOM_ID_MAX = 64


class ShareService:
    """Raises InvalidRequest, NotFound, CannotOpen, and StorageUnavailable."""

    __slots__ = ("_clock", "_database", "_sealer")

    def __init__(self, database: Database, clock: Clock, sealer: Sealer) -> None:
        self._database = database
        self._clock = clock
        self._sealer = sealer

    async def create(self, actor: Actor, room_id: str, content: ShareContent) -> Share:
        """A new link."""
        if not 1 <= len(content.messages) <= MESSAGES_MAX:
            raise InvalidRequest(f"Share 1 to {MESSAGES_MAX} messages.", field="messages")
        if len(content.title) > TITLE_MAX:
            raise InvalidRequest(f"A title has at most {TITLE_MAX} characters.", field="title")
        if not 1 <= len(room_id) <= ROOM_ID_MAX:
            raise InvalidRequest("Name the room that it is of.", field="room")
        share = Share(
            id=ids.uuid4(),
            room_id=room_id,
            title=content.title,
            token=secrets.mint_token(),
            created_at_ms=self._clock.now_ms(),
        )
        row, sealed = await asyncio.to_thread(self._seal, actor.account_id, share, content)
        await self._database.write(_create, actor, row, sealed)
        return share

    async def of_account(self, account_id: str, room_id: str | None) -> list[Share]:
        """A person's, of one room or (None) of all, newest first."""
        rows = await self._database.read(repository.shares_of, account_id, room_id)
        return [self._share(row) for row in rows]

    async def read(self, token: str) -> ShareContent:
        """What is shown to whoever has the token. Raises NotFound when there is no such share, or no longer."""
        content, token_hash = None, secrets.hash_secret(token)
        if len(token) <= TOKEN_CHARACTERS_MAX:
            content = await self._database.read(repository.shared_content, token_hash)
        if content is None:
            raise NotFound("There is no such shared conversation; its owner may have ended the sharing.")
        opened = await asyncio.to_thread(self._sealer.open, content, _owner(token_hash))
        return msgspec.json.decode(opened, type=ShareContent)

    async def end(self, actor: Actor, share_id: str) -> None:
        """The link leads nowhere from now on, whether or not it did."""
        await self._database.write(_end, actor, share_id, self._clock.now_ms())

    def _seal(self, account_id: str, share: Share, content: ShareContent) -> tuple[ShareRow, bytes]:
        token_hash = secrets.hash_secret(share.token)
        owner = _owner(token_hash)
        row = ShareRow(
            id=share.id,
            token_hash=token_hash,
            account_id=account_id,
            room_id=share.room_id,
            title=self._sealer.seal(share.title.encode(), owner),
            token=self._sealer.seal(share.token.encode(), owner),
            created_at_ms=share.created_at_ms,
        )
        return row, self._sealer.seal(json.encode(content), owner)

    def _share(self, row: ShareRow) -> Share:
        owner = _owner(row.token_hash)
        return Share(
            id=row.id,
            room_id=row.room_id,
            title=self._sealer.open(row.title, owner).decode(),
            token=self._sealer.open(row.token, owner).decode(),
            created_at_ms=row.created_at_ms,
        )


def _owner(token_hash: str) -> str:
    return f"share {token_hash}"


def _create(connection: Connection, actor: Actor, row: ShareRow, content: bytes) -> None:
    if repository.count_shares(connection, row.account_id) >= SHARES_MAX:
        raise InvalidRequest(f"You share {SHARES_MAX} conversations, which is as many as may be. End some first.")
    repository.insert_share(connection, row, content)
    audit.record(connection, actor, "chat.share", row.id, row.created_at_ms)


def _end(connection: Connection, actor: Actor, share_id: str, now_ms: int) -> None:
    if repository.delete_share(connection, actor.account_id, share_id):
        audit.record(connection, actor, "chat.unshare", share_id, now_ms)
