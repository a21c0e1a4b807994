"""What pages may cost: bytes of script, time to the largest paint, movement of the layout, time to filter a long list.

Measured inside the page, by the browser's own clock. Of what a busy machine makes slower the best of several counts.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.serving import KEY, Served, served
from tests.web.screens import DESKTOP, PHONE, Screen
from tests.web.test_every_page import PAGES
from tests.web.test_models_page import shown

SCRIPT_BYTES_MAX = 200_000
LARGEST_PAINT_MS_MAX = 1000
LAYOUT_SHIFT_MAX = 0.05
FILTER_MS_MAX = 100
ATTEMPTS_MAX = 5
MODEL_TABS = tuple(path for path in PAGES if path.startswith("/acme/rocket-1"))
SCRIPTED = (
    "/",
    "/models",
    "/acme/rocket-1/activity",
    "/acme/rocket-1/pricing",
    "/compare",
    "/rankings",
    "/docs/api-reference",
)
"""Every kind of island stands on one of them."""

SCRIPTS = """performance.getEntriesByType("resource").filter((each) => each.name.endsWith(".js"))
    .map((each) => each.encodedBodySize)"""
SETTLED = """() => new Promise((done) => {
    let shift = 0;
    let paint = 0;
    const see = (type, take) => new PerformanceObserver((list) => list.getEntries().forEach(take))
        .observe({ type, buffered: true });
    see("layout-shift", (entry) => { if (!entry.hadRecentInput) shift += entry.value; });
    see("largest-contentful-paint", (entry) => { paint = entry.startTime; });
    setTimeout(() => done({ shift, paint }), 300);
})"""
"""What had moved until now, and when the largest thing was painted."""
TYPE = """(text) => new Promise((done) => {
    const field = document.querySelector("input[data-slash]");
    const began = performance.now();
    new MutationObserver((_, observer) => {
        observer.disconnect();
        document.body.offsetHeight;  // the new layout counts too
        done(performance.now() - began);
    }).observe(document.querySelector("[data-summary]"), { childList: true });
    field.value = text;
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
})"""


@pytest.fixture
def context(site: Served, browser: Browser) -> Iterator[BrowserContext]:
    with browser.new_context(base_url=site.url) as context:
        yield context


def test_no_public_page_loads_more_script_than_its_budget(context: BrowserContext) -> None:
    page = context.new_page()
    for path in SCRIPTED:
        page.goto(path, wait_until="networkidle")
        page.keyboard.press("Control+k")  # the palette's code counts too
        page.locator("dialog.palette").wait_for()
        sizes: list[int] = page.evaluate(SCRIPTS)
        assert 0 < sum(sizes) <= SCRIPT_BYTES_MAX, path


@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=str)
def test_a_model_s_page_is_painted_within_a_second_and_keeps_its_layout(
    site: Served, browser: Browser, screen: Screen
) -> None:
    viewport = {"width": screen.width, "height": screen.height}
    with browser.new_context(base_url=site.url, viewport=viewport) as context:
        page = context.new_page()
        for path in MODEL_TABS:
            assert best_paint_ms(page, path) <= LARGEST_PAINT_MS_MAX, path


def best_paint_ms(page: Page, path: str) -> float:
    """The least of a few; a layout that moves moves on any machine, so once is too often."""
    times_ms: list[float] = []
    while not times_ms or (min(times_ms) > LARGEST_PAINT_MS_MAX and len(times_ms) < ATTEMPTS_MAX):
        page.goto(path)
        seen = page.evaluate(SETTLED)
        assert seen["shift"] <= LAYOUT_SHIFT_MAX, path
        assert seen["paint"] > 0, path
        times_ms.append(seen["paint"])
    return min(times_ms)


@pytest.fixture(scope="module")
def thousand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home: Path = tmp_path_factory.mktemp("thousand")
    entries = [
        f'[[endpoints]]\nmodel = "acme/model-{at}"\nprovider = "acme"\nbase_url = "http://127.0.0.1:9/v1"\n'
        f'api_key = "none"\nupstream_model = "m{at}"\ncontext_length = 32768\n'
        for at in range(640)
    ]
    (home / "trunkline.toml").write_text("\n".join(entries), encoding="utf-8")
    with served(home, {"TRUNKLINE_BOOTSTRAP_KEY": KEY}) as instance:
        yield instance


def test_a_thousand_models_are_filtered_within_a_tenth_of_a_second(thousand: Served, browser: Browser) -> None:
    """From the key to the last row in its place, the pause after typing included."""
    with browser.new_context(base_url=thousand.url) as context:
        page = context.new_page()
        page.goto("/models?output_modalities=all", wait_until="networkidle")
        assert page.locator("[data-model]").count() >= 1000
        times_ms = [page.evaluate(TYPE, text) for text in ("model-6", "gpt", "claude", "model-12", "qwen", "model-63")]
        assert shown(page) == [f"acme/model-{at}" for at in (63, *range(630, 640))]
    assert min(times_ms) < FILTER_MS_MAX, times_ms
