"""The keyboard map, row by row (site.md 27)."""

from playwright.sync_api import Page

from tests.serving import Served
from tests.web.conftest import OpenPage
from tests.web.members import chat, create_key, sign_in
from tests.web.test_models_page import shown

FIELD = ".result-controls input[name=q]"


def ready(page: Page) -> None:
    """Scripts listen: until then keys are the browser's."""
    page.wait_for_load_state("networkidle")


def test_the_list_of_keys_opens_and_names_what_is_there(open_page: OpenPage) -> None:
    page = open_page("/providers")
    ready(page)
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard")
    assert dialog.is_visible()
    assert "Choose for comparing" in dialog.inner_text()
    page.keyboard.press("g")
    page.keyboard.press("m")  # not while a dialog is open
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    assert page.url.endswith("/providers")


def test_g_and_a_letter_go_places(open_page: OpenPage, site: Served) -> None:
    page = open_page("/sign-in")
    sign_in(page, site)
    places = {"m": "/models", "l": "/logs", "a": "/activity", "k": "/settings/keys", "c": "/chat"}
    for key, path in places.items():
        ready(page)
        page.keyboard.press("g")
        page.keyboard.press(key)
        page.wait_for_url(f"**{path}")


def test_rows_of_models_are_moved_through_opened_and_chosen(open_page: OpenPage) -> None:
    page = open_page("/models")
    ready(page)
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "q"
    page.keyboard.type("claude")
    page.wait_for_url("**/models?q=claude")
    page.locator("h1").click()
    page.keyboard.press("j")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("k")
    page.keyboard.press("j")
    second = shown(page)[1]
    assert page.evaluate("document.activeElement.getAttribute('href')") == f"/{second}"
    page.keyboard.press("c")
    assert page.locator(f"input[name=models][value='{second}']").is_checked()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{second}")


def test_rows_of_logs_are_moved_through_opened_and_closed(open_page: OpenPage, site: Served) -> None:
    page = open_page("/sign-in")
    sign_in(page, site)
    secret = create_key(page, "Rows")
    for _ in range(2):
        chat(site, secret, "openai/gpt-5.4-mini")
    page.goto("/logs")
    ready(page)
    rows = page.locator("tr[data-generation]")
    second = rows.nth(1).get_attribute("data-generation")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/logs/{second}")
    ready(page)
    page.keyboard.press("Escape")
    page.wait_for_url("**/logs")
    ready(page)
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "model"


def test_no_shortcut_fires_in_a_field_but_those_with_a_modifier(open_page: OpenPage) -> None:
    page = open_page("/models")
    ready(page)
    page.locator(FIELD).focus()
    page.keyboard.type("?gm/jkc")
    assert page.locator(FIELD).input_value() == "?gm/jkc"
    assert page.locator("dialog[open]").count() == 0
    assert page.locator("input[name=models]:checked").count() == 0
    page.keyboard.press("Control+k")
    page.locator("dialog.palette").wait_for()


def test_keys_without_a_modifier_can_be_switched_off(open_page: OpenPage) -> None:
    page = open_page("/models")
    ready(page)
    page.get_by_role("button", name="Keyboard").click()
    page.get_by_label("Keys without Ctrl or ⌘").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    ready(page)
    page.keyboard.press("?")
    page.keyboard.press("/")
    assert page.locator("dialog[open]").count() == 0
    assert page.evaluate("document.activeElement.tagName") == "BODY"
    page.keyboard.press("Control+k")
    page.locator("dialog.palette").wait_for()
