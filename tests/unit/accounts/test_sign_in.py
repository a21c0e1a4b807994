"""Links and passwords on both databases (site.md 12)."""

import asyncio
import statistics
import time

import pytest
from sqlalchemy import select

from tests.unit.accounts.conftest import BROWSER, People
from trunkline.accounts import attempts, passwords
from trunkline.accounts.session_types import Browser, SignedIn
from trunkline.accounts.sign_in import issue_link
from trunkline.core.errors import InvalidRequest, PermissionDenied, RateLimited, Unauthenticated
from trunkline.storage.tables import passwords as password_table
from trunkline.storage.tables import sign_in_links

PASSWORD = "correct horse battery"
EMAIL = "owner@example.org"


def from_address(last: int) -> Browser:
    return Browser(address=f"192.0.2.{last}")


async def with_password(people: People) -> SignedIn:
    signed_in = await people.sign_in.by_link(people.first.sign_in_token, BROWSER)
    await people.profiles.change(people.actor, "Owner", EMAIL)
    return await people.profiles.set_password(people.actor, signed_in.session, "", PASSWORD)


async def test_the_link_of_the_first_start_works_once(people: People) -> None:
    token = people.first.sign_in_token
    assert await people.sign_in.link_state(token) == "good"
    signed_in = await people.sign_in.by_link(token, BROWSER)
    assert signed_in.session.account_id == people.first.account_id
    assert await people.sign_in.link_state(token) == "used"
    with pytest.raises(Unauthenticated, match="used already"):
        await people.sign_in.by_link(token, BROWSER)


async def test_of_two_browsers_with_one_link_at_once_only_one_gets_in(people: People) -> None:
    results = await asyncio.gather(
        *(people.sign_in.by_link(people.first.sign_in_token, BROWSER) for _ in range(5)), return_exceptions=True
    )
    assert sum(isinstance(result, SignedIn) for result in results) == 1
    assert sum(isinstance(result, Unauthenticated) for result in results) == 4


async def test_a_link_works_for_a_day(people: People) -> None:
    people.clock.advance(86_400)
    assert await people.sign_in.link_state(people.first.sign_in_token) == "expired"
    with pytest.raises(Unauthenticated, match="expired"):
        await people.sign_in.by_link(people.first.sign_in_token, BROWSER)


async def test_a_new_link_works_and_is_stored_as_its_hash(people: People) -> None:
    token = await issue_link(people.database, people.clock, people.first.account_id)
    rows = await people.database.read(lambda connection: connection.execute(select(sign_in_links)).all())
    assert token not in str(rows)
    assert (await people.sign_in.by_link(token, BROWSER)).session.method == "link"


@pytest.mark.parametrize("token", ["", "x", "' OR 1=1 --", "x" * 100_000, "\x00", "💥"])
async def test_a_made_up_link_is_refused(people: People, token: str) -> None:
    assert await people.sign_in.link_state(token) == "unknown"
    with pytest.raises(Unauthenticated, match="not one of this instance"):
        await people.sign_in.by_link(token, BROWSER)


async def test_attempts_from_an_address_are_limited_and_others_go_on(people: People) -> None:
    for _ in range(attempts.OF_ADDRESS):
        with pytest.raises(Unauthenticated):
            await people.sign_in.by_link("wrong", BROWSER)
    with pytest.raises(RateLimited) as refused:
        await people.sign_in.by_link(people.first.sign_in_token, BROWSER)
    assert refused.value.retry_after_s
    assert await people.sign_in.by_link(people.first.sign_in_token, from_address(99))


async def test_a_password_signs_in_whatever_the_letters_of_the_address(people: People) -> None:
    await with_password(people)
    signed_in = await people.sign_in.by_password(" Owner@Example.ORG ", PASSWORD, BROWSER)
    assert signed_in.session.method == "password"
    rows = await people.database.read(lambda connection: connection.execute(select(password_table)).all())
    assert rows[0].hash.startswith("$argon2id$")
    assert PASSWORD not in str(rows)


@pytest.mark.parametrize(
    ("email", "password"),
    [(EMAIL, "wrong horse battery"), ("nobody@example.org", PASSWORD), (EMAIL, ""), ("", ""), (EMAIL, "x" * 5000)],
)
async def test_what_is_wrong_is_not_told(people: People, email: str, password: str) -> None:
    await with_password(people)
    with pytest.raises(Unauthenticated, match=r"^The address or the password is wrong\.$"):
        await people.sign_in.by_password(email, password, BROWSER)


async def test_attempts_on_an_account_are_limited_from_wherever_they_come(people: People) -> None:
    await with_password(people)
    for number in range(attempts.OF_ACCOUNT):
        with pytest.raises(Unauthenticated):
            await people.sign_in.by_password(EMAIL, "wrong horse battery", from_address(number))
    with pytest.raises(RateLimited):
        await people.sign_in.by_password(EMAIL, PASSWORD, from_address(200))
    people.clock.advance(2 * attempts.WINDOW_S)
    assert await people.sign_in.by_password(EMAIL, PASSWORD, from_address(200))


async def test_an_unknown_address_takes_as_long_as_a_wrong_password(people: People) -> None:
    await with_password(people)

    async def seconds(email: str, first: int) -> float:
        taken: list[float] = []
        for number in range(5):
            begun = time.perf_counter()
            with pytest.raises(Unauthenticated):
                await people.sign_in.by_password(email, "wrong horse battery", from_address(first + number))
            taken.append(time.perf_counter() - begun)
        return statistics.median(taken)

    await seconds("warm@example.org", 0)
    known, unknown = await seconds(EMAIL, 10), await seconds("nobody@example.org", 20)
    assert 0.3 < unknown / known < 3


async def test_a_new_password_renews_this_session_and_ends_the_others(people: People) -> None:
    other_token = await issue_link(people.database, people.clock, people.first.account_id)
    other = await people.sign_in.by_link(other_token, BROWSER)
    mine = await people.sign_in.by_link(people.first.sign_in_token, BROWSER)
    renewed = await people.profiles.set_password(people.actor, mine.session, "", PASSWORD)
    assert await people.sessions.find(other.token) is None
    assert await people.sessions.find(mine.token) is None
    assert await people.sessions.find(renewed.token) is not None


async def test_a_password_is_changed_with_the_old_one_or_right_after_a_link(people: People) -> None:
    signed_in = await with_password(people)
    renewed = await people.profiles.set_password(people.actor, signed_in.session, "", "another horse battery")
    people.clock.advance(15 * 60)
    with pytest.raises(PermissionDenied):
        await people.profiles.set_password(people.actor, renewed.session, PASSWORD, "third horse battery")
    await people.profiles.set_password(people.actor, renewed.session, "another horse battery", "third horse battery")


@pytest.mark.parametrize("password", ["", "short", "x" * (passwords.CHARACTERS_MAX + 1)])
async def test_a_password_of_the_wrong_length_is_refused(people: People, password: str) -> None:
    signed_in = await people.sign_in.by_link(people.first.sign_in_token, BROWSER)
    with pytest.raises(InvalidRequest):
        await people.profiles.set_password(people.actor, signed_in.session, "", password)


@pytest.mark.parametrize("email", ["nothing", "a@b@c", "a b@c", "@", "x" * 300 + "@x", "a@b\r\nSet-Cookie: x"])
async def test_what_is_no_address_is_refused(people: People, email: str) -> None:
    with pytest.raises(InvalidRequest):
        await people.profiles.change(people.actor, "Owner", email)
