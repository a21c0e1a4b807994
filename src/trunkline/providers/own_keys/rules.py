"""What the catalog says of a key that somebody wants to store. Implements `accounts.byok.types.CredentialRules`."""

from collections.abc import Callable
from typing import Final

from trunkline.catalog.types import Provider, Snapshot
from trunkline.core.errors import InvalidRequest
from trunkline.providers.own_keys.formats import key_label, parse_key

_KINDS: Final = frozenset({"cloud", "gateway"})
"""Kinds of providers that somebody else can have an account at."""


class CatalogRules:
    """By the catalog of the moment. `check` builds what the key would be used with; it raises what is wrong with it."""

    __slots__ = ("_check", "_snapshot")

    def __init__(self, snapshot: Callable[[], Snapshot], check: Callable[[Provider, str], object]) -> None:
        self._snapshot = snapshot
        self._check = check

    def provider(self, named: str) -> str:
        return self._find(named).slug

    def label(self, provider: str, secret: str) -> str:
        found = self._find(provider)
        label = key_label(parse_key(found, secret))
        self._check(found, secret)
        return label

    def require_models(self, slugs: tuple[str, ...]) -> None:
        names = self._snapshot().names
        unknown = next((slug for slug in slugs if slug.lower() not in names), None)
        if unknown is not None:
            raise InvalidRequest(
                f"Invalid request parameters: `allowed_models`: {unknown[:128]} is no model of this instance's catalog",
                field="allowed_models",
            )

    def _find(self, named: str) -> Provider:
        snapshot = self._snapshot()
        found = snapshot.providers.get(snapshot.provider_names.get(named.lower(), named))
        if found is None or found.kind not in _KINDS:
            raise InvalidRequest(
                f"Invalid request parameters: `provider`: {named[:100]} is no provider that takes keys on this "
                "instance; `GET /providers` lists them",
                field="provider",
            )
        return found
