"""SQLite checkpoints beside the writer, so that no settlement waits for one (0004-durability.md).

A checkpoint copies committed pages from the WAL into the database file and waits for the disk. A passive one holds up
neither readers nor the writer, if it runs on a connection of its own.
"""

import sqlite3
from contextlib import closing
from threading import Event, Thread

COMMITS_BETWEEN = 64
"""About 600 pages of WAL: few enough that each checkpoint is short, enough that hot pages are copied once."""


class Checkpointer:
    """One thread with its own connection; sleeps until the writer has committed enough."""

    __slots__ = ("_commits", "_path", "_stopping", "_thread", "_wake")

    def __init__(self, path: str) -> None:
        self._path = path
        self._commits = 0
        self._wake = Event()
        self._stopping = False
        self._thread = Thread(target=self._run, name="trunkline-checkpointer", daemon=True)

    def start(self) -> None:
        """Begin to listen for commits."""
        self._thread.start()

    def stop(self) -> None:
        """End after the checkpoint that is running, if one is."""
        self._stopping = True
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join()

    def committed(self) -> None:
        """Count a commit; the writer calls it after each."""
        self._commits += 1
        if self._commits >= COMMITS_BETWEEN:
            self._commits = 0
            self._wake.set()

    def _run(self) -> None:
        with closing(sqlite3.connect(self._path, isolation_level=None)) as connection:
            while True:
                self._wake.wait()
                self._wake.clear()
                if self._stopping:
                    return
                try:
                    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
                except sqlite3.Error:
                    # Locked, or the disk is full: the WAL keeps everything, and the writer's own bound comes next.
                    continue
