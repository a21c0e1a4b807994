"""Scenes of the chat for `scripts/screenshots`: rooms with answers that a provider of ours gives as they stand here."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping

from playwright.sync_api import Page

from tests.fakes.openai_chat import usage
from tests.fakes.replies import failure, stream
from tests.web.chatting import QUICK, SEEING, SLOW, STEADY, Kitchen, Member, answers, ask, cell, composer
from tests.web.screens import Screen

_TABLE = """SQLite is a library, PostgreSQL a server. For a small team:

| Question | SQLite | PostgreSQL |
|---|---|---|
| Set-up | none, one file | a server and users |
| Writers at once | **one** | many |
| Backup | copy the file | `pg_dump` |

Start with SQLite; move when two processes must *write* at the same time.
"""
_CODE = """Sort, then fold each interval into the last one:

```python
def merge(intervals: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
```

It takes $O(n \\log n)$ for the sort; the fold is linear:

$$T(n) = c_1 n \\log n + c_2 n$$
"""
_THOUGHT = "The user wants a comparison. A table fits: set-up, concurrency, backup. Keep it short."
THREE = f"/chat?models={QUICK},{STEADY},{SLOW}"

Scene = Callable[[Member, Kitchen, Screen], Page]


def start(member: Member, _: Kitchen, screen: Screen) -> Page:
    return member.open(f"/chat?models={QUICK}", screen)


def conversation(member: Member, kitchen: Kitchen, screen: Screen) -> Page:
    """One model: reasoning, code, math, numbers below."""
    kitchen.order(QUICK, stream([{"reasoning": _THOUGHT}, _CODE], used=usage(21, 188)))
    page = member.open(f"/chat?models={QUICK}", screen)
    ask(page, "Write a Python function that merges overlapping intervals, and say what it costs.")
    answers(page, "done").wait_for()
    return page


def columns(member: Member, kitchen: Kitchen, screen: Screen) -> Page:
    """Three models: one is done, one still writes, one has to wait."""
    held = asyncio.Event()
    kitchen.order(QUICK, stream([{"reasoning": _THOUGHT}, _TABLE], used=usage(18, 130)))
    kitchen.order(STEADY, stream(["It depends on who writes.\n\n1. **One process** writes: SQLite.\n2. Many", held]))
    kitchen.order(SLOW, failure(429, retry_after=42))
    page = member.open(THREE, screen, expects_error=True)
    ask(page, "Compare SQLite and PostgreSQL for a small team, as a table.")
    answers(page, "done").wait_for()
    answers(page, "failed").wait_for(state="attached")
    cell(page, 1).get_by_text("Many").wait_for(state="attached")
    return page


def failed(member: Member, kitchen: Kitchen, screen: Screen) -> Page:
    page = columns(member, kitchen, screen)
    if screen.name == "phone":
        page.locator(".chat-tab").nth(2).tap()
    return page


def picker(member: Member, _: Kitchen, screen: Screen) -> Page:
    page = member.open(f"/chat?models={QUICK},{SEEING}", screen)
    composer(page).press("Control+j")
    page.get_by_role("dialog").wait_for()
    return page


def settings(member: Member, _: Kitchen, screen: Screen) -> Page:
    page = member.open(f"/chat?models={QUICK}", screen)
    page.get_by_role("button", name="Settings of Quick").click()
    page.get_by_role("dialog").wait_for()
    return page


def rooms(member: Member, kitchen: Kitchen, screen: Screen) -> Page:
    page = conversation(member, kitchen, screen)
    if screen.name == "phone":
        page.get_by_role("button", name="Show rooms").tap()
    page.locator(".chat-room").first.wait_for()
    return page


def menu(member: Member, kitchen: Kitchen, screen: Screen) -> Page:
    page = conversation(member, kitchen, screen)
    page.get_by_label("More for this answer").click()
    return page


SCENES: Mapping[str, Scene] = {
    "start": start,
    "conversation": conversation,
    "columns": columns,
    "failed": failed,
    "picker": picker,
    "settings": settings,
    "rooms": rooms,
    "menu": menu,
}


def scenes(
    member: Member, kitchen: Kitchen, screen: Screen, names: Iterable[str] = tuple(SCENES)
) -> Iterator[tuple[str, Page]]:
    """Each scene by its name, ready to be looked at, until the next one is asked for."""
    for name in names:
        yield name, SCENES[name](member, kitchen, screen)
        for opened in member.contexts:
            opened.close()
        member.contexts.clear()
        kitchen.clear()
