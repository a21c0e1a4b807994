"""What lists of models need to know of the running instance."""

from collections.abc import Mapping
from typing import Protocol

from trunkline.catalog.types import Endpoint, Snapshot
from trunkline.routing.types import EndpointHealth


class InstanceFacts(Protocol):
    """The composition root has the implementation."""

    @property
    def health(self) -> EndpointHealth:
        """The recent past of endpoints."""
        ...

    def snapshot(self) -> Snapshot:
        """The catalog of this moment."""
        ...

    def is_callable(self, endpoint: Endpoint) -> bool:
        """Whether the endpoint's provider is enabled here."""
        ...

    def now_ms(self) -> int: ...

    def public_url(self) -> str:
        """Base of links that leave the instance, without trailing slash."""
        ...

    async def weekly_tokens(self, category: str | None) -> Mapping[str, int]:
        """Model id → tokens of the last seven days, of one category of use or of all (None).

        Raises StorageUnavailable.
        """
        ...

    def tool_success_rate(self, endpoint_id: str) -> float | None:
        """Share of requests with tools that ended in a valid call, two hours; None: not measured."""
        ...
