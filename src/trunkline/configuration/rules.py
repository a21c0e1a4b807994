"""What types cannot say: settings that contradict each other or that this version cannot honour."""

from collections.abc import Iterator
from importlib.util import find_spec
from ipaddress import ip_network
from urllib.parse import urlsplit

from trunkline.configuration.errors import Finding, KeyPath
from trunkline.settings import Files, ProviderSettings, Settings

_DATABASE_SCHEMES = ("sqlite", "postgresql")


def broken_rules(settings: Settings) -> Iterator[Finding]:
    """Every setting that has the right type and still cannot work."""
    if settings.redis.url is not None:
        yield Finding(
            ("redis", "url"), "shared state in Redis comes with a later version; remove it, and use one worker"
        )
    if settings.server.workers > 1:
        yield Finding(
            ("server", "workers"),
            f"{settings.server.workers} workers need Redis ([redis] url): the state of limits, credits and holds is "
            "in the process, so every limit would count once per worker; use workers = 1",
        )
    yield from _database(settings)
    if settings.server.public_url is not None:
        yield from _web_address(settings.server.public_url, ("server", "public_url"))
    for network in settings.fetching.allow_networks:
        yield from _network(network, ("fetching", "allow_networks"))
    yield from _files(settings.files)
    for slug, provider in settings.providers.items():
        yield from _provider(provider, ("providers", slug))


def _database(settings: Settings) -> Iterator[Finding]:
    url = settings.database.url
    if url is None:
        return
    scheme = url.partition(":")[0]
    if scheme not in _DATABASE_SCHEMES or not url.startswith(f"{scheme}://"):
        yield Finding(("database", "url"), f'"{scheme}" is no database; use sqlite:///file or postgresql://host/name')
    elif scheme == "sqlite" and not url.startswith("sqlite:///"):
        yield Finding(("database", "url"), "an SQLite address has three slashes before the file: sqlite:///file")


def _files(files: Files) -> Iterator[Finding]:
    if files.s3_endpoint_url is not None:
        yield from _web_address(files.s3_endpoint_url, ("files", "s3_endpoint_url"))
    if files.s3_bucket is not None and find_spec("botocore") is None:
        yield Finding(("files", "s3_bucket"), "files in S3 need AWS's client: pip install 'trunkline[s3]'")
    if (files.s3_access_key_id is None) != (files.s3_secret_access_key is None):
        yield Finding(
            ("files", "s3_access_key_id"), "s3_access_key_id and s3_secret_access_key go together: give both or neither"
        )


def _provider(provider: ProviderSettings, path: KeyPath) -> Iterator[Finding]:
    if provider.api_key is not None and provider.api_keys:
        yield Finding((*path, "api_keys"), "give either api_key or api_keys, not both")
    if provider.base_url is not None:
        yield from _web_address(provider.base_url, (*path, "base_url"))
    if provider.proxy_url is not None:
        yield from _web_address(provider.proxy_url, (*path, "proxy_url"))


def _network(network: str, path: KeyPath) -> Iterator[Finding]:
    try:
        ip_network(network)
    except ValueError:
        yield Finding(path, f'"{network}" is no network; write an address and the length of its prefix: 10.0.0.0/8')


def _web_address(url: str, path: KeyPath) -> Iterator[Finding]:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        yield Finding(path, "must be an address that begins with http:// or https:// and names a host")
