"""A hold that is extended lives until its new end."""

from trunkline.core.money import NanoUsd
from trunkline.storage.shared.interface import HoldRequest
from trunkline.storage.shared.memory import MemoryShared


async def hold(shared: MemoryShared, *, until_ms: int) -> None:
    outcome = await shared.hold(
        HoldRequest(
            hold_id="gen-1",
            account_id="a",
            key_hash="k",
            amount_nanousd=NanoUsd(5),
            expires_at_ms=until_ms,
            enforce_balance=False,
            key_limit_nanousd=None,
            key_window_start_day=0,
            include_byok_in_limit=False,
        )
    )
    assert outcome.refused is None


async def test_extended_hold_survives_its_first_end_and_not_its_second() -> None:
    shared = MemoryShared()
    await hold(shared, until_ms=100)
    await shared.extend("gen-1", 200)
    assert await shared.forget_expired_holds(150) == 0
    assert shared.open_holds() == 1
    assert await shared.forget_expired_holds(200) == 1
    assert shared.open_holds() == 0


async def test_extending_what_is_not_open_opens_nothing() -> None:
    shared = MemoryShared()
    await shared.extend("gen-1", 200)
    assert shared.open_holds() == 0
