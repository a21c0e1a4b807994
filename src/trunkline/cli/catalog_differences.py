"""How `trunkline catalog diff` and `sync` show differences: one line for each fact, the dubious ones marked."""

from collections.abc import Iterator

import click

from trunkline.catalog.sync.comparison import Comparison, Difference, Fact, Group
from trunkline.cli.output import print_table
from trunkline.core.money import PRICE_DIGITS_MAX, format_decimal, parse_price

_MILLION = 1_000_000
_PER_TOKEN = frozenset({"prompt", "completion", "internal_reasoning", "audio", "audio_output", "image_token"}) | {
    *("image_output", "input_audio_cache", "input_cache_read", "input_cache_write", "input_cache_write_1h")
}


def print_comparison(found: Comparison, groups: frozenset[Group]) -> None:
    """The facts of these groups, then what is gone, then how much is the same or was passed over."""
    changed = [row for difference in found.differences for row in _rows(difference, groups)]
    if changed:
        print_table(("", "model", "endpoint", "fact", "before", "after", "change", ""), changed)
    gone = [difference for difference in found.differences if difference.kind == "gone"]
    for difference in gone:
        click.echo(f"gone  {difference.model}  {difference.tag}: the listing does not have it")
    click.echo(
        f"{len(changed):,} facts differ, {found.same:,} endpoints are the same, {len(gone):,} are gone"
        + "".join(f"; {count:,} passed over ({reason})" for reason, count in sorted(found.passed_over.items()))
    )


def _rows(difference: Difference, groups: frozenset[Group]) -> Iterator[tuple[str, ...]]:
    for fact in difference.facts:
        if fact.group in groups:
            yield (
                difference.kind,
                difference.model,
                difference.tag,
                fact.name,
                _shown(fact, fact.before),
                _shown(fact, fact.after),
                "" if fact.percent is None else f"{fact.percent:+.1f} %",
                _mark(fact),
            )


def _shown(fact: Fact, text: str) -> str:
    """Prices of tokens by the million, as people compare them."""
    if fact.name not in _PER_TOKEN or text == "-":
        return text
    return f"${format_decimal(parse_price(text) * _MILLION, PRICE_DIGITS_MAX)}/M"


def _mark(fact: Fact) -> str:
    marks = (["JUMP"] if fact.is_jump else []) + (["your own entry wins"] if fact.is_overruled else [])
    return ", ".join(marks)
