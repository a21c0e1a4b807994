"""One serving process and one browser for each worker; every test gets pages of its own in fresh contexts."""

import re
import shutil
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, sync_playwright

from tests.fakes.provider import FakeProvider
from tests.serving import KEY, Served, served
from tests.set_back import into_the_hour_ms
from tests.web.chatting import Kitchen, Member, configuration
from tests.web.members import session_of
from tests.web.screens import Screen
from tests.web.seeds import CONFIGURATION, seed

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
MANIFEST = ROOT / "src" / "trunkline" / "web" / "static" / "dist" / ".vite" / "manifest.json"

OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Generator[Served]:
    """An instance with the bundled catalog, some models of its own, and three days of measurements. Its clock stands a
    minute after the full hour: what it shows of whole hours and days stays so while the tests run."""
    home = tmp_path_factory.mktemp("site")
    (home / "trunkline.toml").write_text(CONFIGURATION, encoding="utf-8")
    now_ms = time.time_ns() // 1_000_000
    set_back_ms = into_the_hour_ms(now_ms)
    with served(home, {"TRUNKLINE_BOOTSTRAP_KEY": KEY}, set_back_ms) as instance:
        seed(home / "data" / "trunkline.db", (now_ms - set_back_ms) // 1000)
        yield instance


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed (Debian: apt install chromium)")
    if not AXE.is_file() or not MANIFEST.is_file():
        pytest.skip("the site's scripts are not built (scripts/test does it where Node can be had)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(site: Served, browser: Browser) -> Iterator[OpenPage]:
    """`open_page("/models", screen)`: the page, loaded. Whatever it says on the console fails the test, and so does a
    request to another host."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(
        path: str, screen: Screen | None = None, *, scripts: bool = True, expects_error: bool = False
    ) -> Page:
        shown = screen or Screen("desktop", 1280, 900, "light")
        context = browser.new_context(
            base_url=site.url,
            viewport={"width": shown.width, "height": shown.height},
            color_scheme=shown.theme,
            has_touch=shown.name == "phone",
            java_script_enabled=scripts,
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        if not expects_error:
            page.on(
                "console", lambda said: complaints.append(f"console: {said.text}") if said.type == "error" else None
            )
        page.on("pageerror", lambda error: complaints.append(f"exception: {error}"))
        page.on("request", lambda sent: complaints.append(sent.url) if is_foreign(sent.url, site.url) else None)
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture(scope="session")
def kitchen() -> Iterator[Kitchen]:
    """The provider behind the chat's models."""
    with FakeProvider.in_thread() as provider:
        yield Kitchen(provider)


@pytest.fixture(scope="session")
def chat_site(tmp_path_factory: pytest.TempPathFactory, kitchen: Kitchen) -> Iterator[Served]:
    """An instance whose models are those of the kitchen."""
    home = tmp_path_factory.mktemp("chat")
    (home / "trunkline.toml").write_text(configuration(kitchen.provider.url), encoding="utf-8")
    with served(home, {"TRUNKLINE_BOOTSTRAP_KEY": KEY}) as instance:
        yield instance


@pytest.fixture(scope="module")
def signed_in(chat_site: Served, browser: Browser) -> StorageState:
    """What a browser keeps of somebody who signed in."""
    return session_of(browser, chat_site)


@pytest.fixture
def member(browser: Browser, chat_site: Served, kitchen: Kitchen, signed_in: StorageState) -> Iterator[Member]:
    """Opens pages of the chat. What they say on the console fails the test."""
    member = Member(browser, chat_site, signed_in)
    yield member
    for context in member.contexts:
        context.close()
    kitchen.clear()
    assert member.complaints == []


def is_foreign(url: str, own: str) -> bool:
    return not url.startswith((own, "data:", "blob:")) and re.match(r"\w+:", url) is not None
