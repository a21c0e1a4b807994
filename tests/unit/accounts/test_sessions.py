"""Sessions on both databases (operating.md OP-52)."""

import pytest
from sqlalchemy import select

from tests.unit.accounts.conftest import BROWSER, People
from trunkline.accounts import secrets
from trunkline.accounts.session_types import SignedIn
from trunkline.accounts.sessions import SESSIONS_MAX, TOUCHED_EVERY_MS
from trunkline.accounts.types import Actor
from trunkline.core.errors import NotFound
from trunkline.storage.tables import audit_entries, sessions

DAY_S = 86_400


async def open_session(people: People) -> SignedIn:
    return await people.database.write(people.sessions.open, people.first.account_id, "link", BROWSER)


async def test_a_session_is_found_by_its_token_and_stored_without_it(people: People) -> None:
    opened = await open_session(people)
    assert await people.sessions.find(opened.token) == opened.session
    rows = await people.database.read(lambda connection: connection.execute(select(sessions)).all())
    assert len(rows) == 1
    assert opened.token not in str(rows)
    assert rows[0].token_hash == secrets.hash_secret(opened.token)
    for wrong in ("", "x", opened.token[:-1], opened.token + "A", opened.session.token_hash, "x" * 10_000):
        assert await people.sessions.find(wrong) is None


async def test_a_session_that_is_not_used_ends(people: People) -> None:
    opened = await open_session(people)
    people.clock.advance(14 * DAY_S - 1)
    assert await people.sessions.find(opened.token) is not None
    people.clock.advance(14 * DAY_S - 1)
    assert await people.sessions.find(opened.token) is not None
    people.clock.advance(14 * DAY_S)
    assert await people.sessions.find(opened.token) is None
    assert await people.sessions.of_account(people.first.account_id) == []


async def test_a_session_ends_however_much_it_is_used(people: People) -> None:
    opened = await open_session(people)
    for _ in range(89):
        people.clock.advance(DAY_S)
        assert await people.sessions.find(opened.token) is not None
    people.clock.advance(DAY_S)
    assert await people.sessions.find(opened.token) is None


async def test_use_is_noted_every_few_minutes_and_not_at_each_page(people: People) -> None:
    opened = await open_session(people)
    begun_ms = opened.session.last_used_at_ms

    async def noted_ms() -> int:
        return (await people.sessions.of_account(people.first.account_id))[0].last_used_at_ms

    people.clock.advance(TOUCHED_EVERY_MS / 1000 - 1)
    await people.sessions.find(opened.token)
    assert await noted_ms() == begun_ms
    people.clock.advance(1)
    await people.sessions.find(opened.token)
    assert await noted_ms() == begun_ms + TOUCHED_EVERY_MS


async def test_ending_one_session_leaves_the_others(people: People) -> None:
    mine, other = await open_session(people), await open_session(people)
    await people.sessions.end(people.actor, other.session.id)
    assert await people.sessions.find(other.token) is None
    assert await people.sessions.find(mine.token) is not None
    with pytest.raises(NotFound):
        await people.sessions.end(people.actor, other.session.id)


async def test_another_account_cannot_end_a_session(people: People) -> None:
    mine = await open_session(people)
    stranger = Actor(account_id="user_stranger", name="test")
    with pytest.raises(NotFound):
        await people.sessions.end(stranger, mine.session.id)
    assert await people.sessions.end_others(stranger, None) == 0
    assert await people.sessions.find(mine.token) is not None


async def test_signing_out_everywhere_keeps_this_browser_only_when_asked(people: People) -> None:
    mine, other = await open_session(people), await open_session(people)
    assert await people.sessions.end_others(people.actor, mine.session.id) == 1
    assert await people.sessions.find(other.token) is None
    assert await people.sessions.end_others(people.actor, None) == 1
    assert await people.sessions.find(mine.token) is None


async def test_a_renewed_session_has_another_token_and_the_old_one_is_dead(people: People) -> None:
    opened = await open_session(people)
    renewed = await people.database.write(people.sessions.renew, opened.session)
    assert await people.sessions.find(opened.token) is None
    found = await people.sessions.find(renewed.token)
    assert found is not None
    assert found.id == opened.session.id


async def test_one_session_too_many_ends_the_one_that_was_unused_longest(people: People) -> None:
    first = await open_session(people)
    for _ in range(SESSIONS_MAX):
        people.clock.advance(1)
        await open_session(people)
    assert await people.sessions.find(first.token) is None
    assert len(await people.sessions.of_account(people.first.account_id)) == SESSIONS_MAX


async def test_coming_and_going_is_in_the_audit_log_without_tokens(people: People) -> None:
    opened = await open_session(people)
    await people.sessions.end(people.actor, opened.session.id)
    rows = await people.database.read(lambda connection: connection.execute(select(audit_entries)).all())
    assert [row.action for row in rows if row.object_id == opened.session.id] == ["session.create", "session.end"]
    assert opened.token not in str(rows)
    assert opened.session.token_hash not in str(rows)
