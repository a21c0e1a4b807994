"""What the rest of the program may ask of storage.

Repositories (`*/repository.py`) are plain functions `fn(connection, …) -> structs` over a SQLAlchemy Core
connection; they run here, off the event loop, inside one transaction each. Nobody else opens a connection.
"""

from collections.abc import Callable
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from msgspec import Struct
from sqlalchemy import Connection

from trunkline.core.money import NanoUsd

P = ParamSpec("P")
R = TypeVar("R")


class GenerationRow(Struct, frozen=True, kw_only=True):
    """A row of `generations`, ready to be written. `record` is the whole Generation as JSON text."""

    id: str
    account_id: str
    key_hash: str
    created_at_ms: int
    finished_at_ms: int
    status: str
    model: str
    endpoint_id: str | None
    cost_nanousd: NanoUsd
    upstream_cost_nanousd: NanoUsd
    charged: bool
    is_byok: bool
    credential_id: str | None = None
    """The caller's own provider key that paid, if one did."""
    tokens_prompt: int
    tokens_completion: int
    record: str


class Database(Protocol):
    """One database, SQLite or PostgreSQL."""

    async def read(self, fn: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a repository function in a read transaction on a pooled connection."""
        ...

    async def write(self, fn: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a repository function in a transaction on the one writer, between two group commits."""
        ...

    async def settle(self, row: GenerationRow) -> None:
        """Return when the generation, its ledger entry (`usage:<id>`), its key's day and its account's sum are
        durable (survive kill -9), all in one transaction shared with whatever else was waiting (OP-42).

        While the database is away the row is made durable in a journal, if this database was opened with one, and
        reaches the tables later (OP-44). Settling the same id again changes nothing (LED-03). Raises
        StorageUnavailable when neither takes it (settle again later), StorageRefused when the database never will.
        """
        ...

    @property
    def has_room(self) -> bool:
        """Whether anything may begin that must be settled; False when the journal is at its bound."""
        ...

    def is_waiting(self, account_id: str, generation_id: str) -> bool:
        """Whether that generation of the account is durable, but not yet to be read."""
        ...

    async def check(self) -> None:
        """Raise StorageUnavailable with the reason unless the database answers."""
        ...


class StorageUnavailable(Exception):
    """The database cannot be reached or refuses to write; the message says why, without credentials."""


class StorageRefused(Exception):
    """The database takes no such record (a value too long, a NUL in a text): trying again cannot help."""
