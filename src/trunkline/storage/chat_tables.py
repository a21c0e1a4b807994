"""Rooms of the chat and what is shared of them. Whatever somebody said is sealed (storage/sealing.py)."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, String, Table

from trunkline.storage.metadata import metadata

# The id is the browser's; the account is part of the key, so that nobody learns which ids others have.
chat_rooms = Table(
    "chat_rooms",
    metadata,
    Column("account_id", String(40), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("workspace_id", String(36), nullable=False),
    Column("version", Integer, nullable=False),
    Column("title", LargeBinary, nullable=False),
    Column("is_pinned", Boolean, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("updated_at_ms", BigInteger, nullable=False),
    # Last, because SQLite reads a row from its front and a list needs no documents.
    Column("document", LargeBinary, nullable=False),
    Index("ix_chat_rooms_account_id_workspace_id", "account_id", "workspace_id"),
)

chat_shares = Table(
    "chat_shares",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("account_id", String(40), nullable=False),
    Column("room_id", String(64), nullable=False),
    Column("title", LargeBinary, nullable=False),
    Column("token", LargeBinary, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Index("ix_chat_shares_account_id", "account_id"),
)
