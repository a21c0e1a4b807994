"""`scripts/screenshots`: every page at both sizes and in both themes, to be looked at."""

import re
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.serving import KEY, Served, served
from tests.web.conftest import ARGUMENTS, CHROMIUM
from tests.web.members import MEMBERS_PAGES, sign_in
from tests.web.screens import SCREENS, Screen
from tests.web.seeds import CONFIGURATION, seed
from tests.web.test_every_page import PAGES

DEFAULT_FOLDER = Path("build/screenshots")
SETTLED_MS = 400
"""For islands to draw."""


def main(arguments: list[str]) -> None:
    folder = Path(arguments[0]) if arguments else DEFAULT_FOLDER
    paths = arguments[1:] or [*PAGES, *MEMBERS_PAGES]
    folder.mkdir(parents=True, exist_ok=True)
    if CHROMIUM is None:
        sys.exit("Chromium is not installed (Debian: apt install chromium)")
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        (Path(home) / "trunkline.toml").write_text(CONFIGURATION, encoding="utf-8")
        with served(Path(home), {"TRUNKLINE_BOOTSTRAP_KEY": KEY}) as site:
            seed(Path(home) / "data" / "trunkline.db", int(time.time()))
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            for screen in SCREENS:
                take(browser, site, screen, paths, folder)
            browser.close()
    print(f"{len(paths) * len(SCREENS)} pictures in {folder}")


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
        page.screenshot(path=folder / f"{name}-{screen}.png")
    context.close()


if __name__ == "__main__":
    main(sys.argv[1:])
