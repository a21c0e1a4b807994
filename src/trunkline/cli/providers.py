"""`trunkline providers`: who is known, who is enabled, and by what."""

import os
from pathlib import Path

import click

from trunkline.catalog.types import Provider, Snapshot
from trunkline.cli.output import json_option, print_json, print_table
from trunkline.cli.session import config_option, load_catalog, load_settings
from trunkline.providers.advice import advice
from trunkline.providers.registry import build_providers, sections_by_slug
from trunkline.providers.types import ProviderRuntime


@click.command("providers")
@click.option("--all", "all_known", is_flag=True, help="Those that are not enabled too.")
@config_option
@json_option
def command(all_known: bool, config: Path | None, as_json: bool) -> None:
    """List the providers that are enabled here; with --all every one of the catalog and what would enable it.

    \b
    Example:
      trunkline providers --all
    """
    loaded = load_settings(config)
    snapshot = load_catalog(loaded)
    enabled = build_providers(loaded.settings, snapshot, os.environ).by_slug

    sections = sections_by_slug(loaded.settings, snapshot)

    def advise(provider: Provider) -> str:
        if provider.slug in enabled:
            return ""
        return advice(provider, sections.get(provider.slug), os.environ)

    shown = [provider for provider in snapshot.providers.values() if all_known or provider.slug in enabled]
    if as_json:
        print_json([_object(snapshot, provider, enabled.get(provider.slug), advise(provider)) for provider in shown])
    elif not shown:
        click.echo("no provider is enabled; `trunkline providers --all` says what would enable each")
    else:
        print_table(
            ("provider", "name", "enabled", "models", "to enable it" if all_known else "key"),
            [
                (
                    provider.slug,
                    provider.name,
                    enabled[provider.slug].source if provider.slug in enabled else "no",
                    str(_model_count(snapshot, provider)),
                    advise(provider) or _opened_by(provider, enabled.get(provider.slug)),
                )
                for provider in shown
            ],
        )


def _model_count(snapshot: Snapshot, provider: Provider) -> int:
    return sum(
        any(endpoint.provider == provider.slug for endpoint in model.endpoints) for model in snapshot.models.values()
    )


def _opened_by(provider: Provider, runtime: ProviderRuntime | None) -> str:
    if runtime is not None and runtime.signer is not None:
        return "signed requests"
    return " or ".join(provider.key_env) or "-"


def _object(
    snapshot: Snapshot, provider: Provider, runtime: ProviderRuntime | None, to_enable: str
) -> dict[str, object]:
    return {
        "slug": provider.slug,
        "name": provider.name,
        "kind": provider.kind,
        "enabled": runtime is not None,
        "source": None if runtime is None else runtime.source,
        "base_url": provider.base_url if runtime is None else runtime.base_url,
        "models": _model_count(snapshot, provider),
        "key_variables": provider.key_env,
        "signs": runtime is not None and runtime.signer is not None,
        "to_enable": to_enable or None,
    }
