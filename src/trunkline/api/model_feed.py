"""The model list as RSS 2.0 (routing-and-catalog.md 20.1)."""

from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape

from trunkline.catalog.types import Model

MEDIA_TYPE = "application/rss+xml"


def feed(models: Iterable[Model], *, public_url: str, chat_links: bool) -> bytes:
    """One item for each model; its link is the model's page, or the chat with it."""
    items = "".join(_item(model, public_url, chat_links) for model in models)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel>'
        f"<title>Models</title><link>{escape(public_url)}/models</link>"
        f"<description>Models served by this instance, newest first</description>{items}</channel></rss>\n"
    ).encode()


def _item(model: Model, public_url: str, chat_links: bool) -> str:
    link = f"{public_url}/chat?models={model.id}" if chat_links else f"{public_url}/{model.id}"
    published = format_datetime(datetime.fromtimestamp(model.created_s, UTC), usegmt=True)
    return (
        f"<item><title>{escape(model.name)}</title><link>{escape(link)}</link>"
        f'<guid isPermaLink="false">{escape(model.canonical_slug)}</guid>'
        f"<pubDate>{published}</pubDate><description>{escape(model.description)}</description></item>"
    )
