"""Passkeys in a real browser, whose authenticator Chromium plays itself."""

import socket
from collections.abc import Generator

import pytest
from playwright.sync_api import Browser, Page

from tests.serving import Served, served

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def localhost(tmp_path_factory: pytest.TempPathFactory) -> Generator[Served]:
    """Browsers know no passkeys for numbers, so this instance is called by name."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    public = {"TRUNKLINE_SERVER__PUBLIC_URL": f"http://localhost:{port}"}
    with served(tmp_path_factory.mktemp("passkeys"), public, port=port) as instance:
        yield instance


@pytest.fixture
def page(localhost: Served, browser: Browser) -> Generator[Page]:
    context = browser.new_context(base_url=f"http://localhost:{localhost.url.rpartition(':')[2].rstrip('/')}")
    context.set_default_timeout(20_000)
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    yield page
    context.close()


def test_a_passkey_is_added_and_signs_in(localhost: Served, page: Page) -> None:
    page.goto(f"/sign-in?token={localhost.sign_in_token()}")
    page.locator("main").get_by_role("button", name="Sign in").click()
    page.goto("/settings/account")
    page.get_by_label("Name of a new one").fill("This laptop")
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_text("The passkey is added.").wait_for()
    page.get_by_text("This laptop").wait_for()
    page.get_by_role("button", name="Add a passkey").wait_for()

    page.get_by_role("button", name="Sign out everywhere").click()
    page.goto("/sign-in?next=/settings/account")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_text("by passkey").wait_for()


def test_a_browser_without_any_is_told(page: Page) -> None:
    page.goto("/sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_role("alert").filter(has_text="Nothing was signed").wait_for()
    assert page.get_by_role("button", name="Sign in with a passkey").is_enabled()
