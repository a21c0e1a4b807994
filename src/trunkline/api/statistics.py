"""The operations on what was counted, in one list."""

from starlette.routing import Route

from trunkline.api import activity, benchmarks, classifications, datasets, price_history
from trunkline.api.catalog_view import CatalogView
from trunkline.api.context import ControlPlane
from trunkline.api.operations import Endpoint, build_routes


def endpoints(context: ControlPlane, view: CatalogView) -> list[Endpoint]:
    """All of them, to be routed and described together with all others."""
    return [
        *activity.endpoints(context),
        *datasets.endpoints(context, view),
        *benchmarks.endpoints(context, view),
        *classifications.endpoints(context),
        *price_history.endpoints(context, view),
    ]


def routes(context: ControlPlane, view: CatalogView) -> list[Route]:
    """Starlette routes relative to the API root, each also with a trailing slash."""
    return build_routes(endpoints(context, view))
