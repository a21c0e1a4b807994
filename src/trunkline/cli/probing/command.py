"""`trunkline catalog probe PROVIDER`: does the provider do what the catalog says?"""

import os
import sys
from contextlib import ExitStack
from pathlib import Path

import click
from msgspec import Struct

from trunkline.cli.output import json_option
from trunkline.cli.probing import report
from trunkline.cli.probing.report import Estimate
from trunkline.cli.probing.transcript import Transcript
from trunkline.cli.session import config_option, load_settings, run, usable_catalog
from trunkline.configuration.load import Loaded
from trunkline.core.clock import Clock, SystemClock
from trunkline.gateway.probing.calls import Finding, Prober
from trunkline.gateway.probing.choice import cost_bound_nanousd, probeable, request_count
from trunkline.gateway.transport.client import HttpTransport
from trunkline.gateway.world import World
from trunkline.gateway.worlds import build_world
from trunkline.providers.advice import advice
from trunkline.providers.discovery import discover
from trunkline.providers.gateways import list_gateways
from trunkline.providers.sandbox.upstream import SandboxUpstream
from trunkline.providers.upstream import Upstream
from trunkline.routing.types import Candidate

REQUESTS_UNASKED_MAX = 20
"""More are made only after a yes."""
TIMEOUT_S = 60.0


class Options(Struct, frozen=True, kw_only=True):
    """What the caller said."""

    provider: str
    names: tuple[str, ...]
    every: bool
    save: Path | None
    timeout_s: float
    yes: bool


@click.command("probe")
@click.argument("provider")
@click.option("--model", "names", multiple=True, metavar="ID", help="A model to probe; may be repeated.")
@click.option("--all", "every", is_flag=True, help="All chat models of the provider that can be called here.")
@click.option("--save", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Append the transcript.")
@click.option(
    "--timeout", "timeout_s", type=click.FloatRange(0, min_open=True), default=TIMEOUT_S, show_default=True,
    metavar="SECONDS", help="For one answer.",
)  # fmt: skip
@click.option("--yes", is_flag=True, help=f"Do not ask before more than {REQUESTS_UNASKED_MAX} requests.")
@config_option
@json_option
@click.pass_context
def probe(
    ctx: click.Context,
    provider: str,
    names: tuple[str, ...],
    every: bool,
    save: Path | None,
    timeout_s: float,
    yes: bool,
    config: Path | None,
    as_json: bool,
) -> None:
    """Find out by real, tiny requests what models of PROVIDER do: text, stream, tools, structured output, reasoning,
    image input.

    Without --model or --all: the provider's cheapest model. The requests cost money: the most that they can cost is
    printed first. Status 1 when something did not work that the catalog says does. The transcript has no keys and
    no account names in it.

    \b
    Example:
      trunkline catalog probe openai --model openai/gpt-5.4-mini --save openai.jsonl
    """
    if names and every:
        raise click.UsageError("--model and --all exclude each other")
    options = Options(provider=provider, names=names, every=every, save=save, timeout_s=timeout_s, yes=yes)
    findings: list[Finding] = []
    try:
        estimate = run(_probe(load_settings(config), options, SystemClock(), findings))
    except KeyboardInterrupt:
        report.show(findings)
        raise
    if as_json:
        report.show_json(estimate, findings)
    else:
        report.show(findings)
    if any(finding.outcome.state == "no" for finding in findings):
        ctx.exit(1)


async def _probe(loaded: Loaded, options: Options, clock: Clock, findings: list[Finding]) -> Estimate:
    """Fill `findings` as they come, so that they outlive an interruption."""
    transport = HttpTransport()
    try:
        world, slug = await _world(loaded, options.provider, transport)
        candidates = _chosen(world, slug, options, clock.now_ms())
        runtime = world.providers.by_slug[slug]
        estimate = Estimate(request_count(candidates), cost_bound_nanousd(candidates, runtime, clock.now_ms()))
        report.announce(runtime.provider.name, len(candidates), estimate)
        _get_leave(estimate.requests, yes=options.yes)
        prober = Prober(
            runtime_of=world.runtime_of,
            upstream=transport,
            sandbox=SandboxUpstream(loaded.settings.sandbox),
            settings=loaded.settings,
            clock=clock,
            timeout_s=options.timeout_s,
        )
        with ExitStack() as stack:
            transcript = None
            if options.save is not None:
                transcript = stack.enter_context(Transcript(options.save, runtime.provider))
            advance = stack.enter_context(report.progress(estimate.requests))
            async for finding in prober.probe(candidates):
                findings.append(finding)
                advance(finding)
                if transcript is not None:
                    transcript.add(finding)
        return estimate
    finally:
        await transport.close()


async def _world(loaded: Loaded, provider: str, upstream: Upstream) -> tuple[World, str]:
    """Catalog and providers as `serve` would have them, and the provider's slug; a local engine is asked what it has.

    Raises UsageError for a provider that nobody knows.
    """
    with usable_catalog(loaded):
        world = build_world(loaded.settings, os.environ)
    snapshot = world.snapshot
    slug = snapshot.provider_names.get(provider.lower())
    if slug is None:
        raise click.UsageError(f"no provider is called {provider!r}; `trunkline providers --all` lists them")
    if snapshot.providers[slug].kind == "local":
        found = await discover(loaded.settings, snapshot, upstream, os.environ)
        world = build_world(loaded.settings, os.environ, found)
    elif snapshot.providers[slug].kind == "gateway":
        found = await list_gateways(world.providers, snapshot, upstream)
        world = build_world(loaded.settings, os.environ, found)
    return world, slug


def _chosen(world: World, slug: str, options: Options, at_ms: int) -> list[Candidate]:
    """Raises UsageError when there is nothing to probe."""
    candidates = probeable(world, slug, at_ms)
    if not candidates:
        raise click.UsageError(_why_none(world, slug))
    if options.every:
        return candidates
    if not options.names:
        return candidates[:1]
    by_id = {candidate.model.id: candidate for candidate in candidates}
    chosen: dict[str, Candidate] = {}
    for name in options.names:
        candidate = by_id.get(world.snapshot.names.get(name.lower(), name))
        if candidate is None:
            raise click.UsageError(f"{slug} serves no chat model {name!r} here; `trunkline models {slug}` lists some")
        chosen[candidate.model.id] = candidate
    return list(chosen.values())


def _why_none(world: World, slug: str) -> str:
    provider = world.snapshot.providers[slug]
    endpoints = (endpoint for model in world.snapshot.models.values() for endpoint in model.endpoints)
    hint = next((hint for one in endpoints if one.provider == slug and (hint := world.hint(one))), "")
    hint = hint or advice(provider, None, os.environ)
    if hint:
        return f"{provider.name} is not enabled here: {hint}"
    return f"nothing of {provider.name} can be called here: the catalog knows no chat model of it that we can speak to"


def _get_leave(requests: int, *, yes: bool) -> None:
    """Raises Abort for a no, UsageError where nobody can be asked."""
    if yes or requests <= REQUESTS_UNASKED_MAX:
        return
    if not sys.stdin.isatty():
        raise click.UsageError(f"these are more than {REQUESTS_UNASKED_MAX} requests: say --yes to make them")
    click.confirm("Go on?", abort=True, err=True)
