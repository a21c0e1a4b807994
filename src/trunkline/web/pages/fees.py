"""`/pricing`: what this instance adds to the providers' prices, read from the settings that charge (site.md PRC-01)."""

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.settings import Billing, Limits
from trunkline.web.context import WebContext
from trunkline.web.rendering import Document


class FeesView(Struct, frozen=True):
    """The settings themselves."""

    billing: Billing
    limits: Limits
    support_url: str | None


def routes(context: WebContext) -> list[Route]:
    """The page."""

    async def show(request: Request) -> Response:
        settings = context.settings
        document = Document(
            template="fees.html",
            title="Pricing",
            description="What requests cost on this instance: markup, own keys, limits.",
            page=FeesView(settings.billing, settings.limits, settings.site.support_url),
        )
        return await context.respond(request, document)

    return [Route("/pricing", show)]
