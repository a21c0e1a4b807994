"""`/chat`: the page that the chat's island fills, and the models that it offers (site.md 5).

The conversation lives in the browser, so there is nothing to render here but the frame. Strangers may look around; the
island sends them to sign in before the first request (CHAT-23).
"""

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.core.json import encode
from trunkline.listing.rows import ListedModel
from trunkline.storage.interface import StorageUnavailable
from trunkline.web.context import WebContext
from trunkline.web.formats import numbers, text
from trunkline.web.formats.monograms import monogram
from trunkline.web.headers import PRIVATE
from trunkline.web.rendering import Document
from trunkline.web.visitors import Visitor

NOT_ENABLED = "No provider of it is enabled on this instance."
WORKSPACES_SHOWN = 100
_ATTO_PER_TOKEN_TO_NANO_PER_MILLION = 1000


class Place(Struct, frozen=True, kw_only=True, rename="camel"):
    """A workspace that rooms can be in."""

    id: str
    name: str
    is_default: bool
    model: str | None
    """What new rooms begin with, where the workspace says so (site.md CHAT-22)."""


class ChatView(Struct, frozen=True):
    """What the page hands to the island. Nobody is signed in where the texts are empty."""

    account_id: str
    form_token: str
    workspaces: str
    """The places as JSON, the default one first."""


NOBODY = ChatView("", "", "[]")


class SignedIn(Struct, frozen=True, kw_only=True, rename="camel"):
    """Whose page it is now: for one that was open while its session ended and somebody signed in again (UX-12)."""

    account: str
    form_token: str


class Offered(Struct, frozen=True, kw_only=True, rename="camel"):
    """A model as the picker shows it."""

    id: str
    name: str
    author: str
    letters: str
    tint: int
    description: str
    context: str
    context_length: int | None
    max_output: int | None
    input_price: str
    output_price: str
    input_nanousd_per_million: int | None
    """None: the catalog has no price, which is not the same as zero."""
    output_nanousd_per_million: int | None
    takes: tuple[str, ...]
    gives: tuple[str, ...]
    parameters: tuple[str, ...]
    efforts: tuple[str, ...]
    """Of reasoning; empty when the catalog does not say."""
    unavailable: str | None
    """Why it cannot be used; None: it can."""


class Offer(Struct, frozen=True, kw_only=True):
    """All models, newest first, and the one that a new room begins with."""

    models: list[Offered]
    default: str | None


def routes(context: WebContext) -> list[Route]:
    """The page, `/chat/models.json` and `/chat/session.json`."""

    async def show(request: Request) -> Response:
        try:
            visitor = await context.accounts.visitors.find(request)
            view = NOBODY if visitor is None else await _view(context, visitor)
        except StorageUnavailable:
            visitor, view = None, NOBODY
        document = Document(
            template="chat.html",
            title="Chat",
            description="Ask one or several models at once, side by side, and see what each answer cost.",
            page=view,
            is_private=visitor is not None,
        )
        return await context.respond(request, document)

    async def session(request: Request) -> Response:
        visitor = await context.accounts.visitors.find(request)
        now = SignedIn(account=visitor.account_id, form_token=visitor.form_token) if visitor else None
        return Response(encode(now), media_type="application/json", headers={"cache-control": PRIVATE})

    async def models(_: Request) -> Response:
        body = encode(await offer(context))
        return Response(body, media_type="application/json", headers={"cache-control": "no-store"})

    return [Route("/chat", show), Route("/chat/models.json", models), Route("/chat/session.json", session)]


async def _view(context: WebContext, visitor: Visitor) -> ChatView:
    workspaces, _ = await context.accounts.workspaces.page(visitor.account_id, 0, WORKSPACES_SHOWN)
    places = [
        Place(id=each.id, name=each.name, is_default=each.is_default, model=each.default_text_model)
        for each in workspaces
    ]
    return ChatView(visitor.account_id, visitor.form_token, encode(places).decode())


async def offer(context: WebContext) -> Offer:
    """What can be chatted with. The most used model of the week comes first to a new room."""
    offered = [_offered(context, row) for row in context.rows() if row.model.operation == "chat"]
    weekly = await context.weekly_tokens()
    usable = [each for each in offered if each.unavailable is None]
    most_used = max(usable, key=lambda each: weekly.get(each.id, 0), default=None)
    return Offer(models=offered, default=None if most_used is None else most_used.id)


def _offered(context: WebContext, row: ListedModel) -> Offered:
    model = row.model
    letters = monogram(model.author)
    is_priced = row.is_priced and bool(row.prompt or row.completion or row.score == 0)
    return Offered(
        id=model.id,
        name=model.short_name,
        author=model.author,
        letters=letters.letters,
        tint=letters.tint,
        description=text.first_sentence(model.description),
        context=numbers.context(model.context_length),
        context_length=model.context_length,
        max_output=model.max_output_tokens,
        input_price=numbers.price_per_million(row.prompt) if is_priced else numbers.DASH,
        output_price=numbers.price_per_million(row.completion) if is_priced else numbers.DASH,
        input_nanousd_per_million=row.prompt // _ATTO_PER_TOKEN_TO_NANO_PER_MILLION if is_priced else None,
        output_nanousd_per_million=row.completion // _ATTO_PER_TOKEN_TO_NANO_PER_MILLION if is_priced else None,
        takes=model.input_modalities,
        gives=model.output_modalities,
        parameters=model.supported_parameters,
        efforts=(model.reasoning.supported_efforts or ()) if model.reasoning else (),
        unavailable=None if _is_usable(context, row) else NOT_ENABLED,
    )


def _is_usable(context: WebContext, row: ListedModel) -> bool:
    """The Sandbox, where it runs, answers for whatever no provider serves."""
    if context.world().providers.sandbox is not None:
        return True
    return any(context.facts.is_callable(endpoint) for endpoint in row.model.endpoints)
