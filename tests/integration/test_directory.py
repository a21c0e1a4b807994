"""Callers from memory and from the database, and the money that is brought along (accounts-and-governance.md 2, 5)."""

import asyncio
import hashlib
import secrets
from pathlib import Path

import pytest
from sqlalchemy import Connection, update

from tests.control_plane import NOON_MS, new_context
from tests.databases import PostgresServer
from tests.fakes.clock import FakeClock
from trunkline.accounts import lookup
from trunkline.accounts.bootstrap import FirstStart, MalformedBootstrapKey, ensure_owner
from trunkline.accounts.types import Actor, ApiKey, KeyPatch, NewKey
from trunkline.api.context import ControlPlane
from trunkline.billing import ledger
from trunkline.billing.repository import add_entries
from trunkline.core.calendar import day_of
from trunkline.core.errors import ServiceUnavailable, Unauthenticated
from trunkline.core.money import NanoUsd
from trunkline.generations.service import to_row
from trunkline.generations.types import Generation
from trunkline.settings import Settings
from trunkline.storage.database import SqlDatabase
from trunkline.storage.shared.interface import HoldRequest
from trunkline.storage.tables import api_keys

USD = 10**9


def bearer(secret: str) -> bytes:
    return f"Bearer {secret}".encode()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOON_MS)


@pytest.fixture
async def first(database: SqlDatabase, clock: FakeClock) -> FirstStart:
    first = await ensure_owner(database, clock, None)
    assert first is not None
    return first


@pytest.fixture
async def process(database: SqlDatabase, clock: FakeClock, settings: Settings, first: FirstStart) -> ControlPlane:
    """One serving process."""
    return new_context(database, clock, settings)


async def refusal(process: ControlPlane, authorization: bytes | None) -> str:
    with pytest.raises(Unauthenticated) as caught:
        await process.directory.resolve(authorization, None)
    return caught.value.message


async def grant(database: SqlDatabase, first: FirstStart, usd: int, reference: str) -> None:
    entry = ledger.entry(
        "grant", account_id=first.account_id, amount_nanousd=NanoUsd(usd * USD), at_ms=NOON_MS, reference=reference
    )
    await database.write(add_entries, [entry])


async def test_second_request_of_a_key_is_identified_from_memory(process: ControlPlane, first: FirstStart) -> None:
    header = bearer(first.api_key)
    assert process.directory.identify(header, None) is None
    resolved = await process.directory.resolve(header, None)
    assert process.directory.identify(header, None) is resolved
    assert process.directory.identify(None, first.api_key.encode()) is resolved
    assert process.directory.identify(b"Bearer ", first.api_key.encode()) is resolved
    assert resolved.key.hash == hashlib.sha256(first.api_key.encode()).hexdigest()
    assert await process.shared.knows(resolved.account_id, resolved.key.hash)


async def test_authorization_wins_over_x_api_key(process: ControlPlane, first: FirstStart) -> None:
    with pytest.raises(Unauthenticated):
        await process.directory.resolve(bearer("sk-tl-v1-" + "0" * 64), first.api_key.encode())


@pytest.mark.parametrize(
    ("authorization", "message"),
    [
        (None, "Missing Authentication header"),
        (b"", "Missing Authentication header"),
        (b"Basic abc", "Missing Authentication header"),
        (b"Bearer   ", "Missing Authentication header"),
        (b"Bearer nonsense", "User not found."),
        (b"Bearer \xff\x00", "User not found."),
        (b"Bearer sk-tl-v1-" + b"0" * 64, "User not found."),
        (b"Bearer " + b"x" * 100_000, "User not found."),
    ],
)
async def test_refusals_say_what_is_missing(process: ControlPlane, authorization: bytes | None, message: str) -> None:
    assert await refusal(process, authorization) == message


async def test_changes_by_another_process_are_seen_by_the_next_refresh(
    process: ControlPlane, database: SqlDatabase, clock: FakeClock, settings: Settings, first: FirstStart
) -> None:
    other = new_context(database, clock, settings)
    principal = await process.directory.resolve(bearer(first.api_key), None)
    await process.directory.refresh()
    await process.directory.resolve(bearer(first.api_key), None)
    actor = Actor(account_id=first.account_id, name="operator")

    await other.keys.change(actor, principal.key.hash, KeyPatch(limit_nanousd=NanoUsd(5)))
    await process.directory.refresh()
    assert (await process.directory.resolve(bearer(first.api_key), None)).key.limit_nanousd == 5

    await other.keys.delete(actor, principal.key.hash)
    await process.directory.refresh()
    assert await refusal(process, bearer(first.api_key)) == "User not found."


async def test_key_made_after_it_was_refused_works_within_five_seconds(
    process: ControlPlane, database: SqlDatabase, clock: FakeClock, first: FirstStart
) -> None:
    actor = Actor(account_id=first.account_id, name="operator")
    _, secret = await process.keys.create(actor, NewKey(name="k"))
    key_hash = hashlib.sha256(secret.encode()).hexdigest()
    await process.keys.delete(actor, key_hash)
    assert await refusal(process, bearer(secret)) == "User not found."
    await database.write(_undelete, key_hash)
    clock.advance(4)
    assert (await process.directory.resolve(bearer(secret), None)).key.hash == key_hash


def _undelete(connection: Connection, key_hash: str) -> None:
    connection.execute(update(api_keys).where(api_keys.c.hash == key_hash).values(deleted_at_ms=None))


async def test_key_expires_by_the_clock_while_it_is_in_memory(
    process: ControlPlane, clock: FakeClock, first: FirstStart
) -> None:
    actor = Actor(account_id=first.account_id, name="operator")
    _, secret = await process.keys.create(actor, NewKey(name="k", expires_at_ms=clock.now_ms() + 2000))
    await process.directory.resolve(bearer(secret), None)
    assert process.directory.identify(bearer(secret), None) is not None
    clock.advance(2)
    assert process.directory.identify(bearer(secret), None) is None
    assert await refusal(process, bearer(secret)) == "API key expired"


async def test_credits_added_elsewhere_arrive_while_settlements_are_on_their_way(
    process: ControlPlane, database: SqlDatabase, clock: FakeClock, first: FirstStart
) -> None:
    """Three settlements around a grant: durable before it, told to shared state but not durable, durable after it."""
    await grant(database, first, 10, "a")
    principal = await process.directory.resolve(bearer(first.api_key), None)
    await process.directory.refresh()

    async def tell(number: int) -> Generation:
        generation = Generation(
            id=f"gen-1-{number}", request_id="req", account_id=first.account_id, workspace_id=None,
            key_hash=principal.key.hash, created_at_ms=NOON_MS, finished_at_ms=NOON_MS, status="completed",
            model="m", requested_model="m", endpoint_id=None, provider_name=None, cost_nanousd=NanoUsd(USD),
        )  # fmt: skip
        await process.shared.settle(
            generation.id, first.account_id, principal.key.hash, day_of(NOON_MS), NanoUsd(USD), NanoUsd(0)
        )
        return generation

    await database.settle(to_row(await tell(1)))
    on_its_way = await tell(2)
    await grant(database, first, 5, "b")
    await process.directory.refresh()
    assert await process.shared.balance(first.account_id) == (10 + 5 - 2) * USD

    await database.settle(to_row(on_its_way))
    await database.settle(to_row(await tell(3)))
    await grant(database, first, 5, "c")
    await process.directory.refresh()
    await process.directory.refresh()
    assert await process.shared.balance(first.account_id) == (10 + 5 + 5 - 3) * USD

    successor = new_context(database, clock, process.settings)
    await successor.directory.resolve(bearer(first.api_key), None)
    assert await successor.shared.balance(first.account_id) == await process.shared.balance(first.account_id)


async def test_spend_of_earlier_processes_counts_against_the_limit(
    process: ControlPlane, database: SqlDatabase, clock: FakeClock, first: FirstStart
) -> None:
    principal = await process.directory.resolve(bearer(first.api_key), None)
    generation = Generation(
        id="gen-1-1", request_id="req", account_id=first.account_id, workspace_id=None, key_hash=principal.key.hash,
        created_at_ms=NOON_MS, finished_at_ms=NOON_MS, status="completed", model="m", requested_model="m",
        endpoint_id=None, provider_name=None, cost_nanousd=NanoUsd(900),
    )  # fmt: skip
    await database.settle(to_row(generation))
    successor = new_context(database, clock, process.settings)
    await successor.directory.resolve(bearer(first.api_key), None)
    outcome = await successor.shared.hold(
        HoldRequest(
            hold_id="h",
            account_id=first.account_id,
            key_hash=principal.key.hash,
            amount_nanousd=NanoUsd(101),
            expires_at_ms=NOON_MS + 1000,
            enforce_balance=False,
            key_limit_nanousd=NanoUsd(1000),
            key_window_start_day=0,
            include_byok_in_limit=False,
        )
    )
    assert outcome.refused == "key_limit" and outcome.key_available_nanousd == 100


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
async def test_database_away_is_503_with_a_hint_and_known_keys_still_work(
    process: ControlPlane, postgres: PostgresServer, database_url: str, first: FirstStart
) -> None:
    await process.directory.resolve(bearer(first.api_key), None)
    await process.directory.refresh()
    await process.directory.resolve(bearer(first.api_key), None)
    name = database_url.rpartition("/")[2]
    postgres.allow_connections(name, allowed=False)
    postgres.disconnect_everyone(name)
    with pytest.raises(ServiceUnavailable) as caught:
        await process.directory.resolve(bearer(first.management_key), None)
    assert (caught.value.http_status, caught.value.retry_after_s) == (503, 2)
    await process.directory.refresh()
    assert process.directory.identify(bearer(first.api_key), None) is not None

    postgres.allow_connections(name, allowed=True)
    assert (await process.directory.resolve(bearer(first.management_key), None)).key.kind == "management"


async def test_flood_of_random_keys_shares_queries_and_bounded_memory(
    process: ControlPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    queries: list[int] = []
    read = lookup.repository.keys_by_hash

    def counted(connection: Connection, hashes: tuple[str, ...]) -> list[ApiKey]:
        queries.append(len(hashes))
        return read(connection, hashes)

    monkeypatch.setattr(lookup.repository, "keys_by_hash", counted)
    flood = [bearer("sk-tl-v1-" + secrets.token_hex(32)) for _ in range(2_000)]
    refusals = await asyncio.gather(*(refusal(process, header) for header in flood))
    assert set(refusals) == {"User not found."}
    assert sum(queries) == 2_000 and len(queries) <= 8

    await asyncio.gather(*(refusal(process, header) for header in flood))
    assert sum(queries) == 2_000, "the second time they are refused from memory"


async def test_bootstrap_fixes_both_keys_and_happens_once(database: SqlDatabase, clock: FakeClock) -> None:
    key, management = "sk-tl-v1-" + "a" * 64, "sk-or-v1-" + "b" * 64
    first = await ensure_owner(database, clock, key, management)
    assert first is not None and (first.api_key, first.management_key) == (key, management)
    assert await ensure_owner(database, clock, key, management) is None


@pytest.mark.parametrize("malformed", ["", "sk-tl-v1-", "sk-tl-v1-" + "G" * 64, "sk-xx-v1-" + "a" * 64, " "])
async def test_malformed_bootstrap_key_creates_nothing(database: SqlDatabase, clock: FakeClock, malformed: str) -> None:
    with pytest.raises(MalformedBootstrapKey):
        await ensure_owner(database, clock, malformed)
    with pytest.raises(MalformedBootstrapKey):
        await ensure_owner(database, clock, None, malformed)
    assert await ensure_owner(database, clock, None) is not None
