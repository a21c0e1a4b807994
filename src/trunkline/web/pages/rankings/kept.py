"""Each address of the page, kept for a moment: it adds up months, and may be ten minutes old (site.md 26)."""

from collections.abc import Mapping

from msgspec import Struct

from trunkline.core.calendar import MINUTE_MS
from trunkline.web.context import WebContext
from trunkline.web.pages.rankings.page import RankingsView, rankings, read_controls

FRESH_MS = MINUTE_MS
SHOWN_MS = 10 * MINUTE_MS
"""While somebody waits for a new one, others are shown the old one up to this age."""


class _Kept(Struct):
    view: RankingsView
    made_ms: int
    is_renewed: bool = False
    """Somebody is at it."""


class KeptRankings:
    """At most one view for each setting of the page's controls, of which there are a few dozen."""

    __slots__ = ("_context", "_kept")

    def __init__(self, context: WebContext) -> None:
        self._context = context
        self._kept: dict[tuple[str, ...], _Kept] = {}

    async def view(self, query: Mapping[str, str]) -> RankingsView:
        """The page of an address. One with a region that had no data is not kept: Retry asks anew."""
        controls, now_ms = read_controls(query), self._context.facts.now_ms()
        kept = self._kept.get(controls)
        if kept is not None:
            age_ms = now_ms - kept.made_ms
            if age_ms < FRESH_MS or (kept.is_renewed and age_ms < SHOWN_MS):
                return kept.view
            kept.is_renewed = True
        try:
            view = await rankings(self._context, query)
        finally:
            if kept is not None:
                kept.is_renewed = False
        if view.is_whole:
            self._kept[controls] = _Kept(view, now_ms)
        return view
