"""Where a listing comes from: a file, or an address that is fetched as guardedly as a caller's (operating.md OP-51)."""

import asyncio
from pathlib import Path
from typing import Final

import click

from trunkline.gateway.fetch_client import MIB, FetchClient, FetchFailed, reason_of
from trunkline.gateway.fetch_guard import AddressGuard
from trunkline.providers.upstream import UpstreamFailed

LISTING_BYTES_MAX: Final = 64 * MIB
TIMEOUT_S: Final = 60.0
_OK: Final = 200


def read_source(source: str, key: str | None, networks: tuple[str, ...]) -> bytes:
    """The bytes of a listing. `networks`: not public ones that may be fetched from. Failures end the command."""
    if not source.lower().startswith(("http://", "https://")):
        return _read_file(Path(source))
    if key is not None and not source.lower().startswith("https://") and not networks:
        raise click.UsageError("a key is sent over https only, or into networks of your own (--allow-network)")
    try:
        return asyncio.run(_fetch(source, key, networks))
    except FetchFailed as failure:
        raise click.ClickException(f"{source} cannot be fetched: {failure.reason}") from None
    except UpstreamFailed as failure:
        hint = "; --allow-network permits one of your own" if failure.kind == "dns" else ""
        raise click.ClickException(f"{source} cannot be fetched: {reason_of(failure)}{hint}") from None
    except TimeoutError:
        raise click.ClickException(f"{source} did not come within {TIMEOUT_S:g} s") from None


def _read_file(path: Path) -> bytes:
    try:
        if path.stat().st_size > LISTING_BYTES_MAX:
            raise click.ClickException(f"{path} is larger than {LISTING_BYTES_MAX // MIB} MiB")
        return path.read_bytes()
    except OSError as error:
        raise click.ClickException(f"{path} cannot be read: {error.strerror}") from None


async def _fetch(url: str, key: str | None, networks: tuple[str, ...]) -> bytes:
    client = FetchClient(AddressGuard(networks))
    try:
        async with asyncio.timeout(TIMEOUT_S):
            # A key goes where it was meant to go, and not on to where that host may point.
            headers = () if key is None else (("authorization", f"Bearer {key}"),)
            async with client.open(url, headers, redirects_max=0 if key is not None else 3) as response:
                if response.status != _OK:
                    raise FetchFailed(f"its host answered with status {response.status}")
                body = bytearray()
                while data := await response.read():
                    body += data
                    if len(body) > LISTING_BYTES_MAX:
                        raise FetchFailed(f"it is larger than {LISTING_BYTES_MAX // MIB} MiB")
                return bytes(body)
    finally:
        client.close()
