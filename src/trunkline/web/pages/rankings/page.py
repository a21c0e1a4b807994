"""Everything that `/rankings` shows. A section whose numbers cannot be had is None, and the others stand."""

from collections.abc import Mapping

from msgspec import Struct

from trunkline.core.calendar import DAY_MS
from trunkline.statistics.apps import AppSort, RankedApp, rank_apps
from trunkline.statistics.session_costs import SessionCost, list_session_costs
from trunkline.web.context import WebContext
from trunkline.web.formats import times
from trunkline.web.pages.rankings.leaderboard import Leaderboard, leaderboard
from trunkline.web.pages.rankings.scatter import INDEX_TITLES, Scatter, read_index, scatter
from trunkline.web.pages.rankings.shares import Share, by_context, by_lab, by_modality, by_tools
from trunkline.web.pages.rankings.spans import Span, Window, read_span
from trunkline.web.pages.rankings.speeds import Speed, fastest
from trunkline.web.pages.rankings.tasks import Branch, task_tree

APPS = 20


class RankingsView(Struct, frozen=True, kw_only=True):
    """The sections, in the order of the page."""

    window: Window
    board: Leaderboard | None
    labs: list[Share]
    modalities: list[Share]
    contexts: list[Share] | None
    tools: list[Share] | None
    tasks: list[Branch] | None
    sessions: list[SessionCost] | None
    scores: Scatter
    index_asked: str
    """Empty: the page chose."""
    speeds: list[Speed] | None
    app_sort: AppSort
    apps: list[RankedApp] | None
    as_of: str

    def address(self, anchor: str, **changes: str) -> str:
        """This page with other controls, at the section that they belong to."""
        given = {"view": self.window.span, "index": self.index_asked, "apps": self.app_sort, **changes}
        query = "&".join(f"{name}={value}" for name, value in given.items() if value != _DEFAULTS[name])
        return f"/rankings{'?' if query else ''}{query}#{anchor}"

    @property
    def is_whole(self) -> bool:
        """No region lacks its data."""
        regions = (self.board, self.contexts, self.tools, self.tasks, self.sessions, self.speeds, self.apps)
        return all(region is not None for region in regions)

    @property
    def retry(self) -> str:
        """This page again. Without a section: a link to the same address with one would not ask anew."""
        return self.address("").removesuffix("#")


_DEFAULTS: Mapping[str, str] = {"view": "week", "index": "", "apps": "popular"}


def read_controls(query: Mapping[str, str]) -> tuple[Span, str, AppSort]:
    """Span, index (empty: the page chooses) and order of apps; anything else in an address is passed over."""
    index = query.get("index", "")
    return (
        read_span(query.get("view")),
        index if index in INDEX_TITLES else "",
        "trending" if query.get("apps") == "trending" else "popular",
    )


async def rankings(context: WebContext, query: Mapping[str, str]) -> RankingsView:
    """The page of an address, as of now."""
    now_ms = context.facts.now_ms()
    span, index_asked, app_sort = read_controls(query)
    window = Window(span, now_ms // DAY_MS)
    board = await leaderboard(context, window)
    places, total = ([], 0) if board is None else (board.places, board.total_tokens)
    apps = await context.tried(context.database.read(rank_apps, window.first, window.today, sort=app_sort))
    return RankingsView(
        window=window,
        board=board,
        labs=by_lab(places),
        modalities=by_modality(places),
        contexts=await by_context(context, window),
        tools=await by_tools(context, window, total),
        tasks=await task_tree(context, window),
        sessions=await context.tried(context.database.read(list_session_costs)),
        index_asked=index_asked,
        scores=scatter(context, read_index(context, query.get("index"))),
        speeds=await fastest(context, window),
        app_sort=app_sort,
        apps=None if apps is None else apps[:APPS],
        as_of=times.moment(now_ms),
    )
