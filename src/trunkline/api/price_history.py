"""`/models/{author}/{slug}/prices`: what endpoints cost before, as far as this instance noticed (site.md MP-08).

An addition to the published API, which has no such operation.
"""

from typing import Final

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from trunkline.api.catalog_view import CatalogView
from trunkline.api.context import ControlPlane
from trunkline.api.model_operations import PATH
from trunkline.api.operations import Endpoint, Operation, Parameter
from trunkline.api.price_objects import Prices, price_strings
from trunkline.api.wire import json_response, timestamp
from trunkline.catalog.prices import PriceSheet
from trunkline.catalog.types import Endpoint as CatalogEndpoint
from trunkline.core.calendar import DAY_MS
from trunkline.core.errors import ModelNotFound, NotFound
from trunkline.listing.filters import number
from trunkline.routing.slugs import resolve
from trunkline.statistics.prices import PriceChange, RecordedPrices, price_changes

DAYS_DEFAULT: Final = 90
DAYS_MAX: Final = 400


class PriceChangeObject(Struct, frozen=True):
    """What an endpoint's prices became. `before` is null for an endpoint that was new."""

    tag: str
    provider_name: str
    changed_at: str
    before: Prices | None
    after: Prices


class PriceHistory(Struct, frozen=True):
    """Changes of a model's endpoints, the latest first."""

    id: str
    days: int
    changes: list[PriceChangeObject]


class PriceHistoryResponse(Struct, frozen=True):
    """The history of one model."""

    data: PriceHistory


OPERATION: Final = Operation(
    method="GET",
    path="/models/{author}/{slug}/prices",
    id="listPriceChanges",
    summary="List changes of a model's prices",
    tag="Models",
    parameters=(
        *PATH,
        Parameter(name="days", type=int, description=f"How far back, 1 to {DAYS_MAX}; {DAYS_DEFAULT} if absent"),
    ),
    response=PriceHistoryResponse,
    errors=(400, 404, 500),
    public=True,
)
_CACHED: Final = {"cache-control": "public, max-age=60"}


class _PriceHistory:
    def __init__(self, context: ControlPlane, view: CatalogView) -> None:
        self._database = context.database
        self._view = view

    async def get(self, request: Request) -> Response:
        asked = number(request.query_params, "days", least=1, most=DAYS_MAX, whole=True)
        days = DAYS_DEFAULT if asked is None else int(asked)
        reference = f"{request.path_params['author']}/{request.path_params['slug']}"
        try:
            model = resolve(self._view.snapshot(), reference).model
        except ModelNotFound as error:
            raise NotFound(error.message, availability=error.availability) from None
        found = await self._database.read(price_changes, model.id, self._view.now_ms() - days * DAY_MS)
        # Only of endpoints that everybody may know of: what is no longer there may have been somebody's own.
        shown = {endpoint.id: endpoint for endpoint in model.endpoints}
        changes = [self._object(change, shown[change.endpoint_id]) for change in found if change.endpoint_id in shown]
        response = json_response(PriceHistoryResponse(PriceHistory(model.id, days, changes)))
        response.headers.update(_CACHED)
        return response

    def _object(self, change: PriceChange, endpoint: CatalogEndpoint) -> PriceChangeObject:
        return PriceChangeObject(
            tag=endpoint.tag,
            provider_name=self._view.snapshot().providers[endpoint.provider].name,
            changed_at=timestamp(change.at_ms),
            before=None if change.before is None else _prices(change.before, change.at_ms),
            after=_prices(change.after, change.at_ms),
        )


def endpoints(context: ControlPlane, view: CatalogView) -> list[Endpoint]:
    """The operation of this file with its handler."""
    return [Endpoint(OPERATION, _PriceHistory(context, view).get)]


def _prices(prices: RecordedPrices, at_ms: int) -> Prices:
    return price_strings(PriceSheet(base=prices.base, overrides=prices.overrides, units=prices.units), at_ms)
