"""Callers' own provider keys of one world: what routing orders and what attempts are made with
(accounts-and-governance.md 8.3).

Signed requests need tokens that are fetched and kept, so what a key opens is remembered for as long as key and world
are the same.
"""

from collections.abc import Mapping

import structlog
from msgspec import Struct

from trunkline.accounts.byok.types import OpenCredential
from trunkline.accounts.cache import LruCache
from trunkline.catalog.types import Provider, Snapshot
from trunkline.core.clock import Clock
from trunkline.core.errors import InvalidRequest
from trunkline.providers.environment import Environ
from trunkline.providers.own_keys.access import OwnAccess, own_access
from trunkline.providers.registry import sections_by_slug
from trunkline.providers.types import EndpointFilter, ProviderRuntime
from trunkline.routing.policy import ByokKey
from trunkline.routing.types import Candidate
from trunkline.settings import Settings

OPENED_MAX = 10_000
"""Credentials whose access is remembered."""

_log = structlog.get_logger("trunkline.gateway")


class Opened(Struct, frozen=True):
    """One credential in one world."""

    credential: OpenCredential
    access: OwnAccess
    key: ByokKey
    """As routing sees it."""


class Unusable(Struct, frozen=True):
    """A credential that opens nothing in this world; remembered, so that it is logged once."""

    credential: OpenCredential


class OwnKeys(Struct, frozen=True):
    """All that one caller may use, by the credential's id."""

    by_id: Mapping[str, Opened] = {}

    @property
    def for_routing(self) -> tuple[ByokKey, ...]:
        return tuple([opened.key for opened in self.by_id.values()])

    def runtime_of(self, credential_id: str, candidate: Candidate) -> ProviderRuntime:
        """How to call a candidate that was planned with this credential."""
        return self.by_id[credential_id].access.runtime_of(candidate.endpoint)


NO_OWN_KEYS = OwnKeys()


class OwnKeyring:
    """Opens credentials in one world."""

    __slots__ = ("_clock", "_environ", "_is_spoken", "_opened", "_sections", "_settings", "_snapshot")

    def __init__(
        self, settings: Settings, snapshot: Snapshot, environ: Environ, clock: Clock, is_spoken: EndpointFilter
    ) -> None:
        self._settings = settings
        self._snapshot = snapshot
        self._sections = sections_by_slug(settings, snapshot)
        self._environ: Environ = environ if settings.discovery.environment else {}
        self._clock = clock
        self._is_spoken = is_spoken
        self._opened: LruCache[str, Opened | Unusable] = LruCache(OPENED_MAX)

    def open(self, credentials: tuple[OpenCredential, ...]) -> OwnKeys:
        """What can be used of them here; the rest is left out."""
        found = [self.open_one(credential) for credential in credentials]
        return OwnKeys({one.credential.id: one for one in found if one is not None})

    def open_one(self, credential: OpenCredential) -> Opened | None:
        """One of them; None: it opens nothing here."""
        found = self._open(credential)
        return found if isinstance(found, Opened) else None

    def access(self, provider: Provider, secret: str) -> OwnAccess | None:
        """What a key would open; None where the operator switched the provider off. Raises InvalidRequest for a
        malformed one."""
        return own_access(
            provider,
            secret,
            self._sections.get(provider.slug),
            self._settings,
            self._environ,
            self._clock,
            self._is_spoken,
        )

    def _open(self, credential: OpenCredential) -> Opened | Unusable:
        known = self._opened.get(credential.id)
        if known is not None and known.credential == credential:
            return known
        if isinstance(known, Opened) and known.credential.secret == credential.secret:
            opened = self._as_routed(credential, known.access)
        else:
            opened = self._open_anew(credential)
        self._opened.put(credential.id, opened)
        return opened

    def _open_anew(self, credential: OpenCredential) -> Opened | Unusable:
        provider = self._snapshot.providers.get(credential.provider)
        if provider is None:
            return Unusable(credential)
        try:
            access = self.access(provider, credential.secret)
        except InvalidRequest as error:
            _log.warning("a stored provider key cannot be used", credential=credential.id, reason=error.message)
            return Unusable(credential)
        return Unusable(credential) if access is None else self._as_routed(credential, access)

    def _as_routed(self, credential: OpenCredential, access: OwnAccess) -> Opened:
        return Opened(credential, access, _routed(credential, access, self._snapshot))


def _routed(credential: OpenCredential, access: OwnAccess, snapshot: Snapshot) -> ByokKey:
    models = credential.allowed_models
    return ByokKey(
        id=credential.id,
        provider=credential.provider,
        is_fallback=credential.is_fallback,
        always_use=credential.always_use,
        sort_order=credential.sort_order,
        allowed_models=None if models is None else frozenset(snapshot.names.get(one.lower(), one) for one in models),
        allowed_api_key_hashes=credential.allowed_api_key_hashes,
        allowed_user_ids=credential.allowed_user_ids,
        reach=access.reach,
    )
