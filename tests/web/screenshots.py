"""`scripts/screenshots`: every page at both sizes and in both themes, to be looked at."""

import csv
import io
import re
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.fakes.provider import FakeProvider
from tests.serving import KEY, Served, command, environment, served
from tests.web.chat_scenes import scenes
from tests.web.chatting import Kitchen, Member, configuration
from tests.web.conftest import ARGUMENTS, CHROMIUM
from tests.web.members import MEMBERS_PAGES, session_of, sign_in
from tests.web.screens import SCREENS, Screen
from tests.web.seeds import CONFIGURATION
from tests.web.test_every_page import PAGES

DEFAULT_FOLDER = Path("build/screenshots")
SETTLED_MS = 400
"""For islands to draw."""
HEIGHT_MAX = 3000
"""Of a picture: long lists repeat themselves."""
DAYS, GENERATIONS = 30, 12_000


def main(arguments: list[str]) -> None:
    folder = Path(arguments[0]) if arguments else DEFAULT_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    if CHROMIUM is None:
        sys.exit("Chromium is not installed (Debian: apt install chromium)")
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        home = Path(name)
        (home / "trunkline.toml").write_text(CONFIGURATION, encoding="utf-8")
        owner = environment(home, {"TRUNKLINE_BOOTSTRAP_KEY": KEY})
        made = command("demo", "--days", str(DAYS), "--generations", str(GENERATIONS))
        subprocess.run(made, cwd=home, env=owner, check=True, stdout=subprocess.DEVNULL)
        with served(home, {"TRUNKLINE_BOOTSTRAP_KEY": KEY}) as site:
            paths = arguments[1:] or list(
                dict.fromkeys([*map(partial(in_demo, first_of(site)), PAGES), *MEMBERS_PAGES])
            )
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            for screen in SCREENS:
                take(browser, site, screen, paths, folder)
            taken = len(paths) * len(SCREENS)
            if not arguments[1:] or "/chat" in arguments[1:]:
                taken += take_chat(browser, folder)
            browser.close()
    print(f"{taken} pictures in {folder}")


def take_chat(browser: Browser, folder: Path) -> int:
    """The chat has no address for what it shows: its scenes are played."""
    taken = 0
    with tempfile.TemporaryDirectory() as home, FakeProvider.in_thread() as provider:
        (Path(home) / "trunkline.toml").write_text(configuration(provider.url), encoding="utf-8")
        with served(Path(home), {"TRUNKLINE_BOOTSTRAP_KEY": KEY}) as site:
            member, kitchen = Member(browser, site, session_of(browser, site)), Kitchen(provider)
            for screen in SCREENS:
                for name, page in scenes(member, kitchen, screen):
                    page.wait_for_timeout(SETTLED_MS)
                    page.screenshot(path=folder / f"chat-{name}-{screen}.png")
                    taken += 1
    return taken


def first_of(site: Served) -> dict[str, str]:
    """What the demo used most, in place of what the tests use."""
    first = {section: next(rows_of(site, section, "view=month"), {}) for section in ("models", "apps")}
    return {"/acme/rocket-1": "/" + first["models"]["model"], "https://launchpad.example": first["apps"]["origin"]}


def rows_of(site: Served, section: str, query: str) -> Iterator[dict[str, str]]:
    """The rows of a section of the rankings."""
    with urllib.request.urlopen(f"{site.url}/rankings/{section}.csv?{query}", timeout=60) as answer:
        return iter(list(csv.DictReader(io.StringIO(answer.read().decode()))))


def in_demo(names: dict[str, str], path: str) -> str:
    """A page of the tests, of what the demo has."""
    for tested, used in names.items():
        path = path.replace(tested, used)
    return path


def take(browser: Browser, site: Served, screen: Screen, paths: list[str], folder: Path) -> None:
    context = browser.new_context(
        base_url=site.url, viewport={"width": screen.width, "height": screen.height}, color_scheme=screen.theme
    )
    page = context.new_page()
    is_signed_in = False
    for path in paths:
        if path in MEMBERS_PAGES and not is_signed_in:
            sign_in(page, site)
            is_signed_in = True
        page.goto(path)
        page.wait_for_timeout(SETTLED_MS)
        name = re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-") or "home"
        height = min(page.evaluate("document.documentElement.scrollHeight"), HEIGHT_MAX)
        clip = {"x": 0, "y": 0, "width": screen.width, "height": max(height, screen.height)}
        page.screenshot(path=folder / f"{name}-{screen}.png", full_page=True, clip=clip)
    context.close()


if __name__ == "__main__":
    main(sys.argv[1:])
