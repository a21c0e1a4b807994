"""Asking models in the browser: streams, stops, failures, costs (site.md 5, "Accept when")."""

import asyncio

import pytest
from playwright.sync_api import expect

from tests.fakes.replies import break_after, failure, stream
from tests.web.chatting import (
    QUICK,
    SLOW,
    STEADY,
    Kitchen,
    Member,
    answers,
    ask,
    cell,
    composer,
    records_of_session,
    room_id,
    words,
)
from tests.web.screens import PHONE

THREE = f"/chat?models={QUICK},{STEADY},{SLOW}"
RELOADS_AT_THE_FIRST_WORD = """() => {
    const watch = new MutationObserver(() => {
        if (!document.querySelector(".chat-cell")?.textContent.includes("kept across")) return;
        IDBObjectStore.prototype.put = () => {};
        location.reload();
    });
    watch.observe(document.querySelector(".chat"), { childList: true, subtree: true, characterData: true });
}"""
"""And gives the database no time to write it."""
PRICE_OF_ANSWER_NANOUSD = 10 * 1000 + 5 * 4000
"""Ten tokens in and five out, as the fake provider counts."""


def test_three_models_stream_independently_and_stopping_one_leaves_two(member: Member, kitchen: Kitchen) -> None:
    slow, steady = asyncio.Event(), asyncio.Event()
    kitchen.order(QUICK, stream(["quick is done"]))
    kitchen.order(STEADY, stream(["steady begins", steady, " and ends"]))
    kitchen.order(SLOW, stream(["slow begins", slow, " never seen"]))
    page = member.open(THREE)
    ask(page, "Who is first?")
    answers(page, "done").wait_for()
    cell(page, 1).get_by_text("steady begins").wait_for()
    cell(page, 2).get_by_text("slow begins").wait_for()
    assert cell(page, 0).get_by_text("quick is done").is_visible()
    assert answers(page, "streaming").count() == 2

    page.get_by_role("button", name="Stop Slow", exact=True).click()
    answers(page, "stopped").wait_for()
    kitchen.provider.set(steady)
    cell(page, 1).get_by_text("steady begins and ends").wait_for()
    assert cell(page, 2).get_by_text("slow begins", exact=True).is_visible()
    kitchen.provider.set(slow)


def test_a_model_that_answers_429_counts_down_while_the_others_finish(member: Member, kitchen: Kitchen) -> None:
    kitchen.order(STEADY, failure(429, retry_after=3))
    page = member.open(THREE, expects_error=True)
    ask(page, "Hello")
    note = cell(page, 1).get_by_role("group", name="Error of Steady")
    note.wait_for()
    assert note.get_attribute("data-status") == "429"
    waiting = note.get_by_role("button", name="Retry in")
    waiting.wait_for()
    assert waiting.is_disabled()
    page.locator(".chat-answer[data-state=done]").nth(1).wait_for()
    kitchen.order(STEADY, stream(["after the wait"]))
    note.get_by_role("button", name="Retry", exact=True).click()
    cell(page, 1).get_by_text("after the wait").wait_for()
    assert cell(page, 1).get_by_role("group", name="Error of Steady").count() == 0


@pytest.mark.parametrize(
    ("status", "title", "action"),
    [(402, "Not enough credits", "Add credits"), (500, "The provider failed", "Another model")],
)
def test_each_failure_says_in_plain_words_what_can_be_done(
    member: Member, kitchen: Kitchen, status: int, title: str, action: str
) -> None:
    page = member.open(f"/chat?models={QUICK}", expects_error=True)
    told = f'{{"error": {{"code": {status}, "message": "Told by the test", "metadata": {{}}}}}}'
    page.route("**/chat/completions", lambda route: route.fulfill(status=status, body=told))
    ask(page, "Hello")
    note = page.get_by_role("group", name="Error of Quick")
    note.wait_for()
    assert title in note.inner_text()
    assert action in note.inner_text()


def test_text_that_arrived_before_a_break_stays_and_can_be_continued(member: Member, kitchen: Kitchen) -> None:
    kitchen.order(QUICK, break_after(2, ["The first half", " and"], how="reset"))
    page = member.open(f"/chat?models={QUICK}", expects_error=True)
    ask(page, "Tell me")
    answers(page, "failed").wait_for()
    assert "The first half" in cell(page, 0).inner_text()
    kitchen.order(QUICK, stream([" the rest."]))
    page.get_by_role("group", name="Error of Quick").get_by_role("button", name="Continue").click()
    answers(page, "done").wait_for()
    assert "The first half and the rest." in cell(page, 0).inner_text()
    assert kitchen.messages(QUICK)[-1] == {"role": "assistant", "content": "The first half and"}


def test_a_reload_in_mid_stream_keeps_what_arrived_marked_interrupted(member: Member, kitchen: Kitchen) -> None:
    never = asyncio.Event()
    kitchen.order(QUICK, stream(["kept across the reload", never]))
    page = member.open(f"/chat?models={QUICK}")
    page.evaluate(RELOADS_AT_THE_FIRST_WORD)
    ask(page, "Begin")
    answers(page, "interrupted").wait_for()
    assert "kept across the reload" in cell(page, 0).inner_text()
    assert "Interrupted" in cell(page, 0).inner_text()
    kitchen.provider.set(never)
    page.locator(".chat-facts a[data-cost]").wait_for()  # from the instance's own record


def test_the_costs_of_a_room_are_those_of_the_log(member: Member, kitchen: Kitchen) -> None:
    page = member.open(f"/chat?models={QUICK},{STEADY}")
    ask(page, "One")
    page.locator("[data-cost]").nth(1).wait_for()
    cell(page, 0).get_by_role("button", name="Regenerate").click()
    cell(page, 0).get_by_text("2 / 2").wait_for()
    page.locator(f"[data-spent='{3 * PRICE_OF_ANSWER_NANOUSD}']").wait_for()
    records = records_of_session(page, member.site, room_id(page), 3)
    assert [record["cost_nanousd"] for record in records] == [PRICE_OF_ANSWER_NANOUSD] * 3
    cell(page, 0).locator("[data-cost]").click()
    page.wait_for_url("**/logs/gen-*")
    assert page.locator("[data-fact=cost]").inner_text() == "$0.00003"


def test_a_screen_reader_hears_of_each_answer_once_at_its_start_and_end(member: Member, kitchen: Kitchen) -> None:
    kitchen.order(QUICK, words(60))
    page = member.open(f"/chat?models={QUICK},{STEADY}")
    page.evaluate(
        """() => {
            window.heard = [];
            const live = document.querySelectorAll("[aria-live], [role=status], [role=alert], [role=log]");
            for (const region of live)
                new MutationObserver((all) => {
                    for (const node of all.flatMap(each => [...each.addedNodes])) window.heard.push(node.textContent);
                }).observe(region, { childList: true, subtree: true, characterData: true });
        }"""
    )
    ask(page, "Count")
    answers(page, "done").nth(1).wait_for()
    heard = [text for text in page.evaluate("window.heard") if text]
    assert sorted(heard) == [
        "Quick is answering",
        "Quick: answer complete",
        "Steady is answering",
        "Steady: answer complete",
    ]


def test_each_model_sees_its_own_answers_or_all_of_them_when_they_share(member: Member, kitchen: Kitchen) -> None:
    kitchen.order(QUICK, stream(["from quick"]))
    kitchen.order(STEADY, stream(["from steady"]))
    page = member.open(f"/chat?models={QUICK},{STEADY}")
    ask(page, "First")
    answers(page, "done").nth(1).wait_for()
    ask(page, "Second")
    answers(page, "done").nth(3).wait_for()
    assert kitchen.messages(STEADY) == [
        {"role": "user", "content": "First"},
        {"role": "assistant", "content": "from steady"},
        {"role": "user", "content": "Second"},
    ]
    page.get_by_role("button", name="Context: 8").click()
    page.get_by_label("Shared context").check()
    page.get_by_label("Earlier messages").fill("2")
    page.get_by_role("button", name="Done").click()
    ask(page, "Third")
    answers(page, "done").nth(5).wait_for()
    assert kitchen.messages(STEADY) == [
        {"role": "user", "content": "Second"},
        {"role": "assistant", "content": "[lab/quick]\nfrom quick\n\n[lab/steady]\nfrom steady"},
        {"role": "user", "content": "Third"},
    ]


def test_settings_of_a_column_go_with_its_requests_and_a_muted_one_is_not_asked(
    member: Member, kitchen: Kitchen
) -> None:
    page = member.open(f"/chat?models={QUICK},{STEADY}")
    page.get_by_role("button", name="Settings of Quick").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("System prompt").fill("Be brief.")
    dialog.get_by_label("Temperature").fill("0.5")
    dialog.get_by_label("Max tokens").fill("50")
    assert dialog.get_by_label("Top K").is_disabled()
    dialog.get_by_role("button", name="Done").click()
    page.get_by_role("group", name="Models of this room").get_by_label("Actions of Steady").click()
    page.get_by_role("button", name="Mute").click()
    before = len(kitchen.asked(STEADY))
    ask(page, "Hello")
    answers(page, "done").wait_for()
    sent = kitchen.asked(QUICK)[-1].json
    assert sent["messages"] == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}]
    assert (sent["temperature"], sent["max_tokens"]) == (0.5, 50)
    assert len(kitchen.asked(STEADY)) == before


def test_a_deep_link_fills_in_and_never_sends(member: Member, kitchen: Kitchen) -> None:
    before = len(kitchen.provider.requests)
    page = member.open(f"/chat?models={QUICK},{SLOW}&prompt=Only+filled+in")
    assert composer(page).input_value() == "Only filled in"
    assert page.locator(".chat-head-model").all_inner_texts() == ["Quick", "Slow"]
    estimate = page.locator(".chat-estimate")
    assert estimate.inner_text().startswith("≈ $0.004")
    assert "Quick: about $0.002" in str(estimate.get_attribute("title"))
    page.reload()
    composer(page).wait_for()
    assert composer(page).input_value() == "Only filled in"
    assert len(kitchen.provider.requests) == before


def test_keys_of_the_chat_do_what_the_map_says_and_none_types_by_itself(member: Member, kitchen: Kitchen) -> None:
    never = asyncio.Event()
    kitchen.order(QUICK, stream(["begins", never]))
    page = member.open(f"/chat?models={QUICK}")
    composer(page).press("a")
    composer(page).press("Shift+Enter")
    composer(page).press("?")
    assert composer(page).input_value() == "a\n?"
    composer(page).press("Enter")
    cell(page, 0).get_by_text("begins").wait_for()
    composer(page).press("Escape")
    answers(page, "stopped").wait_for()
    kitchen.provider.set(never)
    composer(page).press("ArrowUp")
    edited = page.get_by_label("Edited prompt")
    edited.wait_for()
    edited.press("Escape")
    composer(page).press("Control+j")
    page.get_by_role("dialog", name="Add a model").wait_for()
    page.keyboard.type("steady")
    page.keyboard.press("Enter")
    assert page.locator(".chat-head-model").all_inner_texts() == ["Quick", "Steady"]
    composer(page).press("Control+/")
    page.locator(".chat-suggestions").wait_for()
    assert page.locator(".chat-turn").count() == 0


def test_the_page_follows_the_answer_only_while_its_reader_is_at_the_end(member: Member, kitchen: Kitchen) -> None:
    held = asyncio.Event()
    kitchen.order(QUICK, stream([*(f"line {at}  \n\n" for at in range(120)), held, *["more  \n\n"] * 60]))
    page = member.open(f"/chat?models={QUICK}")
    ask(page, "Long")
    cell(page, 0).get_by_text("line 119").wait_for()
    expect(cell(page, 0).get_by_text("line 119")).to_be_in_viewport()
    page.locator(".chat-scroll").evaluate("box => box.scrollTo(0, 100)")
    jump = page.get_by_role("button", name="Jump to latest")
    jump.wait_for()
    kitchen.provider.set(held)
    answers(page, "done").wait_for()
    assert page.locator(".chat-scroll").evaluate("box => box.scrollTop") == 100
    jump.click()
    jump.wait_for(state="hidden")
    expect(cell(page, 0).get_by_text("more").last).to_be_in_viewport()


def test_a_phone_shows_one_column_behind_tabs_and_a_dot_where_an_answer_waits(member: Member, kitchen: Kitchen) -> None:
    page = member.open(f"/chat?models={QUICK},{STEADY}", PHONE)
    ask(page, "Hello")
    tabs = page.get_by_role("group", name="Models of this room").locator(".chat-tab")
    tabs.nth(1).get_by_label("New answer").wait_for()
    assert not cell(page, 1).is_visible()
    tabs.nth(1).tap()
    assert cell(page, 1).is_visible()
    assert not cell(page, 0).is_visible()
    assert tabs.nth(1).get_by_label("New answer").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE.width
