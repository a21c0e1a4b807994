"""`POST /messages/count_tokens`: how long a prompt is, without an answer and without a charge (inference.md 18.6)."""

from starlette.requests import Request
from starlette.responses import Response

from trunkline.api.asked import AskedRequests
from trunkline.api.authentication import authenticate
from trunkline.api.context import ControlPlane
from trunkline.api.message_operations import COUNT_TOKENS, TokenCount
from trunkline.api.operations import Endpoint
from trunkline.api.wire import json_response
from trunkline.core.errors import PermissionDenied
from trunkline.protocols.messages.client import MessagesClientRequest


class _CountTokens:
    __slots__ = ("_asked", "_context")

    def __init__(self, context: ControlPlane) -> None:
        self._context = context
        self._asked = AskedRequests(context, "/messages", "messages")

    async def count(self, request: Request) -> Response:
        caller = await authenticate(self._context, request.scope)
        if caller.key.kind == "management":
            raise PermissionDenied("Management keys cannot run inference. Use an inference key for this call.")
        exchange = await self._asked.read(request, caller)
        counted = exchange.request
        assert isinstance(counted, MessagesClientRequest)  # what the route of this API reads
        return json_response(TokenCount(await self._context.count_tokens(exchange, counted)))


def endpoints(context: ControlPlane) -> list[Endpoint]:
    return [Endpoint(COUNT_TOKENS, _CountTokens(context).count)]
