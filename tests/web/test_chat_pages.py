"""The chat on every screen: no barrier, nothing that scrolls sideways, smooth while four models write."""

from collections.abc import Iterable

import pytest
from playwright.sync_api import Browser, Page, StorageState

from tests.fakes.replies import stream
from tests.serving import Served
from tests.web.chat_scenes import SCENES, scenes
from tests.web.chatting import QUICK, SEEING, SLOW, STEADY, Kitchen, Member, answers, ask
from tests.web.conftest import AXE
from tests.web.screens import DESKTOP, DESKTOP_DARK, PHONE, PHONE_DARK, Screen
from tests.web.test_every_page import AUDIT

FRAME_MS_MAX = 50
SLOW_FRAMES_MAX = 0.02
"""Beyond those of an idle page: a machine that does other work drops frames whatever the page does."""
TRIES = 4
IDLE_MS = 800
_PIECES = (
    "Some **words** in a row, ",
    "with `code`, ",
    "and more\n\n",
    "| a | b |\n|---|---|\n| 1 | 2 |\n\n",
    "- item\n",
)
_FRAMES = """() => {
    window.frames_ms = [];
    let before = performance.now();
    const next = (now) => {
        window.frames_ms.push(now - before);
        before = now;
        window.measuring = requestAnimationFrame(next);
    };
    window.measuring = requestAnimationFrame(next);
}"""


@pytest.mark.parametrize(
    ("screen", "names"),
    [
        pytest.param(DESKTOP, tuple(SCENES), id="desktop-light"),
        pytest.param(PHONE_DARK, tuple(SCENES), id="phone-dark"),
        pytest.param(DESKTOP_DARK, ("columns",), id="desktop-dark"),
        pytest.param(PHONE, ("columns",), id="phone-light"),
    ],
)
def test_no_scene_of_the_chat_has_a_serious_barrier_or_scrolls_sideways(
    browser: Browser, chat_site: Served, kitchen: Kitchen, signed_in: StorageState, screen: Screen, names: Iterable[str]
) -> None:
    for name, page in scenes(Member(browser, chat_site, signed_in), kitchen, screen, names):
        assert page.evaluate("document.documentElement.scrollWidth") <= screen.width, name
        assert page.locator("h1").count() == 1, name
        page.evaluate(AXE.read_text(encoding="utf-8"))
        assert page.evaluate(AUDIT) == [], name


def test_four_columns_at_a_hundred_tokens_a_second_keep_their_frames(member: Member, kitchen: Kitchen) -> None:
    models = (QUICK, STEADY, SLOW, SEEING)
    for model in models:
        kitchen.order(model, stream([_PIECES[at % len(_PIECES)] for at in range(200)], pause_s=0.009))
    page = member.open(f"/chat?models={','.join(models)}")
    tried: list[tuple[float, float]] = []
    for asked in range(1, TRIES + 1):
        page.evaluate(_FRAMES)
        page.wait_for_timeout(IDLE_MS)
        idle = slow_share(page)
        page.evaluate(_FRAMES)
        ask(page, "Write a lot")
        answers(page, "done").nth(4 * asked - 1).wait_for()
        tried.append((slow_share(page), idle))
        if tried[-1][0] <= idle + SLOW_FRAMES_MAX:
            return
    pytest.fail(f"slow frames while four models wrote, and while nothing happened: {tried}")


def slow_share(page: Page) -> float:
    """Of the frames since the measurement began, which ends."""
    frames_ms: list[float] = page.evaluate("cancelAnimationFrame(window.measuring), window.frames_ms")
    return sum(each > FRAME_MS_MAX for each in frames_ms) / max(1, len(frames_ms))
