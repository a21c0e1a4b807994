"""What the catalog's read operations need of the running instance."""

from collections.abc import Container
from typing import Protocol

from starlette.requests import Request

from trunkline.accounts.types import Principal
from trunkline.listing.facts import InstanceFacts
from trunkline.routing.policy import Region
from trunkline.routing.types import EndpointStatistics


class CatalogView(InstanceFacts, Protocol):
    """The composition root implements it."""

    @property
    def statistics(self) -> EndpointStatistics:
        """What was measured of endpoints, by all processes."""
        ...

    async def authenticate(self, request: Request) -> Principal:
        """Who asks. Raises Unauthenticated without a key that works."""
        ...

    def usable_by(self, caller: Principal, region: Region | None) -> Container[str] | None:
        """Ids of the models that the rules of account and workspace leave, in a region if one is named; None: all."""
        ...

    def region_of(self, request: Request) -> Region | None:
        """Of the regional host that was called."""
        ...
