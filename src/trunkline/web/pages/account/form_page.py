"""A page with forms that lead back to it: what was wrong with one is told on the page itself."""

from abc import ABC, abstractmethod

from starlette.requests import Request
from starlette.responses import Response

from trunkline.core.errors import TrunklineError
from trunkline.web.context import WebContext
from trunkline.web.visitors import Visitor


class FormPage(ABC):
    """One page; `problem` is a sentence, empty where nothing is wrong."""

    __slots__ = ("_context",)

    def __init__(self, context: WebContext) -> None:
        self._context = context

    async def show(self, request: Request, visitor: Visitor) -> Response:
        return await self._page(request, visitor, "", 200)

    async def refuse(self, request: Request, visitor: Visitor, error: TrunklineError) -> Response:
        """The page, with what was wrong with the form."""
        return await self._page(request, visitor, error.message, error.http_status)

    @abstractmethod
    async def _page(self, request: Request, visitor: Visitor, problem: str, status: int) -> Response: ...
