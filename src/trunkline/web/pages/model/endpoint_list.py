"""The tab of providers: every endpoint, in the order that is asked for (site.md 3.2)."""

from collections.abc import Mapping

from msgspec import Struct

from trunkline.web.context import WebContext
from trunkline.web.pages.model.endpoints import SORTS, EndpointView, Sort, endpoint_views, read_sort
from trunkline.web.pages.model.head import Head


class EndpointList(Struct, frozen=True, kw_only=True):
    """What the tab shows."""

    head: Head
    sort: Sort
    sorts: tuple[tuple[Sort, str], ...]
    endpoints: list[EndpointView]


def endpoint_list(context: WebContext, head: Head, query: Mapping[str, str]) -> EndpointList:
    """The tab as of now."""
    sort = read_sort(query.get("sort"))
    return EndpointList(head=head, sort=sort, sorts=SORTS, endpoints=endpoint_views(context, head.model, sort))
