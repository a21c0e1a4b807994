"""The address is the state, and a page fails alone (site.md 0.2 UX-01, UX-02, 0.5)."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from playwright.sync_api import Page

from tests.serving import Served
from tests.web.conftest import OpenPage
from tests.web.members import chat, create_key, sign_in

MODEL = "/acme/rocket-1"


@contextmanager
def table_away(site: Served, table: str) -> Iterator[None]:
    """As if what is kept there could not be read; everything else can."""
    database = site.home / "data" / "trunkline.db"
    with closing(sqlite3.connect(database, timeout=30)) as connection:
        connection.execute(f"ALTER TABLE {table} RENAME TO away")
        try:
            yield
        finally:
            connection.execute(f"ALTER TABLE away RENAME TO {table}")


@pytest.mark.parametrize(
    ("table", "path", "what", "stays"),
    [
        ("model_days", f"{MODEL}/activity", "Activity", ".model-head .facts"),
        ("model_days", "/rankings", "The ranking", "#apps table"),
        ("app_days", f"{MODEL}/apps", "The apps", ".model-head .facts"),
        ("app_days", "/apps", "The apps", "h1"),
        ("endpoint_hours", f"{MODEL}/uptime", "Uptime", ".tabs a"),
        ("endpoint_hours", f"{MODEL}/performance", "Performance", ".tabs a"),
    ],
)
def test_what_cannot_be_read_leaves_the_rest_of_the_page_and_comes_back_with_retry(
    open_page: OpenPage, site: Served, table: str, path: str, what: str, stays: str
) -> None:
    with table_away(site, table):
        page = open_page(path)
        region = page.locator(".failed", has_text=f"{what} could not be loaded")
        assert "Request id: req-" in region.inner_text()
        assert page.locator(stays).first.is_visible()
    region.get_by_role("link", name="Retry").click()
    page.locator("main figure, main table").first.wait_for()
    assert page.locator(".failed").count() == 0


def test_a_list_that_cannot_be_filtered_says_so_and_goes_on_afterwards(open_page: OpenPage) -> None:
    page = open_page("/models", expects_error=True)
    page.wait_for_load_state("networkidle")
    page.route("**/models.json?*", lambda route: route.abort())
    box = page.get_by_label("Filter by name or slug")
    box.fill("claude")
    page.get_by_text("The list could not be filtered").wait_for()
    assert page.locator("[data-model]:visible").count() > 0
    page.unroute("**/models.json?*")
    box.fill("claude-")
    page.wait_for_url("**/models?q=claude-")


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        ("/rankings", ("Month", "Today")),
        (f"{MODEL}/performance", ("7 days", "p90")),
        (f"{MODEL}/activity", ("90 days",)),
        (f"{MODEL}/providers", ("Price", "Uptime")),
    ],
)
def test_reload_and_back_restore_what_was_chosen(open_page: OpenPage, path: str, steps: tuple[str, ...]) -> None:
    page = open_page(path)
    walk(page, steps)


def walk(page: Page, steps: tuple[str, ...]) -> None:
    """Choose, reload and go back: the same is marked each time."""
    content = page.locator("main")
    before = marked(page)
    trail = [before]
    for step in steps:
        with page.expect_navigation():
            content.locator(".segmented").get_by_role("link", name=step, exact=True).click()
        trail.append(marked(page))
        page.reload()
        assert marked(page) == trail[-1] != trail[-2]
    for expected in reversed(trail[:-1]):
        page.go_back()
        assert marked(page) == expected


def marked(page: Page) -> list[str]:
    return page.locator("main [aria-current]").all_inner_texts()


def test_reload_and_back_restore_activity_and_logs(open_page: OpenPage, site: Served) -> None:
    page = open_page("/sign-in")
    sign_in(page, site)
    chat(site, create_key(page, "History"), "openai/gpt-5.4-mini")
    page.goto("/activity")
    walk(page, ("24 hours", "API key", "Tokens"))
    page.goto("/logs")
    page.get_by_label("Status").select_option("completed")
    page.get_by_role("button", name="Filter").click()
    page.wait_for_url("**status=completed**")
    page.reload()
    assert page.get_by_label("Status").input_value() == "completed"
    page.go_back()
    assert page.get_by_label("Status").input_value() == ""
    page.go_forward()
    assert page.get_by_label("Status").input_value() == "completed"
