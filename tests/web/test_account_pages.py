"""What a signed-in person does in a browser (site.md 12 to 18)."""

import re
import time
import urllib.request

import pytest
from playwright.sync_api import Page

from tests.serving import Served
from tests.web.conftest import AXE, OpenPage
from tests.web.members import MEMBERS_PAGES, chat, create_key, sign_in
from tests.web.screens import DESKTOP, DESKTOP_DARK, PHONE, PHONE_DARK, Screen
from tests.web.test_every_page import AUDIT

FREE_MODEL = "openai/gpt-5.4-mini"
"""Answered by the Sandbox, whatever it costs elsewhere."""
COUNTED_S_MAX = 15


def reload_until(page: Page, text: str) -> None:
    """Counting takes seconds; a page that never says it fails the test."""
    end = time.monotonic() + COUNTED_S_MAX
    while text not in page.locator("main").inner_text():
        assert time.monotonic() < end, f"{text!r} did not appear at {page.url}"
        page.wait_for_timeout(500)
        page.reload()


@pytest.mark.parametrize("screen", [DESKTOP, PHONE_DARK, PHONE, DESKTOP_DARK], ids=str)
def test_no_members_page_has_a_serious_barrier_or_scrolls_sideways(
    open_page: OpenPage, site: Served, screen: Screen
) -> None:
    page = open_page("/sign-in", screen)
    sign_in(page, site)
    secret = create_key(page, f"Audit {screen}", "5")
    _, generation_id = chat(site, secret, FREE_MODEL)
    page.goto("/settings/keys")
    key_page = page.get_by_role("link", name=f"Audit {screen}").get_attribute("href")
    assert key_page is not None
    for path in (*MEMBERS_PAGES, key_page, f"/logs/{generation_id}"):
        page.goto(path)
        assert page.locator("h1").count() == 1, path
        assert page.evaluate("document.documentElement.scrollWidth") <= screen.width, path
        page.evaluate(AXE.read_text(encoding="utf-8"))
        assert page.evaluate(AUDIT) == [], path


def test_a_link_signs_in_once_and_leads_to_the_page_that_was_asked_for(open_page: OpenPage, site: Served) -> None:
    page = open_page("/settings/credits", scripts=False, expects_error=True)
    assert page.url.endswith("/sign-in?next=%2Fsettings%2Fcredits")
    token = site.sign_in_token()
    page.goto(f"/sign-in?token={token}&next=/settings/credits")
    page.locator("main").get_by_role("button", name="Sign in").click()
    assert page.url == f"{site.url}/settings/credits"
    other = open_page(f"/sign-in?token={token}", expects_error=True)
    assert "used already" in other.get_by_role("alert").inner_text()
    page.locator(".account-menu > summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.goto("/settings/credits")
    assert "/sign-in" in page.url


def test_a_key_works_at_once_is_shown_once_and_stops_when_it_is_deleted(open_page: OpenPage, site: Served) -> None:
    page = open_page("/sign-in", scripts=False, expects_error=True)
    sign_in(page, site)
    secret = create_key(page, "Once", "2.5")
    status, generation_id = chat(site, secret, FREE_MODEL)
    assert status == 200
    page.goto("/settings/keys")
    assert secret not in page.content()
    page.get_by_role("link", name="Once").click()
    assert secret not in page.content()
    assert "$2.50 of $2.50" in page.locator(".facts").inner_text()
    page.goto("/logs")
    reload_until(page, FREE_MODEL)
    assert page.locator(f"tr[data-generation='{generation_id}']").count() == 1
    page.goto("/activity?group=key&metric=requests&period=day")
    reload_until(page, "Once")

    page.goto("/settings/keys")
    page.get_by_role("link", name="Once").click()
    page.get_by_role("button", name="Disable").click()
    assert chat(site, secret, FREE_MODEL)[0] == 401
    page.get_by_role("button", name="Enable").click()
    assert chat(site, secret, FREE_MODEL)[0] == 200
    page.locator("details summary", has_text="Delete").click()
    page.get_by_label(re.compile("^Type Once")).fill("Twice")
    page.get_by_role("button", name="Delete").click()
    assert "Nothing was deleted" in page.get_by_role("alert").inner_text()
    page.locator("details summary", has_text="Delete").click()
    page.get_by_label(re.compile("^Type Once")).fill("Once")
    page.get_by_role("button", name="Delete").click()
    assert page.url == f"{site.url}/settings/keys"
    assert page.get_by_role("link", name="Once").count() == 0
    assert chat(site, secret, FREE_MODEL)[0] == 401


def test_a_wrong_key_is_refused_with_the_field_in_words(open_page: OpenPage, site: Served) -> None:
    page = open_page("/sign-in", scripts=False, expects_error=True)
    sign_in(page, site)
    page.goto("/settings/keys")
    page.locator("main details.card > summary").click()
    form = page.locator("main details.card form")
    form.get_by_label("Name", exact=True).fill("Wrong")
    form.get_by_label("Limit, US dollars").fill("many")
    form.get_by_role("button", name="Create").click()
    assert "Limit: 'many' is not a decimal number" in page.get_by_role("alert").inner_text()
    assert page.get_by_role("link", name="Wrong").count() == 0


def test_a_management_key_lists_keys_and_runs_no_model(open_page: OpenPage, site: Served) -> None:
    page = open_page("/sign-in")
    sign_in(page, site)
    page.goto("/settings/management-keys")
    page.locator("main details.card > summary").click()
    form = page.locator("main details.card form")
    form.get_by_label("Name", exact=True).fill("Provisioning")
    form.get_by_role("button", name="Create").click()
    secret = page.get_by_label("Secret").inner_text().strip()
    request = urllib.request.Request(f"{site.url}/api/v1/keys", headers={"authorization": f"Bearer {secret}"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert answer.status == 200
    assert chat(site, secret, FREE_MODEL)[0] == 403
    page.goto("/settings/keys")
    assert "Provisioning" not in page.locator("main").inner_text()


def test_credits_that_are_added_stand_in_the_balance_and_among_the_movements(open_page: OpenPage, site: Served) -> None:
    page = open_page("/sign-in", scripts=False)
    sign_in(page, site)
    page.goto("/settings/credits")
    page.locator("main details.card > summary").click()
    page.get_by_label("Amount, US dollars").fill("12.34")
    page.get_by_label("Note").fill("Budget of November")
    page.get_by_role("button", name="Add").click()
    assert page.locator("[data-fact=balance]").inner_text() == "$12.34"
    assert "Budget of November" in page.locator("main tbody tr").first.inner_text()


def test_a_secret_is_replaced_while_the_old_one_goes_on_for_as_long_as_chosen(
    open_page: OpenPage, site: Served
) -> None:
    page = open_page("/sign-in", scripts=False)
    sign_in(page, site)
    old = create_key(page, "Turning", "3")

    def rotate(overlap: str) -> str:
        page.goto("/settings/keys")
        page.get_by_role("link", name="Turning").first.click()
        page.get_by_label("This one ends").select_option(overlap)
        page.get_by_role("button", name="Rotate").click()
        return page.get_by_label("Secret").inner_text().strip()

    new = rotate("1h")
    assert new != old
    assert chat(site, new, FREE_MODEL)[0] == chat(site, old, FREE_MODEL)[0] == 200
    page.get_by_role("link", name="I have stored it").click()
    assert "$3.00 of $3.00" in page.locator(".facts").inner_text()
    newest = rotate("now")
    assert chat(site, newest, FREE_MODEL)[0] == 200
    assert chat(site, new, FREE_MODEL)[0] == 401


def test_the_bars_above_the_logs_count_the_requests_of_the_chosen_key(open_page: OpenPage, site: Served) -> None:
    page = open_page("/sign-in", scripts=False)
    sign_in(page, site)
    secret = create_key(page, "Bars")
    for _ in range(3):
        chat(site, secret, FREE_MODEL)
    page.goto("/settings/keys")
    page.get_by_role("link", name="Bars").click()
    page.get_by_role("link", name="Its requests").click()
    reload_until(page, "View as table")
    last = page.locator("figure tbody tr").last.locator("td").first

    def counted() -> str | None:
        page.reload()
        return last.get_attribute("data-value")

    end = time.monotonic() + COUNTED_S_MAX
    while counted() != "3":
        assert time.monotonic() < end
        page.wait_for_timeout(300)


def test_several_keys_are_disabled_and_deleted_at_once(open_page: OpenPage, site: Served) -> None:
    page = open_page("/sign-in", scripts=False, expects_error=True)
    sign_in(page, site)
    secrets = [create_key(page, f"Many {at}") for at in range(2)]

    def tick() -> None:
        page.goto("/settings/keys")
        for at in range(2):
            page.get_by_label(f"Choose Many {at}").check()

    tick()
    page.get_by_role("button", name="Disable").click()
    assert [chat(site, secret, FREE_MODEL)[0] for secret in secrets] == [401, 401]
    tick()
    page.locator("#chosen summary").click()
    page.get_by_role("button", name="Delete").click()
    assert "Nothing was deleted" in page.get_by_role("alert").inner_text()
    tick()
    page.locator("#chosen summary").click()
    page.get_by_label("Type delete").fill("delete")
    page.get_by_role("button", name="Delete").click()
    assert page.get_by_role("link", name="Many").count() == 0
