"""Shared state in memory: holds, key windows, facts (accounts-and-governance.md 2.3, 4.4, 4.5)."""

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from msgspec.structs import replace

from trunkline.core.money import NanoUsd
from trunkline.storage.shared.interface import HoldRequest, KeySpendDays
from trunkline.storage.shared.memory import SWEEP_MS, MemoryShared

DAY = 20_717
CENT = 10_000_000


def a_hold(hold_id: str = "gen-1", amount: int = CENT) -> HoldRequest:
    """Prepaid, without a key limit."""
    return HoldRequest(
        hold_id=hold_id,
        account_id="alice",
        key_hash="k",
        amount_nanousd=NanoUsd(amount),
        expires_at_ms=60_000,
        enforce_balance=True,
        key_limit_nanousd=None,
        key_window_start_day=0,
        include_byok_in_limit=False,
    )


def a_limited_hold(limit: int, hold_id: str = "gen-1", amount: int = CENT) -> HoldRequest:
    """Postpaid, with a key limit over the key's whole life."""
    return replace(a_hold(hold_id, amount), enforce_balance=False, key_limit_nanousd=NanoUsd(limit))


async def shared_with(balance: int, *days: tuple[int, int, int]) -> MemoryShared:
    shared = MemoryShared()
    await shared.load_account("alice", NanoUsd(balance))
    await shared.load_key("k", KeySpendDays(tuple((day, NanoUsd(usage), NanoUsd(byok)) for day, usage, byok in days)))
    return shared


async def settle(shared: MemoryShared, hold_id: str, charged: int, *, day: int = DAY, byok: int = 0) -> None:
    await shared.settle(hold_id, "alice", "k", day, NanoUsd(charged), NanoUsd(byok))


async def test_fifty_parallel_requests_on_ten_cents_overspend_at_most_one_request() -> None:
    shared = await shared_with(0)
    cost, limit = 3 * CENT, 10 * CENT

    async def request(number: int) -> int:
        outcome = await shared.hold(a_limited_hold(limit, f"gen-{number}", cost))
        await asyncio.sleep(0)  # upstream answers
        if outcome.refused is not None:
            return 0
        await settle(shared, f"gen-{number}", cost)
        return cost

    spent = sum(await asyncio.gather(*(request(number) for number in range(50))))
    assert limit - cost < spent <= limit + cost


async def test_a_hold_is_refused_when_the_open_ones_leave_too_little() -> None:
    shared = await shared_with(3 * CENT)
    assert (await shared.hold(a_hold("gen-1", 2 * CENT))).refused is None
    refused = await shared.hold(a_hold("gen-2", 2 * CENT))
    assert (refused.refused, refused.account_available_nanousd) == ("account_balance", CENT)
    await shared.void("gen-1")
    assert (await shared.hold(a_hold("gen-2", 2 * CENT))).refused is None


async def test_a_debt_refuses_even_what_is_free() -> None:
    shared = await shared_with(-1)
    assert (await shared.hold(a_hold(amount=0))).refused == "account_negative"


async def test_an_empty_account_serves_only_what_is_free() -> None:
    shared = await shared_with(0)
    assert (await shared.hold(a_hold(amount=1))).refused == "account_balance"
    assert (await shared.hold(a_hold(amount=0))).refused is None


async def test_postpaid_accounts_are_never_refused_for_their_balance() -> None:
    shared = await shared_with(-5 * CENT)
    outcome = await shared.hold(replace(a_hold(), enforce_balance=False))
    assert (outcome.refused, outcome.account_available_nanousd) == (None, None)


async def test_an_exhausted_key_serves_only_what_is_free() -> None:
    shared = await shared_with(0, (DAY, 5 * CENT, 0))
    refused = await shared.hold(a_limited_hold(4 * CENT))
    assert (refused.refused, refused.key_available_nanousd) == ("key_limit", 0)
    assert (await shared.hold(a_limited_hold(4 * CENT, amount=0))).refused is None


async def test_a_key_window_counts_from_its_first_day() -> None:
    shared = await shared_with(0, (DAY - 1, 9 * CENT, 0), (DAY, CENT, 0))
    today = replace(a_limited_hold(3 * CENT, amount=0), key_window_start_day=DAY)
    assert (await shared.hold(today)).key_available_nanousd == 2 * CENT
    tomorrow = replace(today, key_window_start_day=DAY + 1)
    assert (await shared.hold(tomorrow)).key_available_nanousd == 3 * CENT


async def test_byok_spend_counts_only_when_the_key_says_so() -> None:
    shared = await shared_with(0, (DAY, CENT, 5 * CENT))
    without = a_limited_hold(10 * CENT, amount=0)
    assert (await shared.hold(without)).key_available_nanousd == 9 * CENT
    assert (await shared.hold(replace(without, include_byok_in_limit=True))).key_available_nanousd == 4 * CENT


async def test_settling_replaces_the_hold_by_the_cost() -> None:
    shared = await shared_with(5 * CENT)
    await shared.hold(a_hold("gen-1", 4 * CENT))
    await settle(shared, "gen-1", CENT)
    assert await shared.balance("alice") == 4 * CENT
    assert (await shared.hold(a_hold("gen-2", 4 * CENT))).refused is None


async def test_an_expired_hold_frees_its_money_and_its_late_cost_still_counts() -> None:
    shared = await shared_with(5 * CENT)
    await shared.hold(a_hold("gen-1", 5 * CENT))
    assert await shared.forget_expired_holds(59_999) == 0
    assert await shared.forget_expired_holds(60_000) == 1
    assert (await shared.hold(a_hold("gen-2", 5 * CENT))).refused is None
    await settle(shared, "gen-1", 2 * CENT)
    assert await shared.balance("alice") == 3 * CENT


async def test_spend_older_than_any_window_stays_in_the_whole_life_and_takes_no_room() -> None:
    shared = await shared_with(0)
    for day in range(DAY, DAY + 400):
        await settle(shared, "none", CENT, day=day)
    life = a_limited_hold(500 * CENT, amount=0)
    assert (await shared.hold(life)).key_available_nanousd == 100 * CENT
    month = replace(life, key_window_start_day=DAY + 400 - 31)
    assert (await shared.hold(month)).key_available_nanousd == 469 * CENT


async def test_housekeeping_sweeps_windows_and_facts_that_are_over() -> None:
    shared = MemoryShared()
    await shared.take("bucket", 1, 1, 1_000)
    await shared.remember("session", "endpoint", 2_000)
    await shared.forget_expired_holds(SWEEP_MS)
    assert await shared.recall("session", 0) is None
    assert (await shared.take("bucket", 1, 1, 1_000)).allowed


async def test_nothing_is_known_of_an_account_before_it_is_loaded() -> None:
    shared = MemoryShared()
    assert await shared.balance("alice") is None
    await shared.load_account("alice", NanoUsd(1))
    assert not await shared.knows("alice", "k")
    await shared.load_key("k", KeySpendDays(()))
    assert await shared.knows("alice", "k")


R = TypeVar("R")
LIMIT = 12 * CENT
ids = st.sampled_from([f"gen-{number}" for number in range(6)])
amounts = st.integers(0, 5 * CENT).map(NanoUsd)


def at_once(verb: Coroutine[object, object, R]) -> R:
    """The result of a verb that must not wait for anything: that is what makes it atomic."""
    try:
        verb.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("a verb of MemoryShared waited")


class AnyInterleaving(RuleBasedStateMachine):
    """Requests of two keys of one prepaid account, in any order of hold, settle, void and expiry.

    Every hold that opens is closed exactly once: posted, voided or expired.
    """

    def __init__(self) -> None:
        super().__init__()
        self.shared = MemoryShared()
        self.balance = 20 * CENT
        self.spent = {"k0": 0, "k1": 0}
        self.open: dict[str, HoldRequest] = {}
        self.opened = self.closed = 0
        self.now_ms = 0
        at_once(self.shared.load_account("alice", NanoUsd(self.balance)))
        for key in self.spent:
            at_once(self.shared.load_key(key, KeySpendDays(())))

    def held(self, key_hash: str | None = None) -> int:
        return sum(hold.amount_nanousd for hold in self.open.values() if key_hash in (None, hold.key_hash))

    @rule(hold_id=ids, key=st.sampled_from(["k0", "k1"]), amount=amounts, lives_ms=st.integers(1, 100))
    def hold(self, hold_id: str, key: str, amount: NanoUsd, lives_ms: int) -> None:
        if self.open.pop(hold_id, None) is not None:
            self.closed += 1  # a second hold of the same request takes the place of the first
        request = replace(
            a_hold(hold_id, amount),
            key_hash=key,
            expires_at_ms=self.now_ms + lives_ms,
            key_limit_nanousd=NanoUsd(LIMIT),
        )
        outcome = at_once(self.shared.hold(request))
        affordable = self.balance >= 0 and amount <= max(0, self.balance - self.held())
        within_limit = amount <= max(0, LIMIT - self.spent[key] - self.held(key))
        assert (outcome.refused is None) == (affordable and within_limit)
        if outcome.refused is None:
            self.open[hold_id] = request
            self.opened += 1

    @rule(hold_id=ids, key=st.sampled_from(["k0", "k1"]), cost=amounts)
    def settle(self, hold_id: str, key: str, cost: NanoUsd) -> None:
        if (hold := self.open.pop(hold_id, None)) is not None:
            self.closed += 1
            key = hold.key_hash
        at_once(self.shared.settle(hold_id, "alice", key, DAY, cost, NanoUsd(0)))
        self.balance -= cost
        self.spent[key] += cost

    @rule(hold_id=ids)
    def void(self, hold_id: str) -> None:
        at_once(self.shared.void(hold_id))
        if self.open.pop(hold_id, None) is not None:
            self.closed += 1

    @rule(passes_ms=st.integers(0, 120))
    def expire(self, passes_ms: int) -> None:
        self.now_ms += passes_ms
        over = [hold_id for hold_id, hold in self.open.items() if hold.expires_at_ms <= self.now_ms]
        assert at_once(self.shared.forget_expired_holds(self.now_ms)) == len(over)
        for hold_id in over:
            del self.open[hold_id]
            self.closed += 1

    @invariant()
    def every_hold_is_open_or_was_closed_once(self) -> None:
        assert self.shared.open_holds() == len(self.open) == self.opened - self.closed

    @invariant()
    def settled_money_is_right(self) -> None:
        assert at_once(self.shared.balance("alice")) == self.balance

    @invariant()
    def what_is_available_is_right_and_holds_are_never_negative(self) -> None:
        for key, spent in self.spent.items():
            probe = replace(a_hold("probe", 0), key_hash=key, key_limit_nanousd=NanoUsd(LIMIT))
            outcome = at_once(self.shared.hold(probe))
            at_once(self.shared.void("probe"))
            assert outcome.account_available_nanousd == self.balance - self.held() <= self.balance
            assert outcome.key_available_nanousd == max(0, LIMIT - spent - self.held(key))


AnyInterleaving.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
test_any_interleaving_keeps_the_sums = AnyInterleaving.TestCase
