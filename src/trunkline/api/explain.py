"""`POST /route/explain`: what would be tried for a chat request, and why (operating.md OP-32)."""

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from trunkline.api.asked import AskedRequests
from trunkline.api.authentication import authenticate
from trunkline.api.context import ControlPlane
from trunkline.api.generation_operations import ChatCompletionRequest
from trunkline.api.operations import Endpoint, Operation
from trunkline.api.wire import json_response
from trunkline.routing.explanation import Explanation


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
    __slots__ = ("_asked", "_context")

    def __init__(self, context: ControlPlane) -> None:
        self._context = context
        self._asked = AskedRequests(context, "/chat/completions", "chat")

    async def explain(self, request: Request) -> Response:
        context = self._context
        caller = await authenticate(context, request.scope)
        exchange = await self._asked.read(request, caller)
        return json_response(ExplainResponse(await context.explain(exchange)))


def endpoints(context: ControlPlane) -> list[Endpoint]:
    return [Endpoint(EXPLAIN, _Explain(context).explain)]
