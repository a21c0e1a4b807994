"""Requests for inference that are asked about and not served: how they would go, how long they are."""

from starlette.requests import Request

from trunkline.accounts.types import Principal
from trunkline.api.attribution import header_name, read_headers
from trunkline.api.bodies import read_body
from trunkline.api.context import ControlPlane
from trunkline.api.errors import REQUEST_ID
from trunkline.api.generation_routes import ROUTES, Route, parse_limits
from trunkline.api.regional_hosts import region_of, regional_hosts
from trunkline.core import ids
from trunkline.gateway.exchange import Exchange
from trunkline.presets.types import PresetApi


class AskedRequests:
    """Reads them as their own route would, presets included."""

    __slots__ = ("_context", "_country_header", "_preset_api", "_regional_hosts", "_route")

    def __init__(self, context: ControlPlane, path: str, preset_api: PresetApi) -> None:
        self._context = context
        self._preset_api: PresetApi = preset_api
        self._regional_hosts = regional_hosts(context.settings)
        self._country_header = header_name(context.settings.server.country_header)
        self._route: Route = next(route for route in ROUTES if route.path == path)

    async def read(self, request: Request, caller: Principal) -> Exchange:
        """The exchange that it would be. Raises what the route raises before it routes."""
        context = self._context
        headers = read_headers(request.scope["headers"], self._country_header)
        body = await read_body(
            request,
            timeout_s=context.settings.server.body_timeout_seconds,
            max_bytes=context.settings.server.request_limit_mb * 1024 * 1024,
        )
        expanded = await context.presets.expand(body, caller.account_id, caller.workspace_id, self._preset_api)
        inbound = self._route.parse(expanded.body, parse_limits(context.settings))
        now_ms = context.clock.now_ms()
        return Exchange(
            generation_id=ids.generation_id(now_ms),
            request_id=request.scope[REQUEST_ID],
            received_ms=now_ms,
            received_s=0.0,
            principal=caller,
            caller=headers.caller,
            inbound=inbound,
            request=inbound.request,
            world=context.world(),
            region=region_of(self._regional_hosts, headers.host),
            preset_id=expanded.preset_id,
        )
