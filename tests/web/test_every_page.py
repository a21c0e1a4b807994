"""Every public page, on a desk and on a phone, light and dark: the rules that hold everywhere (site.md 0)."""

import pytest

from tests.web.conftest import AXE, OpenPage
from tests.web.screens import DESKTOP, PHONE, PHONE_DARK, Screen

PAGES = (
    "/",
    "/models",
    "/models?fmt=table",
    "/models?fmt=cards&q=gpt",
    "/models?q=nothing-is-called-this",
    "/acme/rocket-1",
    "/acme/rocket-1/providers",
    "/acme/rocket-1/performance",
    "/acme/rocket-1/pricing",
    "/acme/rocket-1/benchmarks",
    "/acme/rocket-1/apps",
    "/acme/rocket-1/activity",
    "/acme/rocket-1/uptime",
    "/acme/rocket-1/api",
    "/openai/gpt-5.4-mini",
    "/openai/gpt-5.4-mini/providers",
    "/openai/gpt-5.4-mini/performance",
    "/chat",
    "/compare",
    "/compare?models=acme/rocket-1,openai/gpt-5.4-mini,nobody/nothing",
    "/providers",
    "/provider/openai",
    "/labs",
    "/openai",
    "/collections",
    "/collections/free",
    "/pricing",
    "/rankings",
    "/apps",
    "/apps?url=https://launchpad.example",
    "/status",
    "/announcements",
    "/docs",
    "/docs/guide/errors",
    "/docs/guide/configuration",
    "/docs/api-reference",
    "/search?q=rocket",
    "/design",
    "/nobody/nothing/at/all",
)
AUDIT = """async () => (await axe.run(document, { resultTypes: ["violations"] })).violations
    .filter((each) => ["serious", "critical"].includes(each.impact))
    .map((each) => `${each.id}: ${each.nodes.map((node) => node.target.join(" ")).slice(0, 3).join("; ")}`)"""


CONTRAST = """async () => (await axe.run(document, { runOnly: ["color-contrast"] })).violations
    .map((each) => `${each.id}: ${each.nodes.map((node) => node.target.join(" ")).slice(0, 3).join("; ")}`)"""
"""The one rule that the theme makes a difference to."""


@pytest.mark.parametrize("screen", [DESKTOP, PHONE_DARK], ids=str)
@pytest.mark.parametrize("path", PAGES)
def test_no_page_has_a_serious_barrier_in_either_theme_or_scrolls_sideways(
    open_page: OpenPage, path: str, screen: Screen
) -> None:
    page = open_page(path, screen, expects_error=path.startswith("/nobody"))
    assert page.title()
    assert page.locator("h1").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= screen.width
    assert page.locator("link[rel=canonical]").get_attribute("href")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert page.evaluate(AUDIT) == []
    # Without motion: colours that are on their way from one theme to the other are neither's.
    page.emulate_media(color_scheme="dark" if screen.theme == "light" else "light", reduced_motion="reduce")
    assert page.evaluate(CONTRAST) == []


@pytest.mark.parametrize("path", ["/", "/models", "/acme/rocket-1", "/acme/rocket-1/pricing", "/rankings", "/status"])
def test_pages_are_complete_without_scripts(open_page: OpenPage, path: str) -> None:
    plain, rich = open_page(path, scripts=False), open_page(path)
    assert plain.locator("main h1").inner_text() == rich.locator("main h1").inner_text()
    assert plain.locator("main").inner_text().strip()
    assert not plain.locator(".needs-script:visible").count()


def test_the_theme_is_chosen_in_the_footer_and_stays(open_page: OpenPage) -> None:
    page = open_page("/models", DESKTOP)
    page.get_by_role("button", name="Dark").click()
    page.wait_for_load_state("networkidle")
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.goto("/providers")
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.get_by_role("button", name="System").click()
    page.wait_for_load_state("networkidle")
    assert page.locator("html").get_attribute("data-theme") is None


def test_the_first_tab_stop_skips_to_the_content(open_page: OpenPage) -> None:
    page = open_page("/models")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


@pytest.mark.parametrize("path", ["/", "/models", "/acme/rocket-1"])
def test_touch_targets_of_the_header_are_large_enough_on_a_phone(open_page: OpenPage, path: str) -> None:
    page = open_page(path, PHONE)
    for target in (page.locator(".brand"), page.locator(".menu > summary"), page.locator(".header-search input")):
        box = target.bounding_box()
        assert box is not None
        assert box["height"] >= 44
    page.locator(".menu > summary").tap()
    assert page.locator(".menu-sheet a").first.is_visible()
    page.keyboard.press("Escape")
    assert not page.locator(".menu-sheet a").first.is_visible()
