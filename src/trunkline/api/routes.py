"""The control plane's endpoints in one list, and the API root that they stand under."""

from collections.abc import Sequence

from starlette.routing import BaseRoute, Route, Router

from trunkline.api import (
    byok,
    count_tokens,
    credits,
    explain,
    files,
    generation_operations,
    generations,
    keys,
    presets,
    workspaces,
)
from trunkline.api.context import ControlPlane
from trunkline.api.errors import ErrorBoundary, not_found
from trunkline.api.operations import Endpoint, build_routes, refuse_other_methods


def endpoints(context: ControlPlane) -> list[Endpoint]:
    """All of them; `/openapi.json` describes the same list."""
    parts = (keys, byok, credits, generations, presets, explain, count_tokens, files, workspaces)
    return [endpoint for part in parts for endpoint in part.endpoints(context)]


def routes(context: ControlPlane) -> list[Route]:
    """Starlette routes relative to the API root, each also with a trailing slash."""
    return build_routes(endpoints(context))


def api_root(context: ControlPlane, more: Sequence[BaseRoute] = ()) -> ErrorBoundary:
    """What is mounted at `/api/v1` and `/v1`: the control plane, `more` before it, the envelope around everything.

    Generation requests never come here: the application serves them before any router.
    """
    wrong_method = refuse_other_methods(generation_operations.OPERATIONS)
    router = Router([*more, *routes(context), *wrong_method], redirect_slashes=False, default=not_found)
    return ErrorBoundary(router, clock=context.clock, docs_base=context.settings.docs_url)
