"""Made-up traffic: plausible, and the same for the same seed."""

from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from trunkline.catalog.snapshot import build_snapshot
from trunkline.catalog.types import Snapshot
from trunkline.core.calendar import DAY_MS, HOUR_MS
from trunkline.demo.cast import Caller
from trunkline.demo.traffic import Traffic
from trunkline.generations.types import Generation
from trunkline.settings import Settings

FIRST_MS = 1_792_800_000_000 // DAY_MS * DAY_MS
COUNT = 4_000
CALLERS = [
    Caller(
        account_id="user_demo",
        workspace_id=f"w{number}",
        key_hash=f"{number:064}",
        app_id=number,
        origin=f"demo-{number}.example",
        app_title="Demo",
        app_categories=("game",),
        share=share,
    )
    for number, share in enumerate((0.75, 0.25), start=1)
]


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return build_snapshot(Settings(home=Path("/nowhere")))


@pytest.fixture(scope="module")
def made(snapshot: Snapshot) -> list[Generation]:
    return list(Traffic(1, snapshot, CALLERS).generations(FIRST_MS, FIRST_MS + 14 * DAY_MS, COUNT))


def test_the_same_seed_makes_the_same_traffic(snapshot: Snapshot, made: list[Generation]) -> None:
    again = list(Traffic(1, snapshot, CALLERS).generations(FIRST_MS, FIRST_MS + 14 * DAY_MS, COUNT))
    other = list(Traffic(2, snapshot, CALLERS).generations(FIRST_MS, FIRST_MS + 14 * DAY_MS, COUNT))
    assert again == made
    assert other != made


def test_everything_is_marked_and_has_an_id_of_its_own(made: list[Generation]) -> None:
    assert len(made) == len({generation.id for generation in made}) == COUNT
    assert all(generation.is_demo for generation in made)


def test_traffic_comes_in_order_within_its_days_and_mostly_by_day(made: list[Generation]) -> None:
    times = [generation.created_at_ms for generation in made]
    assert all(earlier <= later for earlier, later in pairwise(times))
    assert times[0] >= FIRST_MS and times[-1] <= FIRST_MS + 14 * DAY_MS
    hours = Counter(at_ms // HOUR_MS % 24 for at_ms in times)
    assert hours[15] > 3 * hours[3]
    weekdays = Counter((at_ms // DAY_MS + 3) % 7 for at_ms in times)
    assert min(weekdays[day] for day in range(5)) > max(weekdays[5], weekdays[6])


def test_answers_cost_what_the_catalog_says_and_failures_nothing(snapshot: Snapshot, made: list[Generation]) -> None:
    states = Counter(generation.status for generation in made)
    assert states["completed"] > 0.95 * COUNT and states["cancelled"] > 0
    assert all(generation.cost_nanousd > 0 for generation in made if generation.status == "completed")
    assert all(generation.cost_nanousd == 0 for generation in made if generation.status == "failed")
    for generation in made[:200]:
        endpoint = next(e for e in snapshot.models[generation.model].endpoints if e.id == generation.endpoint_id)
        most = max(endpoint.pricing.base.values()) * (generation.tokens_prompt + generation.tokens_completion)
        assert generation.cost_nanousd <= most // 10**9 + 1


def test_attempts_end_with_the_one_that_answered(made: list[Generation]) -> None:
    retried = [generation for generation in made if len(generation.provider_responses) > 1]
    assert retried
    for generation in retried:
        *failed, last = generation.provider_responses
        assert all(response.status != 200 for response in failed)
        assert (last.status == 200) == (generation.status != "failed")
        assert last.endpoint_id == generation.endpoint_id or generation.status == "failed"


def test_callers_share_the_traffic(made: list[Generation]) -> None:
    shares = Counter(generation.key_hash for generation in made)
    assert abs(shares[CALLERS[0].key_hash] / COUNT - 0.75) < 0.03
