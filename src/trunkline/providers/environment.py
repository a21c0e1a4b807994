"""What the environment says of a provider: key, address, what is missing (catalog README, "Using the catalog")."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from trunkline.catalog.types import Provider

Environ = Mapping[str, str]

_HOSTS_OF_MANY_PLACES: Mapping[str, str] = {
    "global-aiplatform.googleapis.com": "aiplatform.googleapis.com",
    "eu-aiplatform.googleapis.com": "aiplatform.eu.rep.googleapis.com",
    "us-aiplatform.googleapis.com": "aiplatform.us.rep.googleapis.com",
}
"""Hosts as the rule for one region would spell them → as they are spelled where there are several."""


def first_set(names: tuple[str, ...], environ: Environ) -> str | None:
    """The value of the first variable that is set to something."""
    return next((value for name in names if (value := environ.get(name, "").strip())), None)


def api_key(provider: Provider, environ: Environ) -> str | None:
    """The key in the provider's conventional variables."""
    return first_set(provider.key_env, environ)


def address_parts(provider: Provider, given: Mapping[str, str], environ: Environ) -> Mapping[str, str]:
    """What fills the holes in the provider's address: the settings', else the environment's, else the usual."""
    parts: dict[str, str] = {}
    for hole, (names, default) in provider.base_url_variables.items():
        value = given.get(hole) or first_set(names, environ) or default
        if value is not None:
            # A whole address where a host is asked for (`DATABRICKS_HOST=https://…`) is taken as its host.
            parts[hole] = value.removeprefix("https://").strip("/")
    return parts


def base_url(provider: Provider, parts: Mapping[str, str]) -> str | None:
    """The provider's address with its holes filled; None when one cannot be."""
    return _filled(provider.base_url, provider, parts)


def base_urls(provider: Provider, parts: Mapping[str, str]) -> Mapping[str, str]:
    """The addresses of protocols that have one of their own, for which all holes can be filled."""
    filled = ((protocol, _filled(url, provider, parts)) for protocol, url in provider.base_urls.items())
    return {protocol: url for protocol, url in filled if url is not None}


def _filled(url: str, provider: Provider, parts: Mapping[str, str]) -> str | None:
    if parts.keys() != provider.base_url_variables.keys():
        return None
    for hole, value in parts.items():
        url = url.replace(f"{{{hole}}}", value)
    for written, meant in _HOSTS_OF_MANY_PLACES.items():
        url = url.replace(f"//{written}/", f"//{meant}/", 1)
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


def missing(provider: Provider, environ: Environ, given: Mapping[str, str]) -> tuple[str, ...]:
    """The variables that must still be set before the provider has an address. `given` are parts in settings."""
    holes = provider.base_url_variables.items()
    in_settings = {name for hole, (candidates, _) in holes if given.get(hole) for name in candidates}
    names = [name for name in provider.required_env if name not in in_settings and not environ.get(name, "").strip()]
    for hole, (candidates, default) in holes:
        if default is None and not given.get(hole) and first_set(candidates, environ) is None:
            names += candidates[:1]
    return tuple(dict.fromkeys(names))


def missing_key(provider: Provider, environ: Environ) -> tuple[str, ...]:
    """The variable for a key, where one is needed and none is set."""
    needed = not provider.auth.optional and api_key(provider, environ) is None
    return provider.key_env[:1] if needed else ()
