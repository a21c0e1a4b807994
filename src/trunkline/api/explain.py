"""`POST /route/explain`: what would be tried for a chat request, and why (operating.md OP-32)."""

from typing import Final

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from trunkline.api.attribution import read_headers
from trunkline.api.authentication import authenticate
from trunkline.api.bodies import read_body
from trunkline.api.context import ControlPlane
from trunkline.api.errors import REQUEST_ID
from trunkline.api.generation_operations import ChatCompletionRequest
from trunkline.api.generation_routes import ROUTES, parse_limits
from trunkline.api.operations import Endpoint, Operation
from trunkline.api.regional_hosts import region_of, regional_hosts
from trunkline.api.wire import json_response
from trunkline.core import ids
from trunkline.gateway.exchange import Exchange
from trunkline.routing.explanation import Explanation

_CHAT: Final = next(route for route in ROUTES if route.path == "/chat/completions")


class ExplainResponse(Struct, frozen=True):
    """The decision; a request that nobody may serve is told as `refusal`, not as an error."""

    data: Explanation


EXPLAIN = Operation(
    method="POST",
    path="/route/explain",
    id="explainRoute",
    summary="Explain where a chat completion would go",
    tag="Routing",
    request=ChatCompletionRequest,
    response=ExplainResponse,
    errors=(400, 401, 404, 413, 429, 500),
)


class _Explain:
    __slots__ = ("_context", "_regional_hosts")

    def __init__(self, context: ControlPlane) -> None:
        self._context = context
        self._regional_hosts = regional_hosts(context.settings)

    async def explain(self, request: Request) -> Response:
        context = self._context
        caller = await authenticate(context, request.scope)
        headers = read_headers(request.scope["headers"])
        body = await read_body(
            request,
            timeout_s=context.settings.server.body_timeout_seconds,
            max_bytes=context.settings.server.request_limit_mb * 1024 * 1024,
        )
        expanded = await context.presets.expand(body, caller.account_id, caller.workspace_id, "chat")
        inbound = _CHAT.parse(expanded.body, parse_limits(context.settings))
        now_ms = context.clock.now_ms()
        exchange = Exchange(
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
        return json_response(ExplainResponse(await context.explain(exchange)))


def endpoints(context: ControlPlane) -> list[Endpoint]:
    return [Endpoint(EXPLAIN, _Explain(context).explain)]
