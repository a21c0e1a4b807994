"""`trunkline catalog`: what the catalog knows: shown, checked, probed, compared with elsewhere."""

from pathlib import Path

import click

from trunkline.catalog import check as bundled
from trunkline.catalog.loader import load_bundled
from trunkline.catalog.overrides import OverridesInvalid, apply
from trunkline.catalog.synced import SyncedInvalid, read_synced
from trunkline.catalog.types import Model, Snapshot
from trunkline.cli.catalog_sync import diff, sync, take_back
from trunkline.cli.models import price_per_million
from trunkline.cli.output import json_option, print_json, print_table
from trunkline.cli.probing.command import probe
from trunkline.cli.session import config_option, load_catalog, load_settings


@click.group("catalog")
def command() -> None:
    """Show, check and probe what the catalog knows of models, endpoints and providers.

    \b
    Example:
      trunkline catalog show openai/gpt-5.4-mini
    """


for each in (probe, diff, sync, take_back):
    command.add_command(each)


@command.command("show")
@click.argument("model")
@config_option
@json_option
def show(model: str, config: Path | None, as_json: bool) -> None:
    """Print everything known of MODEL and of each endpoint that serves it.

    \b
    Example:
      trunkline catalog show openai/gpt-5.4-mini
    """
    found = _find(load_catalog(load_settings(config)), model)
    if as_json:
        print_json(_object(found))
        return
    click.echo(f"{found.id}  {found.name}")
    click.echo(found.description)
    facts = (
        ("takes", ", ".join(found.input_modalities)),
        ("gives", ", ".join(found.output_modalities)),
        ("context", "-" if found.context_length is None else f"{found.context_length:,} tokens"),
        ("knows up to", found.knowledge_cutoff or "-"),
        ("parameters", ", ".join(found.supported_parameters)),
    )
    for name, text in facts:
        click.echo(f"  {name:12} {text}")
    print_table(
        ("endpoint", "upstream model", "protocol", "context", "input $/M", "output $/M"),
        [
            (
                endpoint.tag,
                endpoint.upstream_model,
                endpoint.protocol,
                "-" if endpoint.context_length is None else f"{endpoint.context_length:,}",
                price_per_million(endpoint.pricing, "prompt"),
                price_per_million(endpoint.pricing, "completion"),
            )
            for endpoint in found.endpoints
        ],
    )


@command.command("check")
@config_option
def check(config: Path | None) -> None:
    """Check the bundled catalog and what the configuration adds to it.

    \b
    Example:
      trunkline catalog check
    """
    problems = bundled.check()
    if problems:
        raise click.ClickException("the bundled catalog is faulty\n" + "\n".join(map(str, problems)))
    loaded = load_settings(config)
    try:
        synced = read_synced(loaded.settings.home)
        apply(load_bundled(), models=synced.models, endpoints=synced.endpoints)
    except (SyncedInvalid, OverridesInvalid) as error:
        raise click.ClickException(f"what was taken over by `trunkline catalog sync` is faulty\n{error}") from None
    snapshot = load_catalog(loaded)
    endpoints = sum(len(model.endpoints) for model in snapshot.models.values())
    click.echo(f"{len(snapshot.providers)} providers, {len(snapshot.models)} models, {endpoints} endpoints: all valid")


def _find(snapshot: Snapshot, name: str) -> Model:
    model_id = snapshot.names.get(name.lower())
    if model_id is None:
        near = [one for one in snapshot.models if name.lower() in one.lower()][:5]
        hint = f"; near: {', '.join(near)}" if near else "; `trunkline models` lists them"
        raise click.ClickException(f"no model is called {name!r}{hint}")
    return snapshot.models[model_id]


def _object(model: Model) -> dict[str, object]:
    return {
        "id": model.id,
        "name": model.name,
        "description": model.description,
        "input_modalities": model.input_modalities,
        "output_modalities": model.output_modalities,
        "context_length": model.context_length,
        "max_output_tokens": model.max_output_tokens,
        "supported_parameters": model.supported_parameters,
        "knowledge_cutoff": model.knowledge_cutoff,
        "endpoints": [
            {
                "tag": endpoint.tag,
                "provider": endpoint.provider,
                "upstream_model": endpoint.upstream_model,
                "protocol": endpoint.protocol,
                "context_length": endpoint.context_length,
                "quantization": endpoint.quantization,
            }
            for endpoint in model.endpoints
        ],
    }
