"""RSS 2.0, for what the operator writes."""

from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape

from msgspec import Struct


class Item(Struct, frozen=True, kw_only=True):
    """One entry. `day` is a date such as 2026-11-22."""

    title: str
    link: str
    day: str


def rss(title: str, link: str, description: str, items: Iterable[Item]) -> bytes:
    """A feed, newest first as given."""
    entries = "".join(
        f"<item><title>{escape(item.title)}</title><link>{escape(item.link)}</link>"
        f'<guid isPermaLink="true">{escape(item.link)}</guid><pubDate>{_date(item.day)}</pubDate></item>'
        for item in items
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel>'
        f"<title>{escape(title)}</title><link>{escape(link)}</link>"
        f"<description>{escape(description)}</description>{entries}</channel></rss>\n"
    ).encode()


def _date(day: str) -> str:
    return format_datetime(datetime.fromisoformat(day).replace(tzinfo=UTC), usegmt=True)
