"""Rooms and shares. What is said in them exists here only sealed, and opened for their owner."""

from typing import Literal

from msgspec import Raw, Struct


class RoomRow(Struct, frozen=True, kw_only=True):
    """A room as a list needs it, its title sealed."""

    id: str
    workspace_id: str
    version: int
    title: bytes
    is_pinned: bool
    size_bytes: int
    created_at_ms: int
    updated_at_ms: int


class SealedRoom(Struct, frozen=True):
    """A room with all that is in it."""

    row: RoomRow
    document: bytes


class RoomHead(Struct, frozen=True, kw_only=True):
    """A room in its owner's list."""

    id: str
    workspace_id: str
    version: int
    title: str
    is_pinned: bool
    size_bytes: int
    """Of the document."""
    created_at_ms: int
    updated_at_ms: int


class Room(Struct, frozen=True):
    """A room with its document, which is the browser's: any JSON, never looked into."""

    head: RoomHead
    document: Raw


class RoomChange(Struct, frozen=True, kw_only=True):
    """What a browser stores. `version` is the one that it read, 0 for a new room; `workspace_id` counts then only."""

    id: str
    version: int
    title: str
    is_pinned: bool
    document: Raw
    workspace_id: str | None = None


class SharedSource(Struct, frozen=True, omit_defaults=True):
    """What an answer rests on."""

    url: str
    title: str | None = None


class SharedMessage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A message as it was when it was shared."""

    role: Literal["system", "user", "assistant"]
    text: str
    model: str | None = None
    """Which model said it."""
    sources: tuple[SharedSource, ...] = ()


class ShareContent(Struct, frozen=True, kw_only=True):
    """A snapshot of a conversation, as it is sealed."""

    title: str
    messages: tuple[SharedMessage, ...]


class ShareRow(Struct, frozen=True, kw_only=True):
    """A share as stored. Whoever has the token may read it; we have its hash, and the token itself sealed."""

    id: str
    token_hash: str
    account_id: str
    room_id: str
    title: bytes
    token: bytes
    created_at_ms: int


class Share(Struct, frozen=True, kw_only=True):
    """A share in its owner's list."""

    id: str
    room_id: str
    title: str
    token: str
    created_at_ms: int
