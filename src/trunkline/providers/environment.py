"""What the environment says of a provider: key, address, what is missing (catalog README, "Using the catalog")."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from trunkline.catalog.types import Provider

Environ = Mapping[str, str]


def first_set(names: tuple[str, ...], environ: Environ) -> str | None:
    """The value of the first variable that is set to something."""
    return next((value for name in names if (value := environ.get(name, "").strip())), None)


def api_key(provider: Provider, environ: Environ) -> str | None:
    """The key in the provider's conventional variables."""
    return first_set(provider.key_env, environ)


def base_url(provider: Provider, environ: Environ) -> str | None:
    """The provider's address with its holes filled; None when one cannot be."""
    return _filled(provider.base_url, provider, environ)


def base_urls(provider: Provider, environ: Environ) -> Mapping[str, str]:
    """The addresses of protocols that have one of their own, for which all holes can be filled."""
    filled = ((protocol, _filled(url, provider, environ)) for protocol, url in provider.base_urls.items())
    return {protocol: url for protocol, url in filled if url is not None}


def _filled(url: str, provider: Provider, environ: Environ) -> str | None:
    for hole, (names, default) in provider.base_url_variables.items():
        value = first_set(names, environ) or default
        if value is None:
            return None
        # A whole address where a host is asked for (`DATABRICKS_HOST=https://…`) is taken as its host.
        url = url.replace(f"{{{hole}}}", value.removeprefix("https://").strip("/"))
    return url.rstrip("/")


def engine_url(provider: Provider, environ: Environ) -> str | None:
    """The address of a local engine that the operator named; None when none is named.

    Engines write it loosely: the scheme, the port and the `/v1` may be missing, and `0.0.0.0` (where the engine
    listens) stands for loopback (where it is reached).
    """
    named = first_set(provider.base_url_env, environ)
    return None if named is None else completed_engine_url(named, provider.base_url)


def completed_engine_url(named: str, usual: str) -> str:
    """`named` with what it lacks taken from the engine's usual address."""
    if named.startswith(":"):
        named = f"127.0.0.1{named}"
    parts = urlsplit(named if "://" in named else f"http://{named}")
    host = parts.hostname or "127.0.0.1"
    if host in ("0.0.0.0", "::"):  # noqa: S104 -- read, not bound
        host = "127.0.0.1"
    if ":" in host:
        host = f"[{host}]"
    port = parts.port
    if port is None and "://" not in named:
        port = urlsplit(usual).port
    path = parts.path.rstrip("/") or "/v1"
    return f"{parts.scheme}://{host}{f':{port}' if port is not None else ''}{path}"


def missing(provider: Provider, environ: Environ) -> tuple[str, ...]:
    """The variables that must still be set before the provider can be called, its key first."""
    names: list[str] = []
    if not provider.auth.optional and api_key(provider, environ) is None:
        names += provider.key_env[:1]
    names += [name for name in provider.required_env if not environ.get(name, "").strip()]
    for candidates, default in provider.base_url_variables.values():
        if default is None and first_set(candidates, environ) is None:
            names += candidates[:1]
    return tuple(dict.fromkeys(names))
