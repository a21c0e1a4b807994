"""What the catalog's read operations need of the running instance."""

from typing import Protocol

from starlette.requests import Request

from trunkline.accounts.types import Principal
from trunkline.listing.facts import InstanceFacts


class CatalogView(InstanceFacts, Protocol):
    """The composition root implements it."""

    async def authenticate(self, request: Request) -> Principal:
        """Who asks. Raises Unauthenticated without a key that works."""
        ...
