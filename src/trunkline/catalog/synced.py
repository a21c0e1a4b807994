"""What `trunkline catalog sync` took over from elsewhere: a file of its own in the home folder, read between the
bundled entries and everything of the operator's.

It holds facts only. Whatever else somebody writes into it (an address, a key, another provider's protocol) is not read.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from trunkline.core.json import JsonValue, encode, value

NAME: Final = "catalog-synced.json"
BACKUPS_MAX: Final = 10
"""Earlier states that are kept for `trunkline catalog undo`."""
SCHEMA_VERSION: Final = 1

_DESCRIBING: Final = frozenset(
    {"context_length", "max_output_tokens", "input_modalities", "output_modalities", "supported_parameters"}
)
MODEL_FIELDS: Final = _DESCRIBING | {"id", "name", "short_name", "created"}
ENDPOINT_FIELDS: Final = _DESCRIBING | {
    *("model", "provider", "tag", "variant", "upstream_model", "pricing", "deprecation_date", "enabled")
}

Entries = tuple[Mapping[str, JsonValue], ...]


class SyncedInvalid(Exception):
    """The file is not what was written into it; the message says where it is and what to do."""


class Synced(Struct, frozen=True, kw_only=True):
    """Entries in the form of `[[models]]` and `[[endpoints]]`, and where they came from."""

    models: Entries = ()
    endpoints: Entries = ()
    history: Entries = ()
    """`source` and `at` of each take-over, oldest first."""


NOTHING: Final = Synced()


def read_synced(home: Path) -> Synced:
    """What was taken over; nothing when nothing was. Raises SyncedInvalid."""
    path = home / NAME
    try:
        tree = value(path.read_bytes())
    except FileNotFoundError:
        return NOTHING
    except OSError as error:
        raise SyncedInvalid(f"{path} cannot be read: {error.strerror}") from None
    except msgspec.DecodeError as error:
        raise SyncedInvalid(
            f"{path} is no JSON ({error}); `trunkline catalog undo` brings back the one before"
        ) from None
    if not isinstance(tree, dict) or tree.get("schema_version") != SCHEMA_VERSION:
        raise SyncedInvalid(f"{path} has no schema_version {SCHEMA_VERSION}; delete it, and sync again")
    return Synced(
        models=_kept(tree.get("models"), MODEL_FIELDS),
        endpoints=_kept(tree.get("endpoints"), ENDPOINT_FIELDS),
        history=_kept(tree.get("history"), frozenset({"source", "at"})),
    )


def merged(
    before: Synced,
    models: Sequence[Mapping[str, JsonValue]],
    endpoints: Sequence[Mapping[str, JsonValue]],
    *,
    source: str,
    at: str,
) -> Synced:
    """With newer entries: field by field over older ones of the same thing."""
    return Synced(
        models=_laid_over(before.models, models, ("id",)),
        endpoints=_laid_over(before.endpoints, endpoints, ("model", "tag")),
        history=(*before.history, {"source": source, "at": at})[-100:],
    )


def write_synced(home: Path, synced: Synced, now_ms: int) -> None:
    """Put it in the place of what is there, all of it or nothing; `undo` brings that back. Raises OSError."""
    path = home / NAME
    backup = home / f"{NAME}.{now_ms:013d}"
    before = path.read_bytes() if path.exists() else encode(_tree(NOTHING))
    _replace(backup, before)
    _replace(path, msgspec.json.format(encode(_tree(synced)), indent=1))
    for old in _backups(home)[:-BACKUPS_MAX]:
        old.unlink()


def undo(home: Path) -> bool:
    """Bring back the state before the last take-over; False when there is none. Raises OSError."""
    backups = _backups(home)
    if not backups:
        return False
    os.replace(backups[-1], home / NAME)
    return True


def _backups(home: Path) -> list[Path]:
    """Oldest first."""
    return sorted(path for path in home.glob(f"{NAME}.*") if path.suffix[1:].isdecimal())


def _replace(path: Path, data: bytes) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)


def _tree(synced: Synced) -> dict[str, object]:
    return {
        "schema_version": SCHEMA_VERSION,
        "note": "Written by `trunkline catalog sync`; `trunkline catalog undo` takes the last change back.",
        "history": synced.history,
        "models": synced.models,
        "endpoints": synced.endpoints,
    }


def _kept(given: JsonValue, fields: frozenset[str]) -> Entries:
    rows = given if isinstance(given, list) else []
    return tuple({key: row[key] for key in row if key in fields} for row in rows if isinstance(row, dict))


def _laid_over(
    before: Sequence[Mapping[str, JsonValue]], newer: Sequence[Mapping[str, JsonValue]], identity: tuple[str, ...]
) -> Entries:
    found: dict[tuple[JsonValue, ...], Mapping[str, JsonValue]] = {}
    for entry in (*before, *newer):
        key = tuple(str(entry.get(name)) for name in identity)
        found[key] = {**found.get(key, {}), **entry}
    return tuple(found.values())
