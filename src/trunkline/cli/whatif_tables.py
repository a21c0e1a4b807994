"""What `trunkline whatif` prints for people."""

from collections.abc import Callable, Iterator
from decimal import Decimal

import click
from msgspec import Raw

from trunkline.cli.output import print_table
from trunkline.whatif.report import Figures, Report, Row

ENDPOINTS_SHOWN = 12
_NOTE = "`as now` is the control: the same requests, the present settings. The policy's effect is the difference to it."


def print_report(found: Report) -> None:
    """Everything in all, then by model, then where the requests go."""
    days = (found.until_ms - found.since_ms) / 86_400_000
    rate = f"{found.records / found.seconds:,.0f} a second" if found.seconds else "at once"
    click.echo(f"{found.records:,} generations of {days:.4g} days in {found.seconds:.1f} s ({rate})")
    print_table(("", "happened", "as now", "what if", "change"), list(_summary(found.total)))
    print_table(
        ("model", "requests", "cost", "as now", "what if", "change", "first token p50 ms", "available %", "moved %"),
        [_model(row) for row in found.models],
    )
    print_table(("endpoint", "happened", "as now", "what if"), list(_endpoints(found.total)))
    for line in _notes(found):
        click.echo(line)


def _summary(total: Row) -> Iterator[tuple[str, ...]]:
    def line(name: str, shown: Callable[[Figures], str], change: str = "") -> tuple[str, ...]:
        return name, shown(total.happened), shown(total.as_now), shown(total.what_if), change

    yield line("requests", lambda _: f"{total.requests:,}")
    yield line(
        "cost at list prices", lambda f: _usd(f.cost_usd), _change(total.as_now.cost_usd, total.what_if.cost_usd)
    )
    yield line("  if no moved prompt were cached", lambda f: _usd(f.cost_usd_uncached))
    yield line("first token, median", lambda f: _ms(f.first_token_p50_ms))
    yield line("first token, 95 of 100", lambda f: _ms(f.first_token_p95_ms))
    yield line("  known of the streams", lambda f: _percent(f.first_token_known_percent))
    yield line("answered", _available)
    yield line("by another endpoint", lambda f: _percent(f.moved_percent))
    yield line("by one never measured", lambda f: _percent(f.unmeasured_percent))
    yield line("refused: nobody may serve it", lambda f: f"{f.refused:,}")
    yield line("had failed, answered now", lambda f: f"{f.rescued:,}")
    yield line("  for about", lambda f: _usd(f.rescued_cost_usd))
    if total.what_if.unpriced or total.as_now.unpriced:
        yield line("without a price, cost unknown", lambda f: f"{f.unpriced:,}")


def _model(row: Row) -> tuple[str, ...]:
    now, then = row.as_now, row.what_if
    return (
        row.model,
        f"{row.requests:,}",
        _usd(row.happened.cost_usd),
        _usd(now.cost_usd),
        _usd(then.cost_usd),
        _change(now.cost_usd, then.cost_usd),
        f"{_ms(now.first_token_p50_ms)} → {_ms(then.first_token_p50_ms)}",
        f"{_available(now)} → {_available(then)}",
        f"{then.moved_percent:.1f}",
    )


def _endpoints(total: Row) -> Iterator[tuple[str, ...]]:
    """Where the policy changes most."""
    columns = (total.happened.endpoints, total.as_now.endpoints, total.what_if.endpoints)
    names = dict.fromkeys(name for column in columns for name in column)
    ranked = sorted(names, key=lambda name: -abs(columns[2].get(name, 0) - columns[1].get(name, 0)))
    for name in ranked[:ENDPOINTS_SHOWN]:
        yield (name, *(f"{column.get(name, 0):,}" for column in columns))


def _notes(found: Report) -> Iterator[str]:
    yield _NOTE
    for left in found.left:
        yield f"left as they were: {left.requests:,} ({left.reason}), {_usd(left.cost_usd)}"
    for code, count in found.refusals.get("what_if", {}).items():
        yield f"refused by the policy: {count:,} ({code})"
    if found.inferred:
        yield f"{found.inferred:,} records are of an older version: what their requests needed is inferred"


def _usd(amount: Raw) -> str:
    return f"${Decimal(bytes(amount).decode()):,.4f}"


def _change(before: Raw, after: Raw) -> str:
    was, becomes = Decimal(bytes(before).decode()), Decimal(bytes(after).decode())
    return f"{100 * (becomes - was) / was:+.1f} %" if was else "-"


def _ms(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} %"


def _available(figures: Figures) -> str:
    """`99.2`, or `91.0–99.2` where it depends on what is unknown."""
    most, least = figures.availability_percent, figures.availability_percent_at_least
    if most is None or least is None:
        return "-"
    return f"{most:.2f}" if most - least < 0.005 else f"{least:.2f}–{most:.2f}"
