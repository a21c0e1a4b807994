"""What the pages of own provider keys show (site.md 20)."""

from msgspec import Struct

from trunkline.accounts.byok.types import Credential, CredentialSpend, Section
from trunkline.accounts.types import KeyWithSpend, Workspace
from trunkline.catalog.types import Model, Provider
from trunkline.core.money import NanoUsd
from trunkline.gateway.key_trial import Trial
from trunkline.providers.own_keys.formats import KeyForm
from trunkline.web.pages.account.own_key_order import AttemptOrder


class ProviderCard(Struct, frozen=True, kw_only=True):
    """One provider in the grid."""

    provider: Provider
    models: int
    keys: int
    flagged: bool


class Allowance(Struct, frozen=True, kw_only=True):
    """What of the month's free list price is used (BYP-04)."""

    used: NanoUsd
    free: NanoUsd
    fee_percent: float

    @property
    def percent(self) -> float:
        return min(100.0, 100 * self.used / self.free) if self.free else 100.0


class GridView(Struct, frozen=True, kw_only=True):
    """All providers that take keys."""

    workspace: Workspace
    cards: list[ProviderCard]
    search: str
    only_connected: bool
    connected: int
    allowance: Allowance | None


class OwnKeyRow(Struct, frozen=True, kw_only=True):
    """A stored key and its month."""

    credential: Credential
    spend: CredentialSpend
    is_first: bool
    is_last: bool


class ProviderKeysView(Struct, frozen=True, kw_only=True):
    """One provider's keys."""

    workspace: Workspace
    provider: Provider
    form: KeyForm
    sections: dict[Section, list[OwnKeyRow]]
    api_keys: list[KeyWithSpend]
    models: list[Model]
    order: AttemptOrder | None
    problem: str
    trial: Trial | None
    done: str


def own_key_rows(credentials: list[Credential], spends: dict[str, CredentialSpend]) -> list[OwnKeyRow]:
    """In order, each with its month."""
    last = len(credentials) - 1
    return [
        OwnKeyRow(
            credential=one,
            spend=spends.get(one.id, CredentialSpend()),
            is_first=place == 0,
            is_last=place == last,
        )
        for place, one in enumerate(credentials)
    ]
