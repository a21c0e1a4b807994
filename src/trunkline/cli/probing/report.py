"""How a probe is told: progress while it runs, a table and the reasons, or JSON."""

import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Protocol

import click
from msgspec import Raw, Struct

from trunkline.cli.output import print_json, print_table
from trunkline.core.money import NanoUsd, format_usd, usd_number
from trunkline.gateway.probing.calls import Finding, Outcome
from trunkline.gateway.probing.features import FEATURES


class Estimate(Struct, frozen=True):
    """What a probe takes at most. `cost_nanousd` None: the catalog does not know a price."""

    requests: int
    cost_nanousd: NanoUsd | None


class Advance(Protocol):
    """Told of each finding."""

    def __call__(self, finding: Finding) -> None: ...


class _ModelReport(Struct, frozen=True):
    model: str
    endpoint: str
    results: tuple[Outcome, ...]


class _Report(Struct, frozen=True):
    provider: str
    requests_max: int
    cost_usd_max: Raw | None
    models: tuple[_ModelReport, ...]


def announce(provider_name: str, models: int, estimate: Estimate) -> None:
    """On standard error, before anything is spent."""
    cost = (
        "the cost is not known: the catalog has no price"
        if estimate.cost_nanousd is None
        else f"at most {format_usd(estimate.cost_nanousd)} by the catalog's prices"
    )
    count = "1 model" if models == 1 else f"{models} models"
    click.echo(f"{estimate.requests} requests to {provider_name} for {count}, {cost}", err=True)


@contextmanager
def progress(total: int) -> Generator[Advance]:
    """A bar with rate and time left where standard error is a terminal, silence elsewhere."""
    if not sys.stderr.isatty():
        yield lambda finding: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total, rate="")

        def advance(finding: Finding) -> None:
            if finding.wire is None:
                return
            bar.update(task, advance=1, description=f"{finding.candidate.model.id} {finding.outcome.feature}")
            speed = bar.tasks[0].speed
            bar.update(task, rate="" if speed is None else f"{speed * 60:.0f}/min")

        yield advance


def show(findings: Sequence[Finding]) -> None:
    """The table, then a line for each refusal."""
    print_table(
        ("model", *FEATURES),
        [(name, *(outcome.state for outcome in outcomes)) for (name, _), outcomes in _by_model(findings).items()],
    )
    reasons = [finding for finding in findings if finding.outcome.state == "no"]
    for finding in reasons:
        outcome = finding.outcome
        click.echo(f"{finding.candidate.model.id} {outcome.feature}: {outcome.error_type}: {outcome.message}", err=True)
    stopped = next((f.outcome.message for f in findings if f.outcome.message.startswith("not asked")), None)
    if stopped is not None:
        click.echo(stopped, err=True)


def show_json(estimate: Estimate, findings: Sequence[Finding]) -> None:
    """Everything, for programs. There is always a finding."""
    cost = estimate.cost_nanousd
    print_json(
        _Report(
            provider=findings[0].candidate.endpoint.provider,
            requests_max=estimate.requests,
            cost_usd_max=None if cost is None else usd_number(cost),
            models=tuple(
                _ModelReport(model, endpoint, tuple(outcomes))
                for (model, endpoint), outcomes in _by_model(findings).items()
            ),
        )
    )


def _by_model(findings: Sequence[Finding]) -> dict[tuple[str, str], list[Outcome]]:
    """Model and endpoint tag → outcomes in the order of FEATURES."""
    grouped: dict[tuple[str, str], list[Outcome]] = {}
    for finding in findings:
        key = (finding.candidate.model.id, finding.candidate.endpoint.tag)
        grouped.setdefault(key, []).append(finding.outcome)
    return grouped
