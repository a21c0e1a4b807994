"""A person at the site: signed in, with a key and a request or two."""

import json
import urllib.error
import urllib.request

from playwright.sync_api import Browser, Page, StorageState

from tests.serving import Served

MEMBERS_PAGES = (
    "/settings/keys",
    "/settings/management-keys",
    "/settings/credits",
    "/workspaces/default/byok",
    "/workspaces/default/byok/openai",
    "/settings/account",
    "/settings/privacy",
    "/workspaces/default/routing",
    "/activity",
    "/activity?period=day&group=key&metric=tokens",
    "/logs",
    "/logs?model=nobody/nothing",
)


def sign_in(page: Page, site: Served) -> None:
    """By a one-time link, as a person would."""
    page.goto(f"/sign-in?token={site.sign_in_token()}")
    page.locator("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/settings/keys")


def session_of(browser: Browser, site: Served) -> StorageState:
    """What a browser keeps of somebody who signed in: other contexts can begin with it."""
    context = browser.new_context(base_url=site.url)
    sign_in(context.new_page(), site)
    session = context.storage_state()
    context.close()
    return session


def create_key(page: Page, name: str, limit: str = "") -> str:
    """The secret of a new key, read from the page that shows it."""
    page.goto("/settings/keys")
    form = page.locator("main details.card")
    if form.get_attribute("open") is None:
        form.locator("summary").click()
    form.get_by_label("Name", exact=True).fill(name)
    form.get_by_label("Limit, US dollars").fill(limit)
    form.get_by_role("button", name="Create").click()
    page.get_by_role("heading", name=f"Key “{name}” is made").wait_for()
    return page.get_by_label("Secret").inner_text().strip()


def chat(site: Served, secret: str, model: str = "acme/rocket-1") -> tuple[int, str | None]:
    """Status and generation id of one request with that key."""
    body = {"model": model, "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 8}
    headers = {"authorization": f"Bearer {secret}", "content-type": "application/json"}
    request = urllib.request.Request(f"{site.url}/api/v1/chat/completions", json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers["x-generation-id"]
    except urllib.error.HTTPError as error:
        return error.code, error.headers["x-generation-id"]
