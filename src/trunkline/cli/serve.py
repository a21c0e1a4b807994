"""`trunkline serve`: from settings to a serving process and its end (OP-01, OP-11, OP-41)."""

import asyncio
import gc
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import click
from msgspec.structs import replace

from trunkline.accounts.bootstrap import MalformedBootstrapKey
from trunkline.catalog.overrides import OverridesInvalid
from trunkline.cli.serving.listener import CannotListen, listen, port_of
from trunkline.cli.serving.presence import Presence
from trunkline.cli.serving.reloading import Reloader
from trunkline.cli.serving.server import GatewayServer, stopped_by_signals
from trunkline.cli.serving.welcome import welcome
from trunkline.cli.session import config_option, load_settings
from trunkline.configuration.errors import KeyPath
from trunkline.configuration.files import create_home
from trunkline.configuration.load import Loaded, load
from trunkline.core.json import JsonValue
from trunkline.settings import Settings
from trunkline.storage.interface import StorageRefused, StorageUnavailable
from trunkline.storage.key_file import KeyFileInvalid

_GC_THRESHOLDS = (10_000, 20, 20)
"""New objects before the youngest are looked at, and how often the older ones are."""


@click.command("serve")
@click.option("--host", metavar="ADDRESS", help="Address to listen on. Default: 127.0.0.1; 0.0.0.0 lets others in.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on. Default: 8080; 0 takes a free one.")
@click.option("--workers", type=click.IntRange(1), help="Processes that serve. More than one needs Redis.")
@config_option
def command(host: str | None, port: int | None, workers: int | None, config: Path | None) -> None:
    """Start the gateway. Ctrl-C or SIGTERM ends it when running answers are done; a second one ends it at once.

    \b
    Example:
      trunkline serve --port 9000 --config trunkline.toml
    """
    given: dict[KeyPath, JsonValue] = {
        ("server", "host"): host,
        ("server", "port"): port,
        ("server", "workers"): workers,
    }
    overrides = {path: value for path, value in given.items() if value is not None}
    loaded = load_settings(config, overrides)
    try:
        listener = listen(loaded.settings.server.host, loaded.settings.server.port)
    except CannotListen as error:
        raise click.ClickException(str(error)) from None
    with listener, asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(loaded, listener, lambda: load(os.environ, config, overrides)))


async def _serve(loaded: Loaded, listener: socket.socket, read_again: Callable[[], Loaded]) -> None:
    from trunkline.app import create_app  # the whole program: `serve --help` does without

    settings = _with_real_port(loaded.settings, listener)
    try:
        create_home(settings.home)
        app = create_app(settings, os.environ)
        await app.start()
    except OverridesInvalid as error:
        raise click.ClickException(f"the configuration cannot be used\n{loaded.invalid(error.findings)}") from None
    except (MalformedBootstrapKey, KeyFileInvalid, StorageUnavailable, StorageRefused, OSError) as error:
        raise click.ClickException(str(error)) from None
    server = GatewayServer(app, settings.server)
    reloader = Reloader(app, lambda: _on_port_of(settings, read_again()))
    try:
        if app.discovery is not None:
            # The terminal names local engines too (OP-12). Clients that connect meanwhile wait in the backlog.
            await asyncio.wait((app.discovery,), timeout=settings.discovery.timeout_seconds)
        with stopped_by_signals(server), Presence(settings.home) as presence, reloader.listening(presence):
            click.echo(welcome(settings, app.first_start, app.world.snapshot, app.world.providers))
            sys.stdout.flush()
            _forget_garbage()
            await server.serve(sockets=[listener])
    finally:
        await app.stop(server.drain_left_s())


def _forget_garbage() -> None:
    """What the start made, the catalog above all, stays for good: no collection looks at it again (8 % of the CPU).

    Requests leave next to no cycles behind, but hundreds of objects each while they run: with the thresholds of a
    script, every few requests set off a walk over all that are in the air (5 % of the CPU).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)


def _with_real_port(settings: Settings, listener: socket.socket) -> Settings:
    """Port 0 became a port; links and the printed address need it."""
    return replace(settings, server=replace(settings.server, port=port_of(listener)))


def _on_port_of(running: Settings, loaded: Loaded) -> Loaded:
    """Port 0 is still the port that it became."""
    if loaded.settings.server.port:
        return loaded
    server = replace(loaded.settings.server, port=running.server.port)
    return replace(loaded, settings=replace(loaded.settings, server=server))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where it exists, asyncio's own on Windows."""
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop
