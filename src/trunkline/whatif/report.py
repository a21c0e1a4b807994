"""What a replay is told as: figures of what happened, of the control and of the policy, by model and in all."""

from collections.abc import Iterable, Mapping

from msgspec import Raw, Struct

from trunkline.core.money import usd_number
from trunkline.whatif.asking import Left
from trunkline.whatif.measured import CERTAIN
from trunkline.whatif.replay import Outcome
from trunkline.whatif.totals import Tally, whole

AS_NOW, WHAT_IF = "as_now", "what_if"
"""Names of the scenarios: the control, and the policy."""


class Figures(Struct, frozen=True, kw_only=True):
    """Of some requests under one policy."""

    cost_usd: Raw
    """At list prices: what providers bill."""
    cost_usd_uncached: Raw
    """The same if no prompt that moved to another endpoint were found in a cache there: the upper bound."""
    first_token_p50_ms: int | None
    """Of streams, as far as known."""
    first_token_p95_ms: int | None
    first_token_known_percent: float | None
    """Of the streams; the percentiles are theirs. None: there were no streams."""
    availability_percent: float | None
    """Answered ones of those that count, if endpoints of which nothing is known always answer."""
    availability_percent_at_least: float | None
    """The same if they never do."""
    moved_percent: float
    """Answered by another endpoint than they were."""
    unmeasured_percent: float
    """Answered by an endpoint of which nothing is known at that time."""
    refused: int
    """No endpoint may serve them."""
    rescued: int
    """Had failed and would be answered."""
    rescued_cost_usd: Raw
    """What that would cost, estimated; part of the cost."""
    unpriced: int
    """Answered by an endpoint without a price; not in the cost."""
    endpoints: Mapping[str, int]
    """Endpoint id → requests that it answered, most first."""


class Row(Struct, frozen=True, kw_only=True):
    """A model, or all of them."""

    model: str
    requests: int
    happened: Figures
    as_now: Figures
    what_if: Figures


class LeftRow(Struct, frozen=True):
    """Requests that were not replayed; their cost is in no other figure."""

    reason: Left
    requests: int
    cost_usd: Raw


class Report(Struct, frozen=True, kw_only=True):
    """Everything that `trunkline whatif --json` prints."""

    since_ms: int
    until_ms: int
    records: int
    seconds: float
    total: Row
    models: list[Row]
    left: list[LeftRow]
    refusals: Mapping[str, Mapping[str, int]]
    """Scenario → code of routing-and-catalog.md 7 → requests."""
    inferred: int
    """Requests whose requirements are not in their record, being older, and were inferred."""


def report(outcome: Outcome, *, first_ms: int, until_ms: int, records: int, seconds: float) -> Report:
    """The figures; models by what they cost."""
    columns = (outcome.happened.tallies, outcome.scenarios[AS_NOW].tallies, outcome.scenarios[WHAT_IF].tallies)
    happened, as_now, what_if = (_all(column.values()) for column in columns)
    models = sorted(columns[0], key=lambda model: (-columns[0][model].sums.cost_ppm_nanousd, model))
    return Report(
        since_ms=first_ms,
        until_ms=until_ms,
        records=records,
        seconds=round(seconds, 2),
        total=_row("", happened, as_now, what_if),
        models=[_row(model, *(column[model] for column in columns)) for model in models],
        left=[
            LeftRow(reason, left.requests, usd_number(left.cost_nanousd))
            for reason, left in sorted(outcome.left.items(), key=lambda item: -item[1].requests)
        ],
        refusals={name: dict(found.most_common()) for name, found in outcome.refusals.items()},
        inferred=outcome.inferred,
    )


def _all(tallies: Iterable[Tally]) -> Tally:
    total = Tally()
    for tally in tallies:
        total.merge(tally)
    return total


def _row(model: str, happened: Tally, as_now: Tally, what_if: Tally) -> Row:
    return Row(
        model=model,
        requests=happened.sums.requests,
        happened=_figures(happened),
        as_now=_figures(as_now),
        what_if=_figures(what_if),
    )


def _figures(tally: Tally) -> Figures:
    sums, waits = tally.sums, tally.waits
    answered = sum(tally.endpoints.values())
    return Figures(
        cost_usd=usd_number(whole(sums.cost_ppm_nanousd)),
        cost_usd_uncached=usd_number(whole(sums.cost_uncached_ppm_nanousd)),
        first_token_p50_ms=waits.percentile_ms(50),
        first_token_p95_ms=waits.percentile_ms(95),
        first_token_known_percent=_percent(waits.known, waits.known + waits.unknown),
        availability_percent=_percent(sums.served_ppm, sums.counted * CERTAIN),
        availability_percent_at_least=_percent(sums.surely_ppm, sums.counted * CERTAIN),
        moved_percent=_percent(sums.moved_ppm, answered) or 0.0,
        unmeasured_percent=_percent(sums.unmeasured_ppm, answered) or 0.0,
        refused=sums.refused,
        rescued=whole(sums.rescued_ppm),
        rescued_cost_usd=usd_number(whole(sums.rescued_cost_ppm_nanousd)),
        unpriced=whole(sums.unpriced_ppm),
        endpoints={
            endpoint_id: whole(weight) for endpoint_id, weight in sorted(tally.endpoints.items(), key=lambda e: -e[1])
        },
    )


def _percent(part: int, of: int) -> float | None:
    return round(100 * part / of, 3) if of else None
