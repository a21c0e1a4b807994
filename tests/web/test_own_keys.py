"""A person's own provider keys in a browser (site.md 20)."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.fakes.provider import FakeProvider
from tests.fakes.replies import answer, failure
from tests.serving import KEY, Served, served
from tests.web.conftest import AXE, OpenPage
from tests.web.members import chat, create_key, sign_in
from tests.web.screens import DESKTOP, PHONE_DARK, Screen
from tests.web.test_every_page import AUDIT

GRID, HERE = "/workspaces/default/byok", "/workspaces/default/byok/acme"


@pytest.fixture(scope="module")
def provider() -> Iterator[FakeProvider]:
    with FakeProvider.in_thread() as provider:
        refused = failure(401, content={"error": {"message": "Incorrect API key provided: sk-bad-0123456789"}})
        provider.when(lambda request: "sk-bad" in request.headers["authorization"], refused)
        provider.always(answer("OK"))
        yield provider


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, provider: FakeProvider) -> Iterator[Served]:
    home: Path = tmp_path_factory.mktemp("own-keys")
    (home / "trunkline.toml").write_text(
        f"""
[billing]
byok_fee_percent = 5

[[endpoints]]
model = "acme/rocket-1"
provider = "acme"
base_url = "{provider.url}"
api_key = "upstream-secret"
upstream_model = "rocket"
context_length = 32768
pricing = {{ prompt = "0.000001", completion = "0.000002" }}
""",
        encoding="utf-8",
    )
    with served(home, {"TRUNKLINE_BOOTSTRAP_KEY": KEY}) as instance:
        yield instance


def add(page: Page, name: str, key: str, section: str = "Prioritized") -> None:
    page.goto(HERE)
    form = page.locator("main details.card")
    if form.get_attribute("open") is None:
        form.locator("summary").first.click()
    form.get_by_label("Key", exact=True).fill(key)
    form.get_by_label("Name", exact=True).fill(name)
    form.get_by_label("Section").select_option(label=section)
    form.get_by_role("button", name="Add").click()
    page.get_by_text("The key is stored, encrypted.").wait_for()


def names(page: Page, section: str) -> list[str]:
    return [row.get_attribute("aria-label") or "" for row in page.locator(f"[data-section={section}] article").all()]


def keys_used(provider: FakeProvider) -> list[str]:
    used = [request.headers["authorization"].removeprefix("Bearer ") for request in provider.requests]
    provider.requests.clear()
    return used


def test_keys_are_tested_added_moved_and_deleted_and_requests_follow(
    open_page: OpenPage, site: Served, provider: FakeProvider
) -> None:
    page = open_page("/sign-in", Screen("desktop", 1280, 2000, "light"), expects_error=True)
    sign_in(page, site)
    secret = create_key(page, "Own keys")

    page.goto(HERE)
    form = page.locator("main details.card")
    form.get_by_label("Key", exact=True).fill("sk-bad-0123456789")
    form.get_by_role("button", name="Test without saving").click()
    page.get_by_text("refuses the key with status 401").wait_for()
    assert names(page, "prioritized") == [], "a test stored the key"
    assert form.get_by_label("Key", exact=True).input_value() == "sk-bad-0123456789"

    add(page, "First", "sk-first-0123456789")
    add(page, "Last", "sk-last-01234567890", "Fallback")
    assert (names(page, "prioritized"), names(page, "fallback")) == (["First"], ["Last"])
    assert (
        "to Acme with your key First, then to Acme with shared capacity" in page.locator("#attempt-order").inner_text()
    )
    page.get_by_role("button", name="Test First").click()
    page.get_by_text("Acme accepts the key: acme/rocket-1 answered.").wait_for()

    provider.requests.clear()
    assert chat(site, secret)[0] == 200
    assert keys_used(provider) == ["sk-first-0123456789"]
    page.get_by_role("button", name="Move to prioritized Last").focus()
    page.keyboard.press("Enter")
    page.get_by_text("The order is changed").wait_for()
    page.get_by_role("button", name="Move up Last").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Move down Last").wait_for()
    assert names(page, "prioritized") == ["Last", "First"]
    assert chat(site, secret)[0] == 200
    assert keys_used(provider) == ["sk-last-01234567890"]

    page.get_by_label("Last", exact=True).locator(".own-key-head strong").drag_to(
        page.locator("[data-section=fallback] .own-key-none")
    )
    page.locator("[data-section=fallback]").get_by_label("Last", exact=True).wait_for()
    assert (names(page, "prioritized"), names(page, "fallback")) == (["First"], ["Last"])

    row = page.get_by_label("First", exact=True)
    row.locator("summary", has_text="Change").click()
    row.get_by_label("Always use for this provider").check()
    row.get_by_role("button", name="Save").click()
    page.get_by_text("Saved.").wait_for()
    assert "Shared capacity is never used" in page.locator("#attempt-order").inner_text()
    page.get_by_role("button", name="Disable First").click()
    page.get_by_role("button", name="Enable First").wait_for()
    assert "Shared capacity can be reached" in page.locator("#attempt-order").inner_text()

    for name in ("First", "Last"):
        row = page.get_by_label(name, exact=True)
        row.locator("summary", has_text="Delete").click()
        row.get_by_label("to delete it for good").fill(name)
        row.get_by_role("button", name="Delete").click()
        page.get_by_text("The key is deleted.").wait_for()
    assert names(page, "prioritized") == names(page, "fallback") == []


def test_without_scripts_a_rejected_key_is_told_and_the_last_error_stays(
    open_page: OpenPage, site: Served, provider: FakeProvider
) -> None:
    page = open_page("/sign-in", scripts=False)
    sign_in(page, site)
    secret = create_key(page, "No scripts")
    add(page, "Bad", "sk-bad-0123456789")
    page.get_by_role("button", name="Test Bad").click()
    assert "refuses the key with status 401" in page.get_by_role("status").first.inner_text()
    for _ in range(3):
        assert chat(site, secret)[0] == 200, "shared capacity takes over"
    for _ in range(40):
        page.goto(HERE)
        if page.get_by_text("Rejected 3 times in a row").count():
            break
        page.wait_for_timeout(250)
    row = page.get_by_label("Bad", exact=True)
    assert "The provider refused the key (401)" in row.inner_text()
    page.goto(f"{GRID}?connected=on")
    assert page.locator("main li.card").count() == 1
    assert "A key is rejected" in page.locator("main li.card").inner_text()
    page.goto(HERE)
    row.locator("summary", has_text="Delete").click()
    row.get_by_label("to delete it for good").fill("Bad")
    row.get_by_role("button", name="Delete").click()


@pytest.mark.parametrize("screen", [DESKTOP, PHONE_DARK], ids=str)
def test_the_pages_have_no_serious_barrier_and_do_not_scroll_sideways(
    open_page: OpenPage, site: Served, screen: Screen
) -> None:
    page = open_page("/sign-in", screen)
    sign_in(page, site)
    add(page, f"Audit {screen}", "sk-audit-0123456789")
    for path in (GRID, HERE, *(f"{GRID}/{slug}" for slug in ("azure", "amazon-bedrock", "google-vertex"))):
        page.goto(path)
        assert page.locator("h1").count() == 1, path
        for summary in page.locator("main summary").all():
            if summary.is_visible():
                summary.click()
        assert page.evaluate("document.documentElement.scrollWidth") <= screen.width, path
        page.evaluate(AXE.read_text(encoding="utf-8"))
        assert page.evaluate(AUDIT) == [], path


def test_the_first_steps_are_shown_until_they_are_skipped(open_page: OpenPage, site: Served) -> None:
    page = open_page("/sign-in")
    sign_in(page, site)
    steps = page.locator("section", has=page.get_by_role("heading", name="First steps"))
    assert steps.locator("li").count() == 3
    steps.locator("summary", has_text="Try it").click()
    steps.get_by_role("button", name="Send POST").click()
    steps.get_by_text("chat.completion").first.wait_for()
    page.reload()
    steps.get_by_role("button", name=re.compile("Skip|Finish")).click()
    page.wait_for_url("**/settings/keys")
    assert steps.count() == 0
    page.reload()
    assert steps.count() == 0, "they came back"


def test_a_guided_form_says_what_is_missing(open_page: OpenPage, site: Served) -> None:
    page = open_page("/sign-in", expects_error=True)
    sign_in(page, site)
    page.goto(f"{GRID}/azure")
    form = page.locator("main details.card")
    form.get_by_label("API key").first.fill("azure-key-0123")
    form.get_by_role("button", name="Add").click()
    assert "`resource_name` must be" in page.get_by_role("alert").inner_text()
