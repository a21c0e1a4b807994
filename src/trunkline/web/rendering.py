"""Templates to responses. A page is a template and one typed object, `page`; the shell is added here."""

import asyncio
import gzip
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from trunkline.settings import Site
from trunkline.web.addresses import models_address
from trunkline.web.assets import Assets
from trunkline.web.formats import numbers, text, times
from trunkline.web.formats.monograms import monogram
from trunkline.web.headers import PRIVATE, REVALIDATED, SECURITY_HEADERS
from trunkline.web.shell import ACCOUNT_NAVIGATION, NAVIGATION, Shell, footer, theme_of
from trunkline.web.shortcuts import SHORTCUTS
from trunkline.web.visitors import Visitor

REQUEST_ID = "trunkline.request_id"
"""Scope key of the request's id: the same that the API's error envelope uses."""
_COMPRESSED_FROM = 1024
_GZIP_LEVEL = 5


class Document(Struct, frozen=True, kw_only=True):
    """One page, ready to be rendered."""

    template: str
    title: str
    page: object
    """What the template reads, as `page`."""
    description: str = ""
    canonical: str | None = None
    """Path of the one address of this page, when it may be asked for by several."""
    status: int = 200
    feed: str | None = None
    """Address of an RSS feed of the same content."""
    is_indexed: bool = True
    is_private: bool = False
    """Shows what belongs to one person: nothing keeps a copy, not even the browser."""


class Renderer:
    """Made once; holds the compiled templates."""

    def __init__(self, site: Site, public_url: str, assets: Assets) -> None:
        self._site = site
        self._footer = footer(site)
        self.assets = assets
        self._templates = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        shared = {
            "assets": assets,
            "public_url": public_url,
            "numbers": numbers,
            "text": text,
            "times": times,
            "monogram": monogram,
            "models_address": models_address,
        }
        # jinja2 gives `globals` the type of its defaults; any value is allowed.
        self._templates.globals.update(shared)  # pyright: ignore[reportArgumentType, reportCallIssue]

    async def respond(
        self,
        request: Request,
        document: Document,
        *,
        is_sandboxed: bool = False,
        is_demo: bool = False,
        visitor: Visitor | None = None,
    ) -> Response:
        """The page as HTML. It is made in a thread: answers that are being streamed go on meanwhile."""
        shell = Shell(
            site=self._site,
            path=request.url.path,
            theme=theme_of(request),
            navigation=NAVIGATION,
            account_navigation=ACCOUNT_NAVIGATION,
            visitor=visitor,
            footer=self._footer,
            is_sandboxed=is_sandboxed,
            is_demo=is_demo,
            shortcuts=SHORTCUTS,
            request_id=request.scope[REQUEST_ID],
        )
        compress = "gzip" in request.headers.get("accept-encoding", "")
        body, encoding = await asyncio.to_thread(self._render, document, shell, compress)
        headers = {
            **SECURITY_HEADERS,
            "cache-control": PRIVATE if document.is_private else REVALIDATED,
            "vary": "accept-encoding, cookie",
        }
        if encoding is not None:
            headers["content-encoding"] = encoding
        return Response(body, document.status, headers, "text/html; charset=utf-8")

    def fragment(self, template: str, page: object) -> str:
        """A part of a page, without the shell: what an island puts in place of the part that it has."""
        return self._templates.get_template(template).render(page=page)

    def _render(self, document: Document, shell: Shell, compress: bool) -> tuple[bytes, str | None]:
        template = self._templates.get_template(document.template)
        body = template.render(document=document, page=document.page, shell=shell).encode()
        if compress and len(body) >= _COMPRESSED_FROM:
            return gzip.compress(body, _GZIP_LEVEL, mtime=0), "gzip"
        return body, None
