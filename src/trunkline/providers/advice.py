"""What the operator could do so that a provider can be called: names of variables, settings and packages, no values.

For the message of `no_endpoints` (accounts-and-governance.md BY-25), for `trunkline doctor` and `trunkline providers`.
"""

from trunkline.catalog.types import Provider
from trunkline.providers import environment
from trunkline.providers.adapter import takes_key
from trunkline.providers.environment import Environ
from trunkline.providers.signing.schemes import Scheme, scheme_of
from trunkline.settings import ProviderSettings

_NOTHING_SET = ProviderSettings()


def advice(provider: Provider, given: ProviderSettings | None, environ: Environ) -> str:
    """One clause; empty when nothing is missing, or nothing would help. `given` is what settings say of it."""
    section = f"[providers.{provider.slug}]"
    settings = given or _NOTHING_SET
    if not settings.enabled:
        return f"set enabled = true under {section}"
    if provider.kind == "local":
        return f"set {provider.base_url_env[0]} to the address of {provider.name}" if provider.base_url_env else ""
    address = () if settings.base_url is not None else environment.missing(provider, environ, settings.address)
    scheme = scheme_of(provider.auth)
    has_key = takes_key(provider.auth) and not environment.missing_key(provider, environ)
    if scheme is not None and not has_key and scheme.is_chosen(settings.credentials, environ):
        return _to_sign(scheme, address)
    if not takes_key(provider.auth):
        return "" if scheme is None else f"set {scheme.remedy}{_library(scheme)}"
    names = tuple(dict.fromkeys((*environment.missing_key(provider, environ), *address)))
    if not names:
        return ""
    to_set = f"set {' and '.join(names)}, or api_key under {section}"
    return to_set if scheme is None or has_key else f"{to_set}; or set {scheme.remedy}{_library(scheme)}"


def _to_sign(scheme: Scheme, address: tuple[str, ...]) -> str:
    """There are credentials: is there what to use them with?"""
    if not scheme.is_installed:
        return f"install what signs its requests: {scheme.install}"
    return f"set {' and '.join(address)}" if address else ""


def _library(scheme: Scheme) -> str:
    return "" if scheme.is_installed else f", and {scheme.install}"
