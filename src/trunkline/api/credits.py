"""`/credits` (accounts-and-governance.md 4.1)."""

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from trunkline.api.authentication import require_management
from trunkline.api.context import ControlPlane
from trunkline.api.operations import Endpoint, Operation
from trunkline.api.wire import Usd, json_response
from trunkline.billing import repository
from trunkline.core.errors import NotFound
from trunkline.core.money import usd_number

_TAG = "Credits"


class CreditsObject(Struct, frozen=True):
    """Everything ever added and ever used, in USD; the balance is the difference (CRD-01)."""

    total_credits: Usd
    total_usage: Usd


class CreditsResponse(Struct, frozen=True):
    """The account's credits."""

    data: CreditsObject


GET = Operation(
    method="GET",
    path="/credits",
    id="getCredits",
    summary="Get remaining credits",
    tag=_TAG,
    response=CreditsResponse,
    errors=(401, 403, 429, 500),
)
COINBASE = Operation(
    method="POST",
    path="/credits/coinbase",
    id="createCoinbaseCharge",
    summary="Removed: answers 410",
    tag=_TAG,
    status=410,
    errors=(410,),
    public=True,
)


class _Credits:
    __slots__ = ("_context",)

    def __init__(self, context: ControlPlane) -> None:
        self._context = context

    async def get(self, request: Request) -> Response:
        caller = await require_management(self._context, request, otherwise=403)
        credits = await self._context.database.read(repository.credits, caller.account_id)
        return json_response(
            CreditsResponse(CreditsObject(usd_number(credits.total_credits), usd_number(credits.total_usage)))
        )

    async def coinbase(self, request: Request) -> Response:
        raise NotFound(
            "Payment through Coinbase Commerce was removed. Add credits on the credits page of the site, or ask your "
            f"operator: {self._context.settings.public_url}/settings/credits",
            status=410,
        )


def endpoints(context: ControlPlane) -> list[Endpoint]:
    """The operations of this file with their handlers."""
    credits = _Credits(context)
    return [Endpoint(GET, credits.get), Endpoint(COINBASE, credits.coinbase)]
