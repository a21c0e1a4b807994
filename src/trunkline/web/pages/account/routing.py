"""`/workspaces/{slug}/routing`: what requests of a workspace mean that say nothing themselves (site.md RT-01)."""

from collections.abc import Sequence
from typing import Final, get_args

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.accounts.rules.types import Privacy, ProviderSort
from trunkline.accounts.types import Workspace
from trunkline.accounts.workspaces.service import WORKSPACES_MAX, WorkspacePatch
from trunkline.core.errors import InvalidRequest
from trunkline.routing.reach import default_model_name
from trunkline.web.context import WebContext
from trunkline.web.guard import Sent, for_members, for_members_forms, moved, see
from trunkline.web.pages.account.form_page import FormPage
from trunkline.web.rendering import Document
from trunkline.web.visitors import Visitor

SHORT: Final = "/settings/routing"
ADDRESS: Final = "/workspaces/{slug}/routing"
_SORTS: Final[tuple[ProviderSort, ...]] = get_args(ProviderSort)


class RoutingView(Struct, frozen=True, kw_only=True):
    """What the page shows."""

    workspace: Workspace
    workspaces: Sequence[Workspace]
    privacy: Privacy | None
    text_models: Sequence[str]
    image_models: Sequence[str]
    done: str
    problem: str


class _Page(FormPage):
    __slots__ = ()

    async def change(self, sent: Sent) -> Response:
        """Save the form."""
        slug: str = sent.request.path_params["slug"]
        patch = WorkspacePatch(
            default_provider_sort=_sort(sent.text("default_provider_sort")),
            default_text_model=self._model(sent, "default_text_model"),
            default_image_model=self._model(sent, "default_image_model"),
        )
        await self._context.accounts.workspaces.change(sent.actor, slug, patch)
        await self._context.accounts.directory.refresh()
        return see(f"{ADDRESS.format(slug=slug)}?done=1")

    def _model(self, sent: Sent, field: str) -> str | None:
        text = sent.text(field)
        return default_model_name(self._context.world().snapshot, text, field) if text else None

    async def _page(self, request: Request, visitor: Visitor, problem: str, status: int) -> Response:
        accounts, rows = self._context.accounts, self._context.rows()
        workspaces, _ = await accounts.workspaces.page(visitor.account_id, 0, WORKSPACES_MAX)
        view = RoutingView(
            workspace=await accounts.workspaces.get(visitor.account_id, request.path_params["slug"]),
            workspaces=workspaces,
            privacy=await accounts.privacy.find(visitor.account_id),
            text_models=[row.model.id for row in rows if row.model.operation == "chat"],
            image_models=[row.model.id for row in rows if row.model.operation == "image"],
            done="Saved. New requests follow it within seconds." if "done" in request.query_params else "",
            problem=problem,
        )
        document = Document(
            template="account/routing.html",
            title="Routing",
            page=view,
            status=status,
            is_indexed=False,
            is_private=True,
        )
        return await self._context.respond(request, document)


def _sort(text: str) -> ProviderSort | None:
    """What was chosen; None: requests are spread by price. Raises InvalidRequest."""
    if not text:
        return None
    for sort in _SORTS:
        if sort == text:
            return sort
    raise InvalidRequest("Choose one of the sorts.", field="default_provider_sort")


def routes(context: WebContext) -> list[Route]:
    """The page."""
    return [
        moved(SHORT, ADDRESS.format(slug="default")),
        Route(ADDRESS, for_members(context, _Page(context).show)),
    ]


def actions(context: WebContext) -> list[Route]:
    """What its form does."""
    page = _Page(context)
    return [Route(ADDRESS, for_members_forms(context, page.change, page.refuse), methods=["POST"])]
