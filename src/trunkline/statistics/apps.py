"""Applications by what they used (routing-and-catalog.md 22.2 and 23): only those with a public referer."""

from collections.abc import Collection, Mapping
from typing import Final, Literal

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, and_, func, select

from trunkline.storage.tables import app_days, apps

CategoryGroup = Literal["coding", "creative", "productivity", "entertainment"]
GROUPS: Final[Mapping[CategoryGroup, tuple[str, ...]]] = {
    "coding": ("cli-agent", "ide-extension", "cloud-agent", "programming-app", "native-app-builder"),
    "creative": ("creative-writing", "video-gen", "image-gen", "audio-gen"),
    "productivity": ("writing-assistant", "general-chat", "personal-agent", "legal"),
    "entertainment": ("roleplay", "game"),
}
"""What applications file themselves under, by group."""

TREND_WINDOWS: Final = 3
"""Preceding windows of equal length that a trend is measured against."""
_PRIVATE_HOSTS = ("localhost%", "127.0.0.1%", "::1%")

AppSort = Literal["popular", "trending"]


class RankedApp(Struct, frozen=True):
    """An app's place in a ranking, and what it used in the window."""

    app_id: int
    origin: str
    name: str
    categories: frozenset[str]
    total_tokens: int
    total_requests: int
    excess_tokens: int
    """Tokens beyond the mean of the three windows before, times three, so that it stays an integer."""


class ModelUse(Struct, frozen=True):
    """What an app used of one model, or a model was used by one app, on one day or in a window."""

    day: int
    permaslug: str
    requests: int
    prompt_tokens: int
    completion_tokens: int
    reasoning_tokens: int


def is_public() -> ColumnElement[bool]:
    """Neither hidden nor on loopback, which never is public, whatever title it came with (site.md APP-03)."""
    return and_(
        ~apps.c.is_hidden, *(~apps.c.origin.like(pattern) for pattern in _PRIVATE_HOSTS), ~apps.c.origin.contains("#")
    )


def rank_apps(
    connection: Connection,
    first_day: int,
    last_day: int,
    *,
    sort: AppSort = "popular",
    categories: Collection[str] = (),
    model: str | None = None,
) -> list[RankedApp]:
    """All apps with traffic in the window, the largest first; those filed under any of `categories`, if there are any.

    Trending ones are those that grew, by how much (22.2).
    """
    length = last_day - first_day + 1
    before = first_day - TREND_WINDOWS * length if sort == "trending" else first_day
    uses, now = app_days.c, app_days.c.day >= first_day
    tokens = uses.prompt_tokens + uses.completion_tokens
    statement = (
        select(
            uses.app_id,
            func.sum(tokens).filter(now),
            func.sum(uses.requests).filter(now),
            func.sum(tokens).filter(~now),
        )
        .where(uses.day >= before, uses.day <= last_day)
        .group_by(uses.app_id)
    )
    if model is not None:
        statement = statement.where(uses.model == model)
    used = {row[0]: (int(row[1] or 0), int(row[2] or 0), int(row[3] or 0)) for row in connection.execute(statement)}
    found: list[RankedApp] = []
    for row in connection.execute(select(apps).where(is_public())):
        tokens, requests, earlier = used.get(row.id, (0, 0, 0))
        filed = _categories(row.categories)
        if tokens and (not categories or not filed.isdisjoint(categories)):
            excess = TREND_WINDOWS * tokens - earlier
            found.append(RankedApp(row.id, row.origin, row.title or row.origin, filed, tokens, requests, excess))
    if sort == "trending":
        found = [app for app in found if app.excess_tokens > 0]
        return sorted(found, key=lambda app: (-app.excess_tokens, app.app_id))
    return sorted(found, key=lambda app: (-app.total_tokens, app.app_id))


def _categories(stored: str) -> frozenset[str]:
    return frozenset(name for name in stored.split(",") if name)


def use_of_app(connection: Connection, app_id: int, first_day: int, last_day: int) -> list[ModelUse]:
    """What an app used by day and model, for its page."""
    uses = app_days.c
    rows = connection.execute(
        select(
            uses.day, uses.permaslug, uses.requests, uses.prompt_tokens, uses.completion_tokens, uses.reasoning_tokens
        )
        .where(uses.app_id == app_id, uses.day >= first_day, uses.day <= last_day)
        .order_by(uses.day, uses.permaslug)
    )
    return [ModelUse(*row) for row in rows]
