"""What would my request hit: the page's simulator says what the API does (site.md MP-05, MP-06)."""

import json
import urllib.error
import urllib.request

from playwright.sync_api import Page, expect

from tests.serving import KEY, Served
from tests.web.conftest import OpenPage
from tests.web.members import sign_in

MODEL = "acme/rocket-1"


def opened(open_page: OpenPage, site: Served, query: str = "") -> Page:
    page = open_page("/sign-in")
    sign_in(page, site)
    page.goto(f"/{MODEL}/providers{query}")
    page.locator("[data-outcome] li").first.wait_for()
    return page


def refusal_of(site: Served, provider: dict[str, object]) -> str:
    """What the API answers a request with."""
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}], "provider": provider}
    headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
    request = urllib.request.Request(f"{site.url}/api/v1/chat/completions", json.dumps(body).encode(), headers)
    try:
        urllib.request.urlopen(request, timeout=30).close()
    except urllib.error.HTTPError as error:
        return str(json.load(error)["error"]["message"])
    raise AssertionError("the API took the request")


def test_a_choice_that_rules_everything_out_is_refused_in_the_words_of_the_api(
    open_page: OpenPage, site: Served
) -> None:
    page = opened(open_page, site)
    outcome = page.locator("[data-outcome]")
    assert outcome.locator("li").first.inner_text().startswith("1.")
    page.get_by_label("Zero data retention only").check()
    expect(outcome).to_contain_text(refusal_of(site, {"zdr": True}))
    assert "it keeps prompts" in outcome.inner_text()
    page.wait_for_url("**zdr=true**")


def test_a_shared_link_shows_the_same_choice(open_page: OpenPage, site: Served) -> None:
    page = opened(open_page, site, "?max_input=0.1&prefer=throughput")
    assert page.get_by_label("Input, at most $/M").input_value() == "0.1"
    expect(page.locator("[data-outcome]")).to_contain_text("it costs more than allowed")
    assert '"max_price":{"prompt":0.1}' in page.locator("#simulator").inner_text()
    page.get_by_label("Input, at most $/M").fill("5")
    expect(page.locator("[data-outcome] li").first).to_contain_text("1.")


def test_a_stranger_is_asked_to_sign_in(open_page: OpenPage) -> None:
    page = open_page(f"/{MODEL}/providers")
    href = page.locator("#simulator").get_by_role("link", name="Sign in").get_attribute("href")
    assert href == "/sign-in?next=/acme/rocket-1/providers"
