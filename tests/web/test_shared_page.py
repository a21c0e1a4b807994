"""A conversation that somebody shared, as whoever has the link reads it: without scripts, on every screen."""

import pytest
from playwright.sync_api import Browser, Page

from tests.serving import Served
from tests.web.conftest import AXE, OpenPage
from tests.web.members import session_of
from tests.web.screens import DESKTOP, PHONE_DARK, Screen
from tests.web.test_every_page import AUDIT

ANSWER = """# Sorting

| algorithm | average | stable |
|---|--:|:-:|
| merge sort | n log n | yes |
| quick sort | n log n | no |

```python
def merge(left: list[int], right: list[int]) -> list[int]:
    return sorted([*left, *right])  # a line that is longer than a telephone is wide, to see that it scrolls in its box
```

1. Split, 2. sort, 3. **merge**. See ![diagram](https://sorting.example/a.png).
"""
SHARE = """
async ([token, answer]) => (await (await fetch("/chat/shares", {
  method: "POST",
  headers: { "Content-Type": "application/json", Accept: "application/json", "X-Form-Token": token },
  body: JSON.stringify({ room: "room-0001", title: "On sorting", messages: [
    { role: "system", text: "Be brief." },
    { role: "user", text: "Which sorting is stable?" },
    { role: "assistant", model: "acme/rocket-1", text: answer, sources: [{ url: "https://sorting.example/" }] },
  ] }),
})).json()).url
"""


@pytest.fixture(scope="module")
def shared(browser: Browser, site: Served) -> str:
    """The path of a shared conversation."""
    with browser.new_context(storage_state=session_of(browser, site), base_url=site.url) as context:
        page = context.new_page()
        page.goto("/settings/account")
        token = page.locator("input[name=form_token]").first.get_attribute("value")
        url: str = page.evaluate(SHARE, [token, ANSWER])
    return "/share/" + url.rpartition("/")[2]


def read(page: Page) -> None:
    assert page.get_by_role("heading", level=1).inner_text() == "On sorting"
    assert page.locator("article h2").all_inner_texts() == ["Instructions", "Person", "acme/rocket-1"]
    assert page.locator("article h3").inner_text() == "Sorting"
    assert page.locator("article .code-block-head").inner_text() == "python"
    assert page.locator("article img").count() == 0
    assert page.get_by_role("link", name="diagram (sorting.example)").get_attribute("rel") == (
        "noopener noreferrer nofollow"
    )


@pytest.mark.parametrize("screen", [DESKTOP, PHONE_DARK], ids=str)
def test_whoever_has_the_link_reads_it_without_barriers(open_page: OpenPage, shared: str, screen: Screen) -> None:
    page = open_page(shared, screen)
    read(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= screen.width
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert page.evaluate(AUDIT) == []


def test_it_needs_no_scripts(open_page: OpenPage, shared: str) -> None:
    read(open_page(shared, scripts=False))
