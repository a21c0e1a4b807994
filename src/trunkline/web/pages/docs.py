"""`/docs`: the guides, as pages, as Markdown and for machines (site.md 11)."""

import asyncio

from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from trunkline.web.context import WebContext
from trunkline.web.documentation.library import Guide
from trunkline.web.rendering import Document

_MARKDOWN = "text/markdown; charset=utf-8"


class DocsIndex(Struct, frozen=True):
    """Every guide by section."""

    sections: list[tuple[str, list[Guide]]]


class GuideView(Struct, frozen=True, kw_only=True):
    """One guide and its neighbours."""

    guide: Guide
    sections: list[tuple[str, list[Guide]]]
    before: Guide | None
    after: Guide | None


def routes(context: WebContext) -> list[Route]:
    """The contents, each guide as a page and as `.md`, `/llms.txt` and `/llms-full.txt`."""
    library = context.library

    async def show_index(request: Request) -> Response:
        sections = await asyncio.to_thread(library.sections)
        document = Document(
            template="docs/index.html",
            title="Documentation",
            description="Guides for using and running this instance.",
            page=DocsIndex(sections),
        )
        return await context.respond(request, document)

    async def show(request: Request) -> Response:
        path = request.path_params["path"]
        guide = await asyncio.to_thread(library.find, path.removesuffix(".md"))
        if guide is None:
            raise HTTPException(404)
        if path.endswith(".md"):
            return Response(guide.source, media_type=_MARKDOWN)
        before, after = library.around(guide)
        view = GuideView(guide=guide, sections=library.sections(), before=before, after=after)
        document = Document(template="docs/guide.html", title=guide.rendered.title, page=view)
        return await context.respond(request, document)

    async def show_llms(_: Request) -> Response:
        return Response(await asyncio.to_thread(llms, context), media_type="text/plain")

    async def show_llms_full(_: Request) -> Response:
        guides = await asyncio.to_thread(lambda: library.guides)
        return Response("\n\n".join(guide.source for guide in guides), media_type="text/plain")

    async def index_again(_: Request) -> Response:
        return RedirectResponse("/docs", 308)

    return [
        Route("/docs", show_index),
        Route("/docs/guide", index_again),
        Route("/docs/{path:path}", show),
        Route("/llms.txt", show_llms),
        Route("/llms-full.txt", show_llms_full),
    ]


def llms(context: WebContext) -> str:
    """What a language model should read of this instance."""
    base = context.settings.public_url
    lines = [
        f"# {context.settings.site.name}",
        "",
        "> One API for many models, compatible with OpenRouter's and OpenAI's.",
        "",
        f"- [OpenAPI]({base}/openapi.json): every operation",
        f"- [Models]({base}/api/v1/models): what is served and what it costs",
    ]
    for title, guides in context.library.sections():
        lines += ["", f"## {title}", ""]
        lines += [f"- [{guide.rendered.title}]({base}{guide.href}.md)" for guide in guides]
    return "\n".join([*lines, ""])
