"""What the catalog's read operations need of the running instance."""

from typing import Protocol

from starlette.requests import Request

from trunkline.accounts.types import Principal
from trunkline.listing.facts import InstanceFacts
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
