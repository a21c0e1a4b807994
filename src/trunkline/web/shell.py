"""What stands around every page: navigation, theme, branding (site.md 0.1)."""

from typing import Literal

from msgspec import Struct
from starlette.requests import Request

from trunkline.settings import Site
from trunkline.web.shortcuts import Shortcut
from trunkline.web.visitors import Visitor

Theme = Literal["system", "light", "dark"]
THEMES: tuple[Theme, ...] = ("system", "light", "dark")
THEME_COOKIE = "theme"


class Link(Struct, frozen=True):
    """Where a navigation entry leads."""

    title: str
    href: str


class LinkGroup(Struct, frozen=True):
    """A column of the footer."""

    title: str
    links: tuple[Link, ...]


class Shell(Struct, frozen=True, kw_only=True):
    """The surroundings of one page."""

    site: Site
    path: str
    theme: Theme
    navigation: tuple[Link, ...]
    footer: tuple[LinkGroup, ...]
    is_sandboxed: bool
    """The Sandbox answers for every model; the page says so (operating.md OP-13)."""
    is_demo: bool
    """The traffic is made up; the page says so."""
    shortcuts: tuple[Shortcut, ...]
    request_id: str
    visitor: Visitor | None
    """Who is signed in."""
    account_navigation: tuple[Link, ...]

    @property
    def account_tabs(self) -> tuple[tuple[str, str], ...]:
        """The same entries as tabs of the account's own pages."""
        return tuple((entry.title, entry.href) for entry in self.account_navigation)

    def is_here(self, href: str) -> bool:
        """Whether the page lies at this entry or below it."""
        return self.path == href or self.path.startswith(f"{href}/")


NAVIGATION = (
    Link("Models", "/models"),
    Link("Chat", "/chat"),
    Link("Rankings", "/rankings"),
    Link("Apps", "/apps"),
    Link("Providers", "/providers"),
    Link("Pricing", "/pricing"),
    Link("Docs", "/docs"),
)

ACCOUNT_NAVIGATION = (
    Link("Activity", "/activity"),
    Link("Logs", "/logs"),
    Link("API keys", "/settings/keys"),
    Link("Provider keys", "/workspaces/default/byok"),
    Link("Routing", "/workspaces/default/routing"),
    Link("Privacy", "/settings/privacy"),
    Link("Management keys", "/settings/management-keys"),
    Link("Credits", "/settings/credits"),
    Link("Account", "/settings/account"),
)

_PRODUCT = LinkGroup(
    "Product",
    (
        Link("Chat", "/chat"),
        Link("Models", "/models"),
        Link("Compare", "/compare"),
        Link("Rankings", "/rankings"),
        Link("Apps", "/apps"),
        Link("Providers", "/providers"),
        Link("Labs", "/labs"),
        Link("Collections", "/collections"),
        Link("Pricing", "/pricing"),
    ),
)
_DEVELOPER = LinkGroup(
    "Developer",
    (
        Link("Documentation", "/docs"),
        Link("API reference", "/docs/api-reference"),
        Link("OpenAPI", "/openapi.json"),
        Link("Status", "/status"),
    ),
)


def footer(site: Site) -> tuple[LinkGroup, ...]:
    """The footer's columns; links that the operator has not set are left out (SH-02)."""
    company = [
        Link(title, href)
        for title, href in (
            ("About", site.about_url),
            ("Announcements", "/announcements"),
            ("Privacy", site.privacy_url),
            ("Terms", site.terms_url),
            ("Support", site.support_url),
        )
        if href is not None
    ]
    connect = [Link(title, href) for title, href in (("Source", site.source_url),) if href is not None]
    groups = (_PRODUCT, LinkGroup("Company", tuple(company)), _DEVELOPER, LinkGroup("Connect", tuple(connect)))
    return tuple(group for group in groups if group.links)


def theme_of(request: Request) -> Theme:
    """What the visitor chose; the system's when nothing."""
    chosen = request.cookies.get(THEME_COOKIE)
    match chosen:
        case "light" | "dark":
            return chosen
        case _:
            return "system"
