"""`/design`: every component in every state, from the very templates and styles that pages use."""

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.web.context import WebContext
from trunkline.web.formats.monograms import TINTS
from trunkline.web.rendering import Document

_COLORS = (
    *("page", "surface", "raised", "sunken", "hover"),
    *("text", "text-quiet", "text-faint"),
    *("line", "line-strong", "accent", "accent-quiet", "focus"),
    *("good", "good-quiet", "warn", "warn-quiet", "bad", "bad-quiet", "idle"),
)
SERIES = 10
_ICONS = (
    *("search", "menu", "close", "copy", "check", "sun", "moon", "system", "rss", "external", "warn", "info"),
    *("up", "down", "left", "right", "plus", "table", "cards", "list", "shield", "key", "trophy"),
    *("text", "image", "audio", "speech", "transcription", "video", "file", "embeddings", "rerank"),
)


class DesignView(Struct, frozen=True):
    """What the page shows."""

    colors: tuple[str, ...]
    series: int
    icons: tuple[str, ...]
    tints: int


def routes(context: WebContext) -> list[Route]:
    """The page."""

    async def show(request: Request) -> Response:
        view = DesignView(_COLORS, SERIES, _ICONS, TINTS)
        document = Document(
            template="design.html",
            title="Design",
            description="The components that this site is made of.",
            page=view,
            is_indexed=False,
        )
        return await context.respond(request, document)

    return [Route("/design", show)]
