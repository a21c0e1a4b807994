"""Incidents: one Markdown file each, written by the operator; while one is open, its word is that of its components.

A file is named `2026-11-22-slow-answers.md` and begins with what it means for the page:

    +++
    state = "partial_outage"
    components = ["Acme"]
    resolved = false
    +++
    # Slow answers of Acme

    **17:20 UTC** Acme answers slowly; requests go elsewhere where they can.
"""

import re
from pathlib import Path
from typing import get_args

import msgspec
import structlog
from msgspec import Struct

from trunkline.web.documentation.markdown import Rendered, render
from trunkline.web.feeds import Item
from trunkline.web.pages.status.states import State

FOLDER = "incidents"
INCIDENTS_MAX = 200
_NAME = re.compile(r"(\d{4}-\d{2}-\d{2})-([a-z0-9-]+)\.md")
_HEADER = re.compile(r"\+\+\+\n(.*?)\n\+\+\+\n(.*)", re.DOTALL)

_log = structlog.get_logger("trunkline.web")


class _Header(Struct, frozen=True, forbid_unknown_fields=True):
    state: State
    components: tuple[str, ...] = ()
    resolved: bool = False


class Incident(Struct, frozen=True, kw_only=True):
    """One of them. Components are named as the page names them."""

    slug: str
    day: str
    state: State
    components: tuple[str, ...]
    is_resolved: bool
    rendered: Rendered

    def concerns(self, component: str) -> bool:
        """Whether the component is named, in whatever case."""
        return component.lower() in (name.lower() for name in self.components)

    @property
    def month(self) -> str:
        return self.day[:7]

    @property
    def anchor(self) -> str:
        return f"{self.day}-{self.slug}"


def read_incidents(home: Path) -> list[Incident]:
    """What is in the folder now, newest first. A file that cannot be understood is left out, and the log says why."""
    folder = home / FOLDER
    if not folder.is_dir():
        return []
    named = [(match, path) for path in folder.iterdir() if (match := _NAME.fullmatch(path.name))]
    named.sort(key=lambda pair: pair[1].name, reverse=True)
    found = [_read(match[1], match[2], path) for match, path in named[:INCIDENTS_MAX]]
    return [incident for incident in found if incident is not None]


def feed_item(incident: Incident, base: str) -> Item:
    """The incident in a feed."""
    outcome = "resolved" if incident.is_resolved else incident.state.replace("_", " ")
    return Item(title=f"{incident.rendered.title} ({outcome})", link=f"{base}#{incident.anchor}", day=incident.day)


def _read(day: str, slug: str, path: Path) -> Incident | None:
    parts = _HEADER.match(path.read_text(encoding="utf-8", errors="replace"))
    try:
        header = msgspec.toml.decode(parts[1] if parts else "", type=_Header)
    except msgspec.MsgspecError as error:
        states = ", ".join(get_args(State))
        _log.warning("incident left out", file=path.name, reason=str(error), states=states)
        return None
    return Incident(
        slug=slug,
        day=day,
        state=header.state,
        components=header.components,
        is_resolved=header.resolved,
        rendered=render(parts[2] if parts else ""),
    )
