"""`/chat/shares`, for the chat's scripts, and `/share/{token}`, for whoever has the link: a conversation to read."""

from urllib.parse import urlsplit

from markupsafe import Markup
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.rooms.shares import SHARE_BYTES_MAX
from trunkline.rooms.types import Share, ShareContent, SharedMessage, SharedSource
from trunkline.web.answers import answer, safe_link
from trunkline.web.context import WebContext
from trunkline.web.formats.times import iso_moment
from trunkline.web.rendering import Document
from trunkline.web.script_calls import Called, answered, done, for_members_scripts

SPEAKERS = {"system": "Instructions", "user": "Person", "assistant": "Model"}


class ShareObject(Struct, frozen=True, kw_only=True):
    """A share of one's own."""

    id: str
    room: str
    title: str
    url: str
    created_at: str


class ShareListObject(Struct, frozen=True):
    """Newest first."""

    shares: list[ShareObject]


class ShareBody(Struct, frozen=True, kw_only=True):
    """What to share, as the browser shows it."""

    room: str
    title: str
    messages: tuple[SharedMessage, ...]


class SourceView(Struct, frozen=True):
    """A source that can be linked to."""

    href: str
    title: str


class MessageView(Struct, frozen=True, kw_only=True):
    """A message on the page. `speaker` is the model's name where one spoke."""

    role: str
    speaker: str
    html: Markup
    sources: tuple[SourceView, ...]


class ShareView(Struct, frozen=True, kw_only=True):
    """The conversation."""

    title: str
    messages: tuple[MessageView, ...]


class _Shares:
    __slots__ = ("_context", "_shares")

    def __init__(self, context: WebContext) -> None:
        self._context = context
        self._shares = context.accounts.shares

    async def show(self, request: Request) -> Response:
        """The page. Nobody's but theirs who have the link: nothing lists it, and it tells no other site its address."""
        content = await self._shares.read(request.path_params["token"])
        document = Document(
            template="share.html",
            title=content.title or "Shared conversation",
            page=_view(content),
            is_indexed=False,
            is_private=True,
        )
        response = await self._context.respond(request, document)
        response.headers["x-robots-tag"] = "noindex, nofollow, noarchive"
        response.headers["referrer-policy"] = "no-referrer"
        return response

    async def all(self, called: Called) -> Response:
        """One's own."""
        room = called.request.query_params.get("room")
        shares = await self._shares.of_account(called.visitor.account_id, room)
        return answered(ShareListObject([self._object(share) for share in shares]))

    async def create(self, called: Called) -> Response:
        body = called.read(ShareBody)
        content = ShareContent(title=body.title.strip(), messages=body.messages)
        share = await self._shares.create(called.actor, body.room, content)
        return answered(self._object(share), 201)

    async def end(self, called: Called) -> Response:
        await self._shares.end(called.actor, called.request.path_params["id"])
        return done()

    def _object(self, share: Share) -> ShareObject:
        return ShareObject(
            id=share.id,
            room=share.room_id,
            title=share.title,
            url=f"{self._context.settings.public_url}/share/{share.token}",
            created_at=iso_moment(share.created_at_ms),
        )


def routes(context: WebContext) -> list[Route]:
    """Reading."""
    shares = _Shares(context)
    return [
        Route("/share/{token}", shares.show),
        Route("/chat/shares", for_members_scripts(context, shares.all)),
    ]


def actions(context: WebContext) -> list[Route]:
    """Sharing, and ending it."""
    shares = _Shares(context)
    create = for_members_scripts(context, shares.create, body_bytes_max=SHARE_BYTES_MAX)
    return [
        Route("/chat/shares", create, methods=["POST"]),
        Route("/chat/shares/{id}", for_members_scripts(context, shares.end), methods=["DELETE"]),
    ]


def _view(content: ShareContent) -> ShareView:
    messages = tuple(
        MessageView(
            role=message.role,
            speaker=message.model or SPEAKERS[message.role],
            html=answer(message.text),
            sources=tuple(view for source in message.sources if (view := _source(source)) is not None),
        )
        for message in content.messages
    )
    return ShareView(title=content.title or "Shared conversation", messages=messages)


def _source(source: SharedSource) -> SourceView | None:
    href = safe_link(source.url)
    return None if href is None else SourceView(href, source.title or urlsplit(href).hostname or href)
